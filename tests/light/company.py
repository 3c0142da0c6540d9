"""The light carrier: numbers, calls, queues, talks and recordings, and its requests, each signed and tried again."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from random import Random
from typing import Any, Final
from urllib.parse import urlencode, urljoin, urlsplit

from ivr.carrier import schema
from ivr.carrier.twiml import Unusable
from ivr.carrier.verbs import Conference, Record, Verb
from ivr.carrier.web import Retries, retries
from tests.light.leg import Goal, HungUp, Leg, Parted, Party, read
from tests.light.wire import BrokenError, Client, CutError, Message, RefusedError, request, timed

FORM: Final = "application/x-www-form-urlencoded; charset=UTF-8"
HARD_LIMIT: Final = 15.0
retries_of = lru_cache(maxsize=64)(retries)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of the carrier, and what came of it: a status, or 0 and the failure."""

    at: float
    call: str
    path: str
    context: str
    form: Mapping[str, str]
    attempt: int
    status: int
    body: bytes
    failure: str
    seconds: float


@dataclass(eq=False)
class Tape:
    """A recording, with whom to tell of it."""

    sid: str
    call: str
    callback: str
    begun: datetime
    seconds: int = 0
    status: str = "in-progress"
    source: str = "RecordVerb"


@dataclass(eq=False)
class Room:
    """A talk: who is in it, and whose going ends it."""

    company: Company
    name: str
    sid: str
    legs: dict[Leg, bool] = field(default_factory=dict)
    labels: dict[str, Leg] = field(default_factory=dict)
    tape: Tape | None = None
    begun: float = 0.0
    over: bool = False

    def leave(self, leg: Leg) -> None:
        """Have somebody go; a host's going ends it for all."""
        host = self.legs.pop(leg, False)
        leg.room = None
        if host or not self.legs:
            self.close()

    def close(self) -> None:
        """End it for all."""
        if self.over:
            return
        self.over = True
        for other in list(self.legs):
            other.signal(Parted())
        if self.tape:
            seconds = max(1, round((timed() - self.begun) * self.company.speed))
            self.company.taped(self.tape, seconds)


