"""What agents and supervisors do in a talk: hold, send on, consult, hand over, listen, and pause the recording."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

import structlog

from ivr.desk.guests import Guest, Mode
from ivr.desk.keeping import Desk, Place
from ivr.flow.numbers import allowed, e164
from ivr.telephony.documents import CALLER
from ivr.telephony.falls import Falls
from ivr.telephony.render import RETRY, RETRY_CALLBACK
from ivr.telephony.rest import Rest, why

RINGS: Final = 20
PAUSE: Final = timedelta(minutes=3)  # A recording goes on by itself after this.
HIGHER: Final = 2
Job = Callable[[], object]
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Talks:
    """Changes talks at the carrier first and at the desk thereafter, so that a failure leaves both as they were.

    `run` does a job in the background and says what came of it; numbers outside begin with one of the `prefixes`.
    """

    desk: Desk
    rest: Rest
    number: str
    url: str
    prefixes: Sequence[str]
    run: Callable[[Callable[[], bool]], "Future[bool]"]
    falls: Falls = field(init=False)

    def __post_init__(self) -> None:
        """Make what knows where callers fall back to."""
        object.__setattr__(self, "falls", Falls(self.rest, self.number, self.url, self.run))

    def move(self, call: str, url: str) -> None:
        """Have a caller go on with the document at `url`; where that cannot be had they fall back as ever."""
        self.rest.move(call, f"{url}{RETRY}", *self.falls.where)

    def hold(self, place: str, on: bool) -> "Future[bool]":
        """Have the caller hear music, or the agent again."""
        return self.tried("not held", place, lambda found: self._hold(found, on))

    def transfer(
        self, place: str, queue: str = "", agent: str = "", number: str = "", level: int = 0
    ) -> "Future[bool]":
        """Send the caller on, to one of these; the agent's part in it is over. ValueError as for `outside`."""
        called = self.outside(number) if number else ""
        found = self.desk.place(place)
        if found is None or found.kind != "call" or (agent and not self.desk.agent(agent)):
            return _no()
        told = {"queue": queue, "agent": agent, "number": called, "level": level or ""}
        query = urlencode({name: value for name, value in told.items() if value})
        return self.tried("not sent on", place, lambda now: self._send(now, query))

    def escalate(self, place: str) -> "Future[bool]":
        """Send the caller on to somebody of a higher level, in front of the same queue."""
        return self.transfer(place, level=HIGHER)

    def consult(self, place: str, by: str, agent: str = "", number: str = "") -> Guest | None:
        """Hold the caller and ring a free agent, or a number outside; None where either is not to be had.

        ValueError as for `outside`.
        """
        called = self.outside(number) if number else None
        guest = self.desk.guests.consult(place, by, agent or None, called)
        if guest:
            self.run(lambda: self._consulted(guest))
        return guest

    def complete(self, guest: str) -> "Future[bool]":
        """Leave the caller to the guest: the agent who asked them is out."""
        found = self.desk.guests.one(guest)
        return self.tried("not handed over", found.line, lambda place: self._complete(place, guest)) if found else _no()

    def join_all(self, guest: str) -> "Future[bool]":
        """Have the caller, the agent and the guest talk together."""
        found = self.desk.guests.one(guest)
        return self.hold(found.line, False) if found and found.state == "talking" else _no()

    def drop(self, guest: str) -> "Future[bool]":
        """Let a guest go; the caller hears the agent again, where they did not yet."""
        found = self.desk.guests.one(guest)
        return self.tried("guest not let go", found.line, lambda _: self._dropped(found)) if found else _no()

    def monitor(self, place: str, who: str, phone: str, mode: Mode) -> Guest | None:
        """Ring a supervisor to listen, coach or join; None where nobody talks there."""
        guest = self.desk.guests.monitor(place, who, phone, mode)
        if guest:
            self.run(lambda: self._ring(guest))
        return guest

    def mode(self, guest: str, mode: Mode) -> "Future[bool]":
        """Have a supervisor listen, coach or join instead."""
        found = self.desk.guests.one(guest)
        if found is None or found.kind != "monitor":
            return _no()
        return self.tried("mode not changed", found.line, lambda place: self._mode(place, found, mode))

    def record(self, place: str, on: bool) -> "Future[bool]":
        """Pause the recording for three minutes at most, or go on with it; only where there is one."""
        found = self.desk.place(place)
        if found is None or not found.record:
            return _no()
        return self.tried("recording not changed", place, lambda _: self._record(place, on))

    def outside(self, number: str) -> str:
        """Return a number in E.164; raise ValueError for one that we may not ring."""
        found = e164(number, self.number)
        if not found or not allowed(found, self.prefixes):
            raise ValueError("this number may not be rung")
        return found

    def joined(self, guest: Guest) -> None:
        """A guest is in the talk: if the agent hangs up now, the guest takes it over."""
        if guest.kind == "consult":
            self.tried("host not changed", guest.line, lambda now: self.rest.host(now.id, now.offer or "", False))

    def gone(self, guest: str) -> None:
        """A guest is out, or did not come: the caller hears the agent again; a host's going ends the talk."""
        found = self.desk.guests.one(guest)
        place = self.desk.place(found.line) if found and found.state == "host" else None
        if place and self.desk.talks.lost(place.call_id):
            self.left(place, meant=False)
        was = self.desk.guests.gone(guest)
        if found is None or not was:
            return
        if was == "host":
            self.close(found.line)
        elif found.kind == "consult":
            self.tried("caller not back", found.line, lambda place: self._alone(place, was == "talking"))

    def left(self, place: Place, meant: bool) -> None:
        """The agent of a talk is out: a guest who is in it takes it over, or else it ends for all.

        A browser that is closed, or loses its network, does not say that it was `meant`: then the caller gets the next
        agent, as they ask by themselves how they go on.
        """
        heirs = (one for one in self.desk.guests.of(place.id) if one.kind == "consult" and one.state == "talking")
        heir = next(heirs, None)
        if heir and self.desk.guests.handed_over(place.id, heir.id):
            self.tried("talk not taken over", place.id, lambda now: self._host(now, heir.id), self.close)
            return
        self.desk.over(place.id, meant or not self.desk.talks.lost(place.call_id))
        self.close(place.id)

    def close(self, place: str) -> None:
        """End a talk for all, so that nobody is left alone in it; a caller goes on by their own way out."""
        self.quietly("talk not ended", lambda: self.rest.close(place))

    def quietly(self, words: str, job: Job) -> None:
        """Do a job in the background whose failure is only noted."""
        self.run(lambda: _succeeds(words, job))

    def tried(
        self, words: str, place: str, job: Callable[[Place], object], failed: Callable[[str], object] | None = None
    ) -> "Future[bool]":
        """Do a job in the background with a talk that still goes on; False where it does not, or the job failed."""

        def attempt() -> bool:
            found = self.desk.place(place)
            if found is None or found.state != "talking" or found.kind == "message":
                return False
            done = _succeeds(words, lambda: job(found))
            if not done and failed:
                failed(place)
            return done

        return self.run(attempt)

    def _hold(self, place: Place, on: bool) -> None:
        self.rest.hold(place.id, CALLER, f"{self.url}/voice/agent/hold" if on else "")
        self.desk.talks.hold(place.id, on)

    def _send(self, place: Place, query: str) -> None:
        self.move(place.call_id, f"{self.url}/voice/agent/{place.offer}/sent?{query}")

    def _consulted(self, guest: Guest) -> bool:
        place = self.desk.place(guest.line)
        if place and _succeeds("not held", lambda: self._hold(place, True)):
            return self._ring(guest)
        self.gone(guest.id)
        return False

    def _ring(self, guest: Guest) -> bool:
        url = f"{self.url}/voice/agent/guest/{guest.id}"

        def ring() -> None:
            whisper, over = f"{url}/whisper{RETRY}", f"{url}/over{RETRY_CALLBACK}"
            leg = self.rest.ring(guest.phone, self.number, whisper, over, RINGS, shared=guest.agent is None)
            self.desk.guests.rung(guest.id, leg)

        if _succeeds("guest not rung", ring):
            return True
        self.gone(guest.id)
        return False

    def _complete(self, place: Place, guest: str) -> None:
        found = self.desk.guests.one(guest)
        if found and found.state == "host":
            return
        self.rest.host(place.id, guest, True)
        self.rest.host(place.id, place.offer or "", False)
        if place.held:
            self._hold(place, False)
        if not self.desk.guests.handed_over(place.id, guest):
            self.rest.host(place.id, place.offer or "", True)
            raise LookupError("the guest is gone")
        if place.leg:
            self.rest.end(place.leg)

    def _host(self, place: Place, guest: str) -> None:
        self.rest.host(place.id, guest, True)
        if place.held:
            self._hold(place, False)

    def _dropped(self, guest: Guest) -> None:
        if guest.leg:
            self.rest.end(guest.leg)
        self.gone(guest.id)

    def _alone(self, place: Place, was_in: bool) -> None:
        if was_in:
            self.rest.host(place.id, place.offer or "", True)
        if place.held and not any(one.kind == "consult" for one in self.desk.guests.of(place.id)):
            self._hold(place, False)

    def _mode(self, place: Place, guest: Guest, mode: Mode) -> None:
        if guest.state == "talking":
            coached = place.leg or "" if mode == "coach" else ""
            self.rest.listen(place.id, guest.id, mode == "listen", coached)
        self.desk.guests.mode(guest.id, mode)

    def _record(self, place: str, on: bool) -> None:
        self.rest.tape(place, on)
        self.desk.talks.recording(place, "on" if on else "paused", None if on else self.desk.now() + PAUSE)


def _succeeds(words: str, job: Job) -> bool:
    try:
        job()
    except Exception as error:
        log.warning(words, why=why(error))
        return False
    return True


def _no() -> "Future[bool]":
    """Return what says no at once."""
    answer = Future[bool]()
    answer.set_result(False)
    return answer
