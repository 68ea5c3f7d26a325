"""An emulator of the publishers' interfaces, for tests and for trying things by hand. README.md says what it can do."""

from tests.emulator import alterations, faults
from tests.emulator.invented import small_world
from tests.emulator.server import CLIENT_ID, Emulator
from tests.emulator.world import World, real_releases, real_world

__all__ = ["CLIENT_ID", "Emulator", "World", "alterations", "faults", "real_releases", "real_world", "small_world"]
