"""One phone in a call at the light carrier: it obeys TwiML, verb by verb, in time that passes as fast as it is told."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urljoin

from ivr.carrier import schema
from ivr.carrier.twiml import Document, Unusable, parse
from ivr.carrier.verbs import (
    Conference,
    Dial,
    Enqueue,
    Gather,
    Hangup,
    Leave,
    Number,
    Pause,
    Play,
    Record,
    Redirect,
    Reject,
    Say,
    Verb,
)

if TYPE_CHECKING:
    from tests.light.company import Company, Room

A_CHARACTER: Final = 0.22  # Seconds that a voice takes for one.
SOUND: Final = 24.0  # Seconds of any music.
MOST_HOPS: Final = 60  # Documents in a row in which nobody heard anything: a loop.


class HungUp(Exception):  # noqa: N818
    """The party is gone, or was hung up."""


class Moved(Exception):  # noqa: N818
    """REST says where the call goes on."""

    def __init__(self, goal: Goal, fallback: str = "") -> None:
        super().__init__(goal.url)
        self.goal, self.fallback = goal, fallback


class Parted(Exception):  # noqa: N818
    """The talk is over."""


class LeftQueue(Exception):  # noqa: N818
    """The waiting room's document says Leave."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What is to be asked next, with what is told."""

    url: str
    form: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"


class Party(Protocol):
    """Who is on the phone; all seconds are those that a human being feels."""

    def keys(self, leg: Leg, gather: Gather, heard: float) -> tuple[float, str] | None:
        """Return after how many seconds which keys are pressed, None for none; the prompts take `heard` seconds."""

    def speaks(self, leg: Leg) -> tuple[float, str]:
        """Return how many seconds are spoken at the beep, and how that ends: `#`, `hangup`, or "" for silence."""

    def talks(self, leg: Leg) -> float:
        """Return after how many seconds a talk is left by this side."""

    def picks_up(self, leg: Leg) -> tuple[float, str]:
        """Return after how many seconds of ringing what comes of it: answer, busy, no-answer, failed."""


@lru_cache(maxsize=4096)
def read(body: bytes, context: str) -> Document | Unusable:
    """Return a document, or why it cannot be run; callers hear the same again and again."""
    try:
        return parse(body, context)
    except Unusable as fault:
        return fault


