"""Rings agents for the callers offered to them, and tidies up what the carrier did not tell."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread
from time import sleep
from typing import Final

import structlog

from ivr.desk.keeping import Desk, Offer
from ivr.telephony.rest import Rest

SECONDS: Final = 1.0  # How often it looks by itself, for what other processes changed.
REST_SECONDS: Final = 0.05  # After a look: whatever changes meanwhile is seen in one more.
RINGS: Final = 20
log = structlog.get_logger()


@dataclass(frozen=True)
class Switchboard:
    """Between the desk, which decides, and the carrier, which rings; `url` is where the carrier reaches us.

    `run` does a job in the background: the webhooks of callers never wait for the carrier's REST. What is `beside` is
    done every second, too; `taken` is told of an offer that its agent took, before the caller is fetched.
    """

    desk: Desk
    rest: Rest
    number: str
    url: str
    run: Callable[[Callable[[], None]], object]
    beside: list[Callable[[], object]] = field(default_factory=list)
    taken: list[Callable[[str], object]] = field(default_factory=list)
    _woken: Event = field(default_factory=Event)

    def changed(self) -> None:
        """Look at the line again, soon; whoever joins, leaves, or becomes free tells it here."""
        self._woken.set()

    def start(self) -> None:
        """Look after the line from now on, in a thread of this process."""
        Thread(target=self._forever, name="switchboard", daemon=True).start()

    def tend(self) -> None:
        """Take back what is past, and offer whoever waits to whoever is free."""
        for place in self.desk.done():
            self._part(place)
        for offer in self.desk.stale():
            self.withdraw(offer)
        for made in self.desk.dispatch():
            self.ring(made)

    def ring(self, made: Offer) -> None:
        """Ring an agent for an offer."""
        self.run(lambda: self._ring(made))

    def withdraw(self, offer: str) -> None:
        """Stop ringing an agent; nobody's fault if the caller left."""
        place = self.desk.offered(offer)
        if place and place.leg:
            leg = place.leg
            self.run(lambda: self._quietly(lambda: self.rest.end(leg), "ringing not ended"))
        self.desk.refuse(offer, "late" if place and place.state == "offered" else "left")

    def _part(self, place: str) -> None:
        """Let an agent go whose caller is gone: one who left before the talk began did not end the agent's call."""
        found = self.desk.place(place)
        if self.desk.over(place) and found and found.leg:
            leg = found.leg
            self.run(lambda: self._quietly(lambda: self.rest.end(leg), "agent's call not ended"))

    def connect(self, offer: str, call: str) -> None:
        """Fetch the caller out of the queue into the conference in which the agent waits."""
        self.run(lambda: self._fetch(offer, call))

    def _fetch(self, offer: str, call: str) -> None:
        for job in self.taken:
            self._quietly(lambda job=job: job(offer), "an offer taken was not told")  # type: ignore[misc]
        self._quietly(lambda: self.rest.move(call, self._url(offer, "caller")), "caller not fetched")

    def _ring(self, offer: Offer) -> None:
        whisper, over = self._url(offer.id, "whisper"), self._url(offer.id, "over")
        try:
            leg = self.rest.ring(offer.phone, self.number, whisper, over, RINGS)
        except Exception as error:
            log.warning("agent not rung", agent=offer.agent, why=type(error).__name__)
            self.desk.refuse(offer.id, "failed")
            return
        self.desk.rung(offer.id, leg)

    def _url(self, offer: str, what: str) -> str:
        return f"{self.url}/voice/agent/{offer}/{what}"

    def _quietly(self, job: Callable[[], object], words: str) -> None:
        try:
            job()
        except Exception as error:
            log.warning(words, why=type(error).__name__)

    def _forever(self) -> None:
        while True:
            self._woken.wait(SECONDS)
            self._woken.clear()
            self._quietly(self.tend, "the line was not tended")
            for job in self.beside:
                self._quietly(job, "a job beside the line failed")
            sleep(REST_SECONDS)
