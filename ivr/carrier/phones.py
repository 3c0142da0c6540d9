"""Phones that can be rung: agents' and other people's, by number or by client name."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ivr.carrier.leg import Leg

KEPT = 100  # calls that a phone has had


class Phone:
    """A phone that somebody holds; `available` False is a browser that is not signed in, or a phone switched off."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.available = True
        self.legs: list[Leg] = []
        self._lock = threading.Lock()

    def ring(self, leg: Leg) -> None:
        """A call comes in."""
        with self._lock:
            if len(self.legs) >= KEPT:
                self.legs = [one for one in self.legs if not one.over]
            self.legs.append(leg)

    @property
    def ringing(self) -> Leg | None:
        """The call that rings here, the oldest first; None when it does not ring."""
        with self._lock:
            return next((leg for leg in self.legs if leg.status == "ringing"), None)

    @property
    def talking(self) -> Leg | None:
        """The call that was picked up here and is not over."""
        with self._lock:
            return next((leg for leg in self.legs if leg.answered and not leg.over), None)

    def answer(self) -> Leg:
        """Pick up; the leg, to be driven further. Raises LookupError when it does not ring."""
        leg = self.ringing
        if leg is None or not leg.pick_up():
            raise LookupError(f"{self.address} does not ring")
        return leg

    def reject(self, status: str = "busy") -> None:
        """Do not pick up: busy, no-answer or failed. Raises LookupError when it does not ring."""
        leg = self.ringing
        if leg is None or not leg.decline(status):
            raise LookupError(f"{self.address} does not ring")