@dataclass(eq=False)
class Leg:
    """One phone in a call."""

    company: Company
    sid: str
    from_: str
    to: str
    direction: str
    party: Party
    extra: Mapping[str, str] = field(default_factory=dict)
    status: str = "ringing"
    answered: float = 0.0
    over: bool = False
    begun_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended_at: datetime | None = None
    callback: str = ""
    fallback: str = ""
    room: Room | None = None
    queue: str = ""
    heard: list[str] = field(default_factory=list)
    hops: int = 0
    talked: bool = False
    _inbox: deque[Exception] = field(default_factory=deque)
    _woken: asyncio.Future[None] | None = None

    def signal(self, what: Exception) -> None:
        """Break into whatever goes on, as soon as no document is under way."""
        self._inbox.append(what)
        if self._woken and not self._woken.done():
            self._woken.set_result(None)

    async def rest(self, seconds: float | None) -> None:
        """Let so many seconds of a human being pass, or for ever; raise what is signalled meanwhile."""
        if not self._inbox and seconds != 0:
            self._woken = asyncio.get_running_loop().create_future()
            wait = None if seconds is None else seconds / self.company.speed
            try:
                await asyncio.wait_for(self._woken, wait)
            except TimeoutError:
                pass
            finally:
                self._woken = None
        if self._inbox:
            raise self._inbox.popleft()

    async def live(self, goal: Goal) -> None:
        """Go through the whole call."""
        self.status, self.answered = "in-progress", asyncio.get_running_loop().time()
        try:
            await self._run(goal)
        except (HungUp, Unusable):
            pass
        finally:
            self.over, self.status, self.ended_at = True, "completed", datetime.now(UTC)

    async def _run(self, goal: Goal | None) -> None:
        while goal is not None:
            try:
                url, verbs = await self.company.obtain(self, goal, schema.CALL)
                goal = await self._play(url, verbs, schema.CALL)
            except Moved as moved:
                goal, self.fallback = moved.goal, moved.fallback
            self.hops += 1
            if self.hops > MOST_HOPS:
                self.company.broke(self, "a loop of documents without anything to hear")
                return

    async def _play(self, url: str, verbs: tuple[Verb, ...], context: str) -> Goal | None:
        await self.rest(0)
        for verb in verbs:
            match verb:
                case Say() | Play() | Pause():
                    self.hops = 0
                    await self._listen(verb)
                case Gather():
                    self.hops = 0
                    if (goal := await self._gather(url, verb)) is not None:
                        return goal
                case Redirect():
                    return Goal(urljoin(url, verb.url) if verb.url else url, method=verb.method)
                case Enqueue():
                    return await self._enqueue(url, verb)
                case Record():
                    return await self._record(url, verb)
                case Dial():
                    return await self._dial(url, verb)
                case Leave():
                    raise LeftQueue
                case Hangup() | Reject():
                    raise HungUp
        if context == schema.CALL:
            raise HungUp
        return None

    async def _listen(self, verb: Say | Play | Pause) -> None:
        if isinstance(verb, Say):
            self.heard.append(verb.text)
        await self.rest(seconds_of(verb))

    async def _gather(self, url: str, verb: Gather) -> Goal | None:
        heard = sum(seconds_of(prompt) for prompt in verb.prompts)
        self.heard += [prompt.text for prompt in verb.prompts if isinstance(prompt, Say)]
        pressed = self.party.keys(self, verb, heard)
        if pressed is None:
            await self.rest(heard + verb.timeout)
            return self._gathered(url, verb, "", "")
        after, keys = pressed
        await self.rest(after)
        digits = ""
        for key in keys:
            if key == verb.finish_on_key:
                return self._gathered(url, verb, digits, key)
            digits += key
            if len(digits) == verb.num_digits:
                return self._gathered(url, verb, digits, "")
        await self.rest(verb.timeout)
        return self._gathered(url, verb, digits, "")

    def _gathered(self, url: str, verb: Gather, digits: str, finish: str) -> Goal | None:
        if not digits and not verb.action_on_empty:
            return None
        told = {"FinishedOnKey": finish, "msg": "Gather End", **({"Digits": digits} if digits else {})}
        return Goal(urljoin(url, verb.action), told, verb.method)

    async def _enqueue(self, url: str, verb: Enqueue) -> Goal | None:
        line, begun = self.company.queues.setdefault(verb.queue, []), asyncio.get_running_loop().time()
        action = urljoin(url, verb.action)
        if len(line) >= min(verb.max_size, self.company.most_queued):
            return Goal(action, {"QueueResult": "queue-full"}, verb.method)
        line.append(self)
        self.queue, result = verb.queue, "error"

        def told() -> dict[str, str]:
            waited = round((asyncio.get_running_loop().time() - begun) * self.company.speed)
            return {"QueueResult": result, "QueueSid": "QU" + "1" * 32, "QueueTime": str(waited)}

        try:
            await self._rounds(urljoin(url, verb.wait_url or ""), verb, line, begun)
        except LeftQueue:
            result = "leave"
        except Unusable:
            result = "error"
        except (HungUp, Moved) as end:
            result = "redirected" if isinstance(end, Moved) else "hangup"
            line.remove(self)
            self.queue = ""
            await self.company.tell(self, Goal(action, told(), verb.method))
            raise
        line.remove(self)
        self.queue = ""
        return Goal(action, told(), verb.method)

    async def _rounds(self, url: str, verb: Enqueue, line: list[Leg], begun: float) -> None:
        while True:
            goal: Goal | None = Goal(url, method=verb.wait_method)
            while goal is not None:
                waited = round((asyncio.get_running_loop().time() - begun) * self.company.speed)
                told = {
                    "QueueSid": "QU" + "1" * 32,
                    "QueuePosition": str(line.index(self) + 1),
                    "QueueTime": str(waited),
                    "CurrentQueueSize": str(len(line)),
                    "MaxQueueSize": str(self.company.most_queued),
                }
                goal = Goal(goal.url, {**told, **goal.form}, goal.method)
                at, verbs = await self.company.obtain(self, goal, schema.WAIT)
                goal = await self._play(at, verbs, schema.WAIT)
                self.hops += 1
                if self.hops > MOST_HOPS:
                    self.company.broke(self, "a loop of waiting documents without anything to hear")
                    raise HungUp

    async def _record(self, url: str, verb: Record) -> Goal:
        seconds, end = self.party.speaks(self)
        tape, gone, action = self.company.tape(self, verb, url), None, urljoin(url, verb.action)
        try:
            await self.rest(seconds + (0 if end == "#" else verb.timeout))
            if end == "hangup":
                raise HungUp
        except (HungUp, Moved) as signal:
            gone, end = signal, "hangup"
        length = min(round(seconds), verb.max_length)
        told = self.company.taped(tape, length)
        form = {"RecordingUrl": told, "RecordingSid": tape.sid, "RecordingDuration": str(length), "Digits": end}
        goal = Goal(action, form, verb.method)
        if (late := self.company.after_recording(tape)) is None:
            raise gone or HungUp
        await asyncio.sleep(late)
        if gone is not None:
            await self.company.tell(self, goal)
            raise gone
        return goal

    async def _dial(self, url: str, verb: Dial) -> Goal | None:
        (noun,) = verb.nouns
        assert not isinstance(noun, Number) or verb.action
        try:
            if isinstance(noun, Conference):
                await self._talk(url, noun)
                told = {"DialCallStatus": "answered", "DialBridged": "true"}
            else:
                await self.rest(5)
                result = self.company.chance.choice(["completed", "busy", "no-answer", "failed"])
                told = {"DialCallStatus": result, "DialBridged": str(result == "completed").lower()}
        except HungUp:
            if verb.action:
                await self.company.tell(self, Goal(urljoin(url, verb.action), {"DialCallStatus": "answered"}))
            raise
        return Goal(urljoin(url, verb.action), told, verb.method) if verb.action else None

    async def _talk(self, url: str, noun: Conference) -> None:
        room, self.talked = self.company.join(self, noun, url), True
        try:
            await self.rest(self.party.talks(self))
            raise HungUp
        except Parted:
            pass
        finally:
            room.leave(self)


def seconds_of(verb: object) -> float:
    """Return how long something plays."""
    match verb:
        case Say(text):
            return len(text) * A_CHARACTER
        case Pause(length):
            return float(length)
        case _:
            return SOUND
