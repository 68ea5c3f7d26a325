"""Many machines: an S3 server, PostgreSQL and Redis on the loopback address, and workers that share no directory."""