@dataclass
class Company:
    """A telephone company whose human time runs `speed` times as fast; `url` is the hotline's public address.

    Requests are made with `patience` times what the fragments of URLs say. `noted` is told of each, `broken` holds
    what was wrong with documents. `callback` may delay a callback (seconds), tell it more than once, or never.
    `after_recording` may have what follows a recording be asked some seconds late, or never (None): the line broke.
    """

    account: str
    token: str
    url: str
    number: str
    fallback: str
    chance: Random
    phones: Callable[[str], Party]
    speed: float = 1.0
    patience: float = 1.0
    most_queued: int = 5000
    noted: Callable[[Asked], object] = lambda _: None
    callback: Callable[[str], list[float]] = lambda _: [0.0]
    after_recording: Callable[[Tape], float | None] = lambda _: 0.0
    rest_url: str = ""
    legs: dict[str, Leg] = field(default_factory=dict)
    queues: dict[str, list[Leg]] = field(default_factory=dict)
    rooms: dict[str, Room] = field(default_factory=dict)
    tapes: dict[str, Tape] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)
    files: Mapping[str, bytes] = field(default_factory=dict)
    errands: set[asyncio.Task[Any]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._clients: dict[str, Client] = {}
        self._signer = hmac.new(self.token.encode(), digestmod=hashlib.sha1)

    def sid(self, kind: str) -> str:
        """Return a new id."""
        return f"{kind}{self.chance.getrandbits(128):032x}"

    def leg(self, from_: str, to: str, direction: str, party: Party, extra: Mapping[str, str] | None = None) -> Leg:
        """Return a new phone in a call."""
        made = Leg(self, self.sid("CA"), from_, to, direction, party, extra or {})
        self.legs[made.sid] = made
        return made

    async def ring_in(self, from_: str, party: Party, extra: Mapping[str, str] | None = None) -> Leg:
        """Have somebody ring the hotline; return when the call is over."""
        leg = self.leg(from_, self.number, "inbound", party, extra)
        leg.fallback = self.fallback
        await leg.live(Goal(f"{self.url}/voice/incoming"))
        self.ended(leg, f"{self.url}/voice/status#rc=3&rp=all")
        return leg

    def ended(self, leg: Leg, callback: str) -> None:
        """Tell that a call is over, as it is now."""
        if leg.room:
            leg.room.leave(leg)
        seconds = str(round((asyncio.get_running_loop().time() - leg.answered) * self.speed)) if leg.answered else "0"
        told = {"CallDuration": seconds, "CallbackSource": "call-progress-events", "SequenceNumber": "0"}
        self.background(self._call_back("status", callback, {**self.standard(leg), **told}))

    def background(self, job: Coroutine[Any, Any, Any]) -> None:
        """Do something beside all else."""
        task = asyncio.ensure_future(job)
        self.errands.add(task)
        task.add_done_callback(self.errands.discard)

    async def settle(self) -> None:
        """Wait until nothing is under way any more."""
        while self.errands:
            await asyncio.wait(set(self.errands))

    def close(self) -> None:
        """Let go of all connections."""
        for client in self._clients.values():
            client.close()

    def broke(self, leg: Leg, what: str) -> None:
        """Note what was wrong with a call's documents."""
        self.broken.append(f"{leg.sid}: {what}")

    async def obtain(self, leg: Leg, goal: Goal, context: str) -> tuple[str, tuple[Verb, ...]]:
        """Return a document and its address, from the fallback URL where it cannot be had.

        Raise HungUp where that cannot be had either, Unusable for a waiting document.
        """
        try:
            return await self._document(leg, goal, context)
        except Unusable as fault:
            self.tally[f"fell back {fault.code}"] += 1
            if context != schema.CALL or not leg.fallback:
                if context == schema.CALL and leg.direction == "inbound":
                    self.broke(leg, f"nothing to be heard: {fault.code} {goal.url}, and no fallback")
                raise Unusable(fault.code, str(fault)) from fault
            told = {"ErrorCode": str(fault.code), "ErrorUrl": goal.url.partition("#")[0]}
            try:
                return await self._document(leg, Goal(leg.fallback, told), context)
            except Unusable as worse:
                self.tally["application error heard"] += 1
                self.broke(leg, f"nothing to be heard: {fault.code} {goal.url}, then {worse.code}")
                raise HungUp from worse

    async def _document(self, leg: Leg, goal: Goal, context: str) -> tuple[str, tuple[Verb, ...]]:
        name = goal.url.rpartition("/")[2].partition("?")[0]
        if name in self.files:  # The lifeboat's files, which another host has.
            self.tally["lifeboat's files"] += 1
            found, url = read(self.files[name], context), goal.url
        else:
            told = await self.ask(leg, goal, context)
            url = goal.url.partition("#")[0]
            if told.status >= 400:
                raise Unusable(11200, f"HTTP status {told.status}")
            found = read(told.body, context)
        if isinstance(found, Unusable):
            self.broke(leg, f"{goal.url}: {found}")
            raise Unusable(found.code, str(found))
        if found.problems:
            self.broke(leg, f"{goal.url}: {found.problems}")
        return url, found.verbs

    async def tell(self, leg: Leg, goal: Goal) -> None:
        """Tell something whose answer nobody minds."""
        with suppress(Unusable):
            await self.ask(leg, goal, "ignored")

    async def ask(self, leg: Leg, goal: Goal, context: str) -> Message:
        """Return the answer to a request about a call; raise Unusable where there is none."""
        return await self.post(goal.url, {**self.standard(leg), **goal.form}, context)

    async def post(self, whole: str, form: Mapping[str, str], context: str) -> Message:
        """Return the answer to a signed request, tried again as its URL says; raise Unusable where there is none."""
        url, policy, begun = whole.partition("#")[0], retries_of(whole), timed()
        wire, path = self._wire(url, form), urlsplit(url).path
        for attempt in range(policy.times + 1):
            sent, last, failure, got = timed(), attempt == policy.times, "", None
            left = HARD_LIMIT * self.patience - (sent - begun)
            try:
                read_for = max(0.1, min(policy.read * self.patience, left))
                got = await self._client(url).ask(wire, policy.connect * self.patience, read_for)
            except (RefusedError, BrokenError, CutError, TimeoutError) as error:
                failure = type(error).__name__
            done = Asked(
                sent,
                form.get("CallSid", ""),
                path,
                context,
                form,
                attempt,
                got.status if got else 0,
                got.body if got else b"",
                failure,
                timed() - sent,
            )
            self.noted(done)
            if got and (got.status < 400 or last or not policy.again(f"{got.status // 100}xx")):
                return got
            if not got and (last or left <= 0 or not _again(policy, failure)):
                raise Unusable(11205 if failure == "RefusedError" else 11200, failure, url)
        raise AssertionError("the last attempt returns or raises")

    def standard(self, leg: Leg) -> dict[str, str]:
        """Return what is told with every request about a call."""
        return {
            "AccountSid": self.account,
            "ApiVersion": "2010-04-01",
            "CallSid": leg.sid,
            "CallStatus": leg.status,
            "Called": leg.to,
            **({"Caller": leg.from_, "From": leg.from_} if leg.from_ else {}),
            "Direction": leg.direction,
            "FromCity": "",
            "FromCountry": "CN",
            "To": leg.to,
            "ToCountry": "CN",
            **leg.extra,
        }

    def join(self, leg: Leg, noun: Conference, url: str) -> Room:
        """Put a phone into a talk."""
        room = self.rooms.get(noun.name)
        if room is None or room.over:
            room = self.rooms[noun.name] = Room(self, noun.name, self.sid("CF"), begun=timed())
            if noun.record:
                where = urljoin(url, noun.recording_callback)
                room.tape = self._kept(Tape(self.sid("RE"), "", where, datetime.now(UTC), source="Conference"))
                room.tape.call = leg.sid
        room.legs[leg] = noun.end_on_exit
        room.labels[noun.label] = leg
        leg.room = room
        return room

    def tape(self, leg: Leg, verb: Record, url: str) -> Tape:
        """Begin a recording."""
        where = urljoin(url, verb.callback) if verb.callback else ""
        return self._kept(Tape(self.sid("RE"), leg.sid, where, datetime.now(UTC)))

    def _kept(self, tape: Tape) -> Tape:
        self.tapes[tape.sid] = tape
        return tape

    def taped(self, tape: Tape, seconds: int) -> str:
        """End a recording and tell of it; return its address."""
        tape.seconds, tape.status = seconds, "completed" if seconds else "absent"
        url = f"{self.rest_url}/2010-04-01/Accounts/{self.account}/Recordings/{tape.sid}"
        told = {
            "RecordingSource": tape.source,
            "RecordingSid": tape.sid,
            "RecordingUrl": url,
            "RecordingStatus": tape.status,
            "RecordingChannels": "1",
            "ErrorCode": "0",
            "CallSid": tape.call,
            "AccountSid": self.account,
            "RecordingDuration": str(seconds),
        }
        if tape.callback:
            self.background(self._call_back("recording", tape.callback, told))
        return url

    async def _call_back(self, kind: str, url: str, form: Mapping[str, str]) -> None:
        """Tell of something, as often and as late as chance says."""
        for seconds in self.callback(kind):
            await asyncio.sleep(seconds)
            with suppress(Unusable):
                await self.post(url, form, "callback")

    def _client(self, url: str) -> Client:
        place = urlsplit(url)
        if place.netloc not in self._clients:
            self._clients[place.netloc] = Client(place.hostname or "", place.port or 80)
        return self._clients[place.netloc]

    def _wire(self, url: str, form: Mapping[str, str]) -> bytes:
        signer = self._signer.copy()
        signer.update((url + "".join(f"{name}{form[name]}" for name in sorted(form))).encode())
        headers = {
            "X-Twilio-Signature": base64.b64encode(signer.digest()).decode(),
            "User-Agent": "TwilioProxy/1.1",
            "Content-Type": FORM,
        }
        place = urlsplit(url)
        path = f"{place.path}?{place.query}" if place.query else place.path
        return request("POST", path, place.netloc, headers, urlencode(form).encode())


def _again(policy: Retries, failure: str) -> bool:
    """Say whether a failure is to be tried again; an answer that broke off is not."""
    return failure != "CutError" and policy.again("ct" if failure == "RefusedError" else "rt")
