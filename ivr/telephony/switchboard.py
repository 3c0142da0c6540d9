"""Rings agents for whoever is offered to them, and customers who are rung back; tidies up what nobody told."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Event, Thread
from time import monotonic, sleep
from typing import Final

import structlog

from ivr.desk.guests import Guest, Mode
from ivr.desk.keeping import Desk, Offer, Place
from ivr.telephony.rest import Rest, why
from ivr.telephony.rings import Rings
from ivr.telephony.talks import Talks
from ivr.telephony.watch import Watch, watches

SECONDS: Final = 1.0  # How often it tends all by itself, for what other processes changed, and what nobody told.
REST_SECONDS: Final = 0.05  # After a look: whatever changes meanwhile is seen in one more.
WAIT: Final = 15.0
log = structlog.get_logger()


@dataclass(frozen=True)
class Switchboard:
    """Between the desk, which decides, and the carrier, which rings; `url` is where the carrier reaches us.

    `run` does a job in the background: the webhooks of callers never wait for the carrier's REST. What is `beside` is
    done every second, too; `taken` is told of an offer that its agent took, before the caller is fetched.
    What is done to a talk is waited for: False where it was not done. `hang_up` ends a caller's call in the journal,
    where the carrier says that it is over and nobody told us.
    """

    desk: Desk
    rest: Rest
    number: str
    url: str
    run: "Callable[[Callable[[], bool]], Future[bool]]"
    hang_up: Callable[[str], object]
    prefixes: tuple[str, ...] = ("+86",)
    spend: Callable[[], object] = lambda: None  # Raises where no more call backs may be paid for today.
    beside: list[Callable[[], object]] = field(default_factory=list)
    taken: list[Callable[[str], object]] = field(default_factory=list)
    talks: Talks = field(init=False)
    rings: Rings = field(init=False)
    watches: tuple[Watch, ...] = field(init=False)
    _woken: Event = field(default_factory=Event)
    _closed: Event = field(default_factory=Event)
    _threads: list[Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make what changes talks, who rings people, and what watches rings and callers."""
        made = Talks(self.desk, self.rest, self.number, self.url, self.prefixes, self.run)
        object.__setattr__(self, "talks", made)
        rings = Rings(self.desk, self.rest, self.number, self.url, made.outside, self.spend)
        object.__setattr__(self, "rings", rings)
        watched = watches(self.desk, self.rest, made.quietly, self.left, self._gone)
        object.__setattr__(self, "watches", watched)

    def changed(self) -> None:
        """Look at the line again, soon; whoever joins, leaves, or becomes free tells it here."""
        self._woken.set()

    def start(self) -> None:
        """Look after the line from now on, in a thread of this process."""
        thread = Thread(target=self._forever, name="switchboard", daemon=True)
        thread.start()
        self._threads.append(thread)

    def stop(self) -> None:
        """Look after it no longer, and let what is being done be done."""
        self._closed.set()
        self._woken.set()
        for thread in self._threads:
            thread.join(WAIT)

    def tend(self) -> None:
        """Take back all that is past, and offer whoever waits to whoever is free."""
        if self.rest.away or self.rest.unended:
            self.run(self.rest.knock)
        for place in self.desk.done():
            self._over(place)
        for place in self.desk.talks.left_alone():
            self._send_back(place)
        for place in self.desk.talks.called_back():
            self.talks.close(place)
        for watch in self.watches:
            watch.tend()
        for place in self.desk.callbacks.stale():
            self.unanswered(self.desk.place(place))
        for message in self.desk.inbox.lying():
            self.desk.inbox.taken_back(message)
        for agent in self.desk.offers.astray():
            log.warning("an agent rang for nobody", agent=agent)
        for guest in self.desk.guests.past():
            self._let_go(guest)
        for place in self.desk.talks.resume_due():
            self.talks.record(place, True)
        self.talks.falls.look()
        self.look()

    def look(self) -> None:
        """Ring nobody longer for who is gone, and offer whoever waits to whoever is free: all that cannot wait.

        Nobody is offered anybody who could not be rung now.
        """
        for offer in self.desk.stale():
            self.withdraw(offer)
        if self.rest.away:
            return
        for made in self.desk.dispatch():
            if made.kind != "message":  # Which nobody is rung for: it is the agent's work already.
                self.ring(made)

    def ring(self, made: Offer) -> None:
        """Ring an agent for an offer."""
        self.run(lambda: self.rings.agent(made))

    def withdraw(self, offer: str) -> None:
        """Stop ringing an agent; nobody's fault if the caller left, or it never rang."""
        place = self.desk.offered(offer)
        if place and place.leg:
            self._end(place.leg)
        rang = place and place.state == "offered" and place.leg
        self.desk.refuse(offer, "late" if rang else "left")

    def connect(self, offer: str, place: Place) -> None:
        """Fetch the caller out of the queue into the talk in which the agent waits; or ring who is rung back."""
        if place.kind == "callback":
            self.run(lambda: self._rung_back(offer, place))
        else:
            self.talks.tried("caller not fetched", place.id, lambda _: self._fetch(offer, place.call_id), self._back)

    def left(self, offer: str) -> None:
        """The call of the agent to whom this was offered is over."""
        place = self.desk.offered(offer)
        if place and place.state == "offered":
            # Of whom we do not know that they rang it is not their fault. What cannot be refused was taken just now.
            why = "no answer" if place.leg else "failed"
            place = None if self.desk.refuse(offer, why) else self.desk.offered(offer)
        if place:
            self._parted(offer, place)
        self.changed()

    def end_talk(self, agent: str) -> None:
        """Have an agent end the talk that they are in, as they want to; nothing where they are in none of theirs."""
        found = self.desk.agent(agent)
        place = self.desk.place(found.line) if found and found.line and found.state == "talking" else None
        if place and place.offer and place.state == "talking" and place.agent == agent:
            self._parted(place.offer, place, meant=True)
            if place.leg:
                self._end(place.leg)
            self.changed()

    def unanswered(self, place: Place | None) -> None:
        """Nobody took a call back: it is tried again later, and the agent is told."""
        if place is None or not self.desk.callbacks.unanswered(place.id):
            return
        if place.leg and place.offer:
            leg, url = place.leg, self.rings.at(place.offer, "missed")
            self.talks.quietly("agent not told", lambda: self.rest.move(leg, url))
        if customer := self.rings.customers.pop(place.offer or "", None):
            self._end(customer)
        self.changed()

    def hold(self, place: str, on: bool) -> bool:
        """Have the caller hear music, or the agent again."""
        return self.talks.hold(place, on).result(WAIT)

    def transfer(self, place: str, queue: str = "", agent: str = "", number: str = "", level: int = 0) -> bool:
        """Send the caller on, to one of these; the agent wraps up."""
        return self.talks.transfer(place, queue, agent, number, level).result(WAIT)

    def escalate(self, place: str) -> bool:
        """Send the caller on to somebody of a higher level."""
        return self.talks.escalate(place).result(WAIT)

    def consult(self, place: str, by: str, agent: str = "", number: str = "") -> Guest | None:
        """Hold the caller and ask somebody; None where they are not to be had."""
        return self.talks.consult(place, by, agent, number)

    def complete(self, guest: str) -> bool:
        """Leave the caller to the guest."""
        return self.talks.complete(guest).result(WAIT)

    def join_all(self, guest: str) -> bool:
        """Have the caller, the agent and the guest talk together."""
        return self.talks.join_all(guest).result(WAIT)

    def drop(self, guest: str) -> bool:
        """Let a guest go, and go back to the caller."""
        return self.talks.drop(guest).result(WAIT)

    def monitor(self, place: str, who: str, phone: str, mode: Mode) -> Guest | None:
        """Ring a supervisor to listen, coach or join."""
        return self.talks.monitor(place, who, phone, mode)

    def mode(self, guest: str, mode: Mode) -> bool:
        """Have a supervisor listen, coach or join instead."""
        return self.talks.mode(guest, mode).result(WAIT)

    def record(self, place: str, on: bool) -> bool:
        """Pause the recording of a talk, or go on with it."""
        return self.talks.record(place, on).result(WAIT)

    def _fetch(self, offer: str, call: str) -> None:
        for job in self.taken:
            _noted(lambda job=job: job(offer))  # type: ignore[misc]
        self.talks.move(call, self.rings.at(offer, "caller"))

    def _rung_back(self, offer: str, place: Place) -> bool:
        rung = self.rings.customer(offer, place)
        if not rung:
            self.unanswered(self.desk.place(place.id))
        return rung

    def _parted(self, offer: str, place: Place, meant: bool = False) -> None:
        """The agent who took this is out."""
        if place.state == "talking" and place.kind == "callback" and not place.answered_back:
            self.desk.over(place.id, meant)
            if self.desk.talks.cut_off(place.id):  # The customer has confirmed since we looked.
                self.talks.close(place.id)
            if customer := self.rings.customers.pop(offer, None):
                self.run(lambda: self.rings.excuse(customer, self.rings.at(offer, "customer")))
        elif place.state == "talking":
            self.talks.left(place, meant)
        else:
            self.desk.refuse(offer, "left")
            self.desk.over(place.id)

    def _back(self, place: str) -> None:
        """Have a caller who could not be fetched wait in front again, and hang up the agent, who is alone.

        Unless the carrier says that the caller is gone: then it is the call that is over.
        """
        found = self.desk.place(place)
        gone = found is not None and self._ended(found.call_id)
        if found and self.desk.talks.given_back(place) and found.leg:
            self._end(found.leg)
        if found and gone:
            self.hang_up(found.call_id)
        self.changed()

    def _ended(self, call: str) -> bool:
        try:
            return self.rest.over(call)
        except Exception as error:
            log.warning("caller not asked about", call=call, why=why(error))
            return False

    def _gone(self, call: str) -> None:
        """End the call of a caller who is gone, as nobody told us."""
        self.hang_up(call)
        self.changed()

    def _over(self, place: str) -> None:
        """Free an agent whose talk is over, and hang up their call, in which nobody else is."""
        found = self.desk.place(place)
        if self.desk.over(place) and found and found.leg:
            self._end(found.leg)

    def _send_back(self, place: str) -> None:
        """Have a caller who came into a talk too late, or never, go back into the line."""
        found = self.desk.place(place)
        if found and found.offer:
            call, url = found.call_id, self.rings.at(found.offer, "caller")
            self.talks.quietly("caller left alone", lambda: self.talks.move(call, url))

    def _let_go(self, guest: str) -> None:
        found = self.desk.guests.one(guest)
        self.talks.gone(guest)
        if found and (leg := found.leg):
            self.run(lambda: self.rings.excuse(leg, f"{self.url}/voice/agent/guest/{guest}/whisper"))

    def _end(self, leg: str) -> None:
        self.talks.quietly("call not ended", lambda: self.rest.end(leg))

    def _forever(self) -> None:
        due = monotonic()
        while True:
            self._woken.wait(max(0, due - monotonic()))
            self._woken.clear()
            if self._closed.is_set():
                return
            if monotonic() < due:
                _noted(self.look)
            else:
                due = monotonic() + SECONDS
                for job in (self.tend, *self.beside):
                    _noted(job)
            sleep(REST_SECONDS)


def _noted(job: Callable[[], object]) -> None:
    try:
        job()
    except Exception as error:
        log.warning("the line was not tended", why=type(error).__name__)
