"""One hotline for many moments: its clock, which calls move on, can also be set."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ivr.carrier.clock import SimulatedClock
from tests.world import World, world


@dataclass(frozen=True, slots=True)
class Moments:
    """A clock that may also be put back, while no call is under way."""

    clock: SimulatedClock

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.clock()

    def advance(self, seconds: float) -> None:
        """Let some time pass."""
        self.clock.advance(seconds)

    def set(self, moment: datetime) -> None:
        """Make it this moment now."""
        with self.clock._lock:
            self.clock._time = moment


@contextmanager
def movable_world(folder: Path) -> Iterator[tuple[World, Moments]]:
    """Run a hotline and its telephone company, and give them with the clock of both."""
    with world(folder) as here:
        assert isinstance(here.carrier.clock, SimulatedClock)
        yield here, Moments(here.carrier.clock)
