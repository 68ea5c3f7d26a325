"""Podman with images of its own, which go when the tests end; and what lets a build ask as this machine asks."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NEEDED = ("podman", "runc", "debootstrap", "apt-get")


def run(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a command; one that fails raises the end of what it said."""
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise AssertionError(f"{' '.join(words)}\n{(done.stdout + done.stderr)[-4000:]}")
    return done


class Engine:
    """Podman below one directory."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.started: list[str] = []
        self.command = ("podman", "--root", str(place / "images"), "--runroot", str(place / "running"))

    def __call__(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return run(*self.command, "--runtime", "runc", "--cgroup-manager", "cgroupfs", *words, check=check)

    def start(self, image: str, *command: str, network: str = "none") -> str:
        """Start a container that may do as little as a pod of deploy/kubernetes; return its name."""
        # Fewer than Podman asks for by itself, which root of a container may not always give.
        limits = ("--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096")
        may = ("--cap-drop", "all", "--security-opt", "no-new-privileges", "--network", network)
        self.started.append(self("run", "--detach", *limits, *may, image, *command).stdout.strip())
        return self.started[-1]

    def stop(self) -> None:
        """Stop and remove all containers, each before the one whose network it is in."""
        while self.started:
            self("rm", "--force", "--time", "0", self.started.pop(), check=False)

    def say(self, container: str, *words: str) -> str:
        """Run a command in a container; return what it said."""
        return self("exec", container, *words).stdout

    def build(self, base: str, tag: str, *more: str, context: Path) -> None:
        """Build deploy/Dockerfile; what pip, uv and apt read of this machine is there only meanwhile."""
        asked = self.place / "asked"
        mounts = {
            asked / "root": "/root",
            asked / "apt": "/etc/apt",
            certificates(): "/etc/ssl/certs/ca-certificates.crt",
        }
        volumes = [f"--volume={source}:{target}:ro" for source, target in mounts.items()]
        said = (
            "--layers=false",
            "--format",
            "docker",
            "--isolation",
            "chroot",
            "--build-arg",
            f"BASE={base}",
            *more,
            "--tag",
            tag,
        )
        self("build", *said, *volumes, "--file", str(context / "deploy/Dockerfile"), str(context))

    def base(self, release: str, mirror: str) -> str:
        """Make what stands in for the base: Debian and a Python with pip below /usr/local; return its name."""
        made = self.place / "base"
        run("debootstrap", "--variant=minbase", "--include=python3-venv,ca-certificates", release, str(made), mirror)
        run("chroot", str(made), "python3", "-m", "venv", "/usr/local")
        # Without documents and translations, as slim images are; and without the addresses of this machine.
        for name in ("usr/share/doc", "usr/share/locale", "usr/share/man", "var/cache/apt", "var/lib/apt/lists"):
            shutil.rmtree(made / name)
        left_out = "".join(f"path-exclude /usr/share/{name}/*\n" for name in ("doc", "locale", "man"))
        (made / "etc/dpkg/dpkg.cfg.d/slim").write_text(left_out, encoding="utf-8")
        for name in ("etc/apt/sources.list", "etc/hostname", "etc/resolv.conf"):
            (made / name).write_text("", encoding="utf-8")
        run("tar", "-C", str(made), "-cf", str(self.place / "base.tar"), ".")
        shutil.rmtree(made)
        self("import", str(self.place / "base.tar"), "base")
        (self.place / "base.tar").unlink()
        return "localhost/base"


@contextmanager
def engine() -> Iterator[Engine]:
    """Yield an engine with no image; stop and remove what it holds when the block ends."""
    place = Path(tempfile.mkdtemp(prefix="image-"))
    found = Engine(place)
    try:
        yield found
    finally:
        found.stop()
        _remove(place)


def _remove(place: Path) -> None:
    """Remove a directory of images, in which what tidies up after a container may still be at work."""
    for _ in range(30):
        run("umount", str(place / "images/overlay"), check=False)
        shutil.rmtree(place, ignore_errors=True)
        time.sleep(1)
        if not place.exists():
            return


# --- how this machine asks --------------------------------------------------------------------------------------------


def mirrors() -> list[tuple[str, str]]:
    """Return the addresses and releases that apt asks here, of Debian's own, the main one first."""
    system = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    if system.get("ID") != "debian":
        return []
    name = system["VERSION_CODENAME"]
    said = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)").stdout
    targets = {(address, release) for address, release, part in map(str.split, said.splitlines()) if part == "main"}
    ours = (name, f"{name}-updates", f"{name}-security")
    return sorted((each for each in targets if each[1] in ours), key=lambda each: ours.index(each[1]))


def certificates() -> Path:
    """Return the file of the authorities that this machine trusts."""
    setting = pip_settings().get("cert") or ssl.get_default_verify_paths().cafile
    return Path(setting or "/etc/ssl/certs/ca-certificates.crt")


def pip_settings() -> dict[str, str]:
    """Return what pip is told here, whichever file or variable says it."""
    lines = run(sys.executable, "-m", "pip", "config", "list").stdout.splitlines()
    pairs = (line.split("=", 1) for line in lines if "=" in line)
    return {name.split(".")[-1]: value.strip("'\"") for name, value in pairs}


def write_settings(place: Path) -> None:
    """Write below a directory what pip, uv and apt of a build shall read."""
    known = pip_settings()
    index = known.get("index-url")
    pip = {"index-url": index, "cert": "/etc/ssl/certs/ca-certificates.crt", "timeout": "180"}
    said = {
        "root/.config/pip/pip.conf": "\n".join(
            ["[global]", *(f"{key} = {value}" for key, value in pip.items() if value)]
        ),
        "root/.config/uv/uv.toml": "\n".join(["native-tls = true", *([f'index-url = "{index}"'] if index else [])]),
        "apt/apt.conf": run("apt-config", "dump", "Acquire").stdout,
        "apt/sources.list": "".join(
            f"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {address} {release} main\n"
            for address, release in mirrors()
        ),
    }
    for name, text in said.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
