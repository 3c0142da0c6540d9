"""A bridge: two legs that talk to one another."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from ivr.carrier.cues import Talking
from ivr.carrier.errands import Afterwards
from ivr.carrier.signals import Finished, Parted, Pressed, Steps

if TYPE_CHECKING:
    from ivr.carrier.leg import Leg


class Bridge:
    """Two legs, until one of them parts."""

    def __init__(self, one: Leg, other: Leg) -> None:
        self.legs = (one, other)
        self.open = True
        self.met = False
        self._lock = threading.Lock()

    def part(self, leg: Leg) -> None:
        """`leg` is gone: tell the other, once."""
        with self._lock:
            was_open, self.open = self.open, False
        if was_open:
            self.other(leg).signal(Parted(self))

    def other(self, leg: Leg) -> Leg:
        """The other one."""
        one, other = self.legs
        return other if leg is one else one


def part(leg: Leg) -> None:
    """Leave the bridge that `leg` is on, if any."""
    bridge, leg.bridge = leg.bridge, None
    if bridge is not None:
        bridge.part(leg)


def talk(leg: Leg, bridge: Bridge, seconds: float | None = None, star: bool = False) -> Steps[None]:
    """Talk until either side parts, `seconds` are over, or (with `star`) this side presses *."""
    bridge.met = True
    cue = Talking(_address(bridge.other(leg)), seconds)
    with Afterwards(lambda: bridge.part(leg)), suppress(Parted):
        event = yield cue
        while not isinstance(event, Finished) and not (star and event == Pressed("*")):
            event = yield cue


def _address(leg: Leg) -> str:
    return leg.from_ if leg.direction == "inbound" else leg.to
