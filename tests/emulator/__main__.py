"""Run the emulator by hand: `python -m tests.emulator [--release DAY|DIR] [--port N] [--fault ENDPOINT:FAULT]`."""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path

from tests.emulator import faults
from tests.emulator.invented import small_world
from tests.emulator.server import Emulator
from tests.emulator.world import World, real_releases, real_world

DEFAULT_PORT = 8765


def main() -> int:
    """Serve until interrupted."""
    wanted = _arguments()
    try:
        world = _world(wanted.release)
        broken = [_broken(text) for text in wanted.fault]
    except (ValueError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 2
    try:
        made = Emulator(world, port=wanted.port, client_id=None, compress=not wanted.plain)
    except OSError as error:
        print(f"The port {wanted.port} cannot be used ({error.strerror}). Choose another with --port.", file=sys.stderr)
        return 1
    with made as emulator:
        if wanted.warm:
            emulator.warm()
        for endpoint, fault in broken:
            emulator.break_(endpoint, fault)
        print(f"Serving the release {emulator.world.name}. Stop it with Ctrl+C.\n")
        for name, value in emulator.environment.items():
            print(f"export {name}={value}")
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print()
    return 0


def _arguments() -> argparse.Namespace:
    listed = "\n".join(f"  {fault.name:<22} {fault.says}" for fault in faults.REGISTRY.values())
    parser = argparse.ArgumentParser(
        prog="python -m tests.emulator",
        description="Serve a release as the publishers' interfaces do, on the loopback address, with faults on demand.",
        epilog=f"faults (all take times=, after=, every=, page=, only=):\n{listed}\n\nexample:\n"
        "  python -m tests.emulator --release 2024-10-21 --fault population:server_error,status=503,times=3",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    days = real_releases()
    parser.add_argument(
        "--release",
        default=days[-1] if days else "2024-06-14",
        help="a day (a real release where its tables stand in ../shared/releases, else an invented one) or a directory "
        "of tables (default: %(default)s)",
    )
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 for any that is free (default: %(default)s)")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="ENDPOINT:FAULT",
        help="break an endpoint (* for all); repeatable",
    )
    parser.add_argument("--warm", action="store_true", help="make every page ready first, for measuring a client")
    parser.add_argument("--plain", action="store_true", help="never compress, as the real interface does not")
    return parser.parse_args()


def _world(release: str) -> World:
    """Return the release in a directory, or of a day: the real one where its tables are beside the checkout."""
    if Path(release).is_dir():
        return World.from_directory(Path(release))
    return real_world(release) if release in real_releases() else small_world(release)


def _broken(text: str) -> tuple[str, faults.Fault]:
    endpoint, colon, fault = text.rpartition(":")
    if not colon:
        raise ValueError(
            f"The fault {text} does not say where: write it as population:{text}, or *:{text} for everywhere."
        )
    return endpoint, faults.named(fault)


if __name__ == "__main__":
    sys.exit(main())
