"""Rings agents for offers, and customers who are rung back: nobody for what is past by now."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from ivr.desk.keeping import Desk, Offer, Place
from ivr.telephony.render import RETRY, RETRY_CALLBACK
from ivr.telephony.rest import Rest, denied, why
from ivr.telephony.talks import RINGS

CUSTOMER: Final = (40, 3600)  # Seconds that a customer is rung, and can talk: who lured us into it gains no more.
log = structlog.get_logger()


@dataclass(frozen=True)
class Rings:
    """Asks the carrier for rings, in threads in which it may be late by then: what is past is looked for twice.

    `outside` says how a number is rung, or raises ValueError; `spend` raises where no more may be paid for today.
    """

    desk: Desk
    rest: Rest
    number: str
    url: str
    outside: Callable[[str], str]
    spend: Callable[[], object]
    customers: dict[str, str] = field(default_factory=dict)  # Their calls, by the offer for which they are rung.

    def agent(self, offer: Offer) -> bool:
        """Ring an agent for an offer; False where nobody rings, and the caller waits in front again."""
        whisper, over = self.at(offer.id, f"whisper{RETRY}"), self.at(offer.id, f"over{RETRY_CALLBACK}")
        try:
            if not self._stands(offer.id, "offered"):
                return False
            leg = self.rest.ring(offer.phone, self.number, whisper, over, RINGS)
        except Exception as error:
            log.warning("agent not rung", agent=offer.agent, why=why(error))
            self.desk.refuse(offer.id, "denied" if denied(error) else "failed")
            return False
        if not self.desk.rung(offer.id, leg):
            self._end(leg)
        return True

    def customer(self, offer: str, place: Place) -> bool:
        """Ring who is rung back, whose agent waits; False where they could not be rung."""
        greeting, over = self.at(offer, f"customer{RETRY}"), self.at(offer, f"rung{RETRY_CALLBACK}")
        try:
            if not self._stands(offer, "talking"):
                return True
            number = self.outside(place.number or "")
            self.spend()
            self.customers[offer] = self.rest.ring(number, self.number, greeting, over, *CUSTOMER)
        except Exception as error:
            log.warning("customer not rung", place=place.id, why=why(error))
            return False
        if not self._stands(offer, "talking") and (customer := self.customers.pop(offer, None)):
            self._end(customer)
        return True

    def excuse(self, leg: str, url: str) -> bool:
        """Tell somebody on the phone what became of it, as this address says; who still rings is rung no more."""
        try:
            self.rest.move(leg, url)
        except Exception:
            self._end(leg)
            return False
        return True

    def at(self, offer: str, what: str) -> str:
        """Return the address of something about an offer."""
        return f"{self.url}/voice/agent/{offer}/{what}"

    def _stands(self, offer: str, state: str) -> bool:
        place = self.desk.offered(offer)
        return place is not None and place.state == state

    def _end(self, leg: str) -> None:
        try:
            self.rest.end(leg)
        except Exception as error:
            log.warning("call not ended", why=why(error))
