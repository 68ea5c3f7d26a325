"""The image of deploy/, built and run: every instruction of the Dockerfile, on a base made from Debian's packages."""
