"""Rings whose end nobody told us, as while we were down: the carrier is asked about those that last."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from ivr.desk.keeping import Desk, Place
from ivr.telephony.rest import Rest

QUIET: Final = timedelta(seconds=7)  # A ring is asked about after this, or at once if it began before we did,
AGAIN: Final = timedelta(seconds=4)  # and then so often.
LOOK: Final = timedelta(seconds=1)


@dataclass
class Rings:
    """Watches rings, `quietly` in the background; `over` is told of an offer whose agent's call has ended."""

    desk: Desk
    rest: Rest
    quietly: Callable[[str, Callable[[], object]], None]
    over: Callable[[str], object]
    _begun: datetime | None = None
    _looked: datetime | None = None
    _asked: dict[str, datetime] = field(default_factory=dict)

    def look(self) -> None:
        """Ask about every ring that is due; a moment after the last look there is nothing to do."""
        now = self.desk.now()
        if self._looked and now < self._looked + LOOK:
            return
        self._looked, self._begun = now, self._begun or now
        there = {place.offer or "": place for place in self.desk.offers.ringing()}
        self._asked = {offer: at for offer, at in self._asked.items() if offer in there}
        for offer, place in there.items():
            if self._due(place, now):
                self._asked[offer] = now
                self._ask(offer, place.leg or "")

    def _due(self, place: Place, now: datetime) -> bool:
        asked, begun = self._asked.get(place.offer or ""), place.offered_at or now
        if asked:
            return now >= asked + AGAIN
        return begun < (self._begun or now) or begun < now - QUIET

    def _ask(self, offer: str, leg: str) -> None:
        self.quietly("ring not asked about", lambda: self.rest.over(leg) and self.over(offer))
