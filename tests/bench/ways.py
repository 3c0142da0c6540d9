"""Ways that calls take: callers who do what chance says go through the real menus, as the journal writes it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from ivr.flow import record
from ivr.flow.call import Call, fold
from ivr.flow.engine import step
from ivr.flow.events import AskedBack, Event
from ivr.flow.flow import Flow
from ivr.flow.identity import PROVING
from ivr.flow.inputs import Answered, HungUp, InLine, Input, LeftQueue, Pressed, Recorded, Silence, Transferred
from ivr.flow.nodes.collect import Collect
from ivr.flow.nodes.menu import Menu
from ivr.flow.nodes.survey import Survey
from ivr.flow.nodes.verify import Verify
from ivr.flow.questions import answers
from ivr.flow.waits import Agent, Keys, Lookup, Message
from ivr.reports.facts import NUMBER, way
from ivr.store.crypto import Cipher

OPEN: Final = datetime(2026, 11, 23, 2, tzinfo=UTC)  # Monday, ten o'clock at the hotline.
CLOSED: Final = datetime(2026, 11, 21, 19, tzinfo=UTC)  # Sunday, three o'clock at night.
CALLER: Final = "+8613700000001"
WITHHELD: Final = "anonymous"
SID: Final = "RE" + "5" * 32
MOST: Final = 40
FATES: Final = {"served": 72, "sent on": 6, "gone": 11, "message": 4, "callback": 4, "requeued": 3}
CHOICES: Final = {"8": 2, "1": 3, "2": 5, "3": 3, "4": 2, "5": 1}


@dataclass(frozen=True, slots=True)
class Stand:
    """Once in line for an agent: at which turn, for what, told which minutes, whether one answered, and sent on."""

    turn: int
    queue: str
    language: str
    matter: str
    rank: int
    promised: tuple[int, int, int, int] | None
    answered: bool
    onward: bool


@dataclass(frozen=True, slots=True)
class Told:
    """One turn: what was asked, after how many seconds, its events as JSON; sealed unless some are the call's own."""

    asked: str
    after: int
    events: str
    sealed: str


@dataclass(frozen=True, slots=True)
class Way:
    """A whole call but for its times, its caller and the numbers that were keyed, which are this way's `numbers`."""

    greeted: str
    call: Call
    turns: tuple[Told, ...]
    way: Mapping[str, Any]
    numbers: tuple[str, ...]
    stands: tuple[Stand, ...]
    withheld: bool
    back: bool
    message: int | None  # The turn at which a message was left.


def ways(flow: Flow, cipher: Cipher, at: datetime, count: int, seed: int, withheld: bool) -> list[Way]:
    """Return so many ways of calls that begin at this moment, with the caller's number withheld or not."""
    chance = Random(seed)
    return [_walk(flow, cipher, Walker(flow, chance, WITHHELD if withheld else CALLER, at)) for _ in range(count)]


def _walk(flow: Flow, cipher: Cipher, walker: "Walker") -> Way:
    walker.go()
    events = [event for _, _, told in walker.turns for event in told]
    call = fold(Call(walker.greeted), events)
    numbers = tuple({value for value in call.facts.values() if NUMBER.fullmatch(value)})
    own = [f'"{one}"' for one in (*numbers, CALLER, CALLER.removeprefix("+86"))]
    turns = tuple(_told(cipher, own, *turn) for turn in walker.turns)
    back = any(isinstance(event, AskedBack) for event in events)
    withheld = walker.caller == WITHHELD
    stands = tuple(walker.stands)
    return Way(walker.greeted, call, turns, asdict(way(events)), numbers, stands, withheld, back, walker.message)


def _told(cipher: Cipher, own: Sequence[str], asked: str, after: int, events: Sequence[Event]) -> Told:
    text = record.write(events)
    return Told(asked, after, text, "" if any(one in text for one in own) else cipher.seal(text))


class Walker:
    """A caller who goes through the menus."""

    def __init__(self, flow: Flow, chance: Random, caller: str, at: datetime) -> None:
        self.flow, self.chance, self.caller, self.at = flow, chance, caller, at
        self.call = flow.new_call()
        self.greeted = self.call.language
        self.turns: list[tuple[str, int, Sequence[Event]]] = []
        self.stands: list[Stand] = []
        self.message: int | None = None

    def go(self) -> None:
        self.hear("incoming", Answered(self.caller))
        while not self.call.ended and len(self.turns) < MOST:
            if self.chance.random() < 0.06:
                break
            self.act()
        if not self.call.ended:
            self.hear("hangup", HungUp())

    def hear(self, asked: str, heard: Input, after: int = 0) -> None:
        after = after or self.chance.randint(3, 14)
        self.at += timedelta(seconds=after)
        done = step(self.flow, self.call, heard, self.at)
        self.turns.append((asked, after, done.events))
        self.call = done.call

    def act(self) -> None:
        asked = f"turn/{self.call.turn}"
        match self.call.wait:
            case Agent() as wanted:
                self.stand(wanted)
            case Keys():
                self.hear(asked, self.keys())
            case Lookup(question):
                self.hear(asked, self.chance.choice(answers(question)), 1)
            case Message():
                self.message = self.call.turn
                self.hear(asked, Recorded(SID, self.chance.randint(4, 100)))
            case _:
                self.hear("hangup", HungUp())

    def keys(self) -> Input:
        """Return what the caller does where keys are awaited."""
        luck, node = self.chance.random(), self.flow.nodes[self.call.node]
        if luck < 0.04:
            return Silence()
        if luck < 0.07:
            return Pressed(self.chance.choice("79#6"))
        match node:
            case Survey():
                return HungUp() if luck < 0.6 else Pressed(self.chance.choice("1234445555"))
            case Verify() if self.call.facts.get(PROVING) != "who":
                return Pressed(self.chance.choice(node.keys(self.flow, self.call)))
            case Collect() if "keyed" not in self.call.facts:
                return Pressed(self.number(node))
            case Menu():
                if luck < 0.2 and len(self.turns) > 2:
                    return Pressed("0")
                found = [key for key in node.choices if key in CHOICES]
                return Pressed(self.chance.choices(found, [CHOICES[key] for key in found])[0])
        if "keyed" not in self.call.facts:
            return Pressed(f"138{self.chance.randrange(10**8):08}")
        return Pressed("1")

    def number(self, node: Collect) -> str:
        match node.form:
            case "phone":
                return f"139{self.chance.randrange(10**8):08}"
            case "amount":
                return str(self.chance.randint(1, 9999))
            case "date":
                return f"{self.chance.randint(1, 12):02}{self.chance.randint(1, 28):02}"
        least = int((node.digits or "8").partition("-")[0])
        return str(self.chance.randint(10 ** (least - 1), 10**least - 1))

    def stand(self, wanted: Agent) -> None:
        """Stand in line, hear some minutes, and be served, sent on, or gone."""
        facts, turn = self.call.facts, self.call.line or 0
        fate = self.chance.choices(list(FATES), list(FATES.values()))[0]
        promised = None
        for number in range(self.chance.randint(1, 2)):
            low = self.chance.choice((0, 0, 1, 2, 4, 8))
            ahead, high = self.chance.randint(0, 9), low + self.chance.randint(1, 4) if low else 0
            told = InLine(ahead + 1, 20 * number, low=low, high=high, agents=12)
            self.hear(f"wait/{self.call.turn}", told, 20)
            promised = promised or ((low, high, ahead, 12) if high else None)
        onward = fate in ("sent on", "requeued")
        named = (wanted.queue, self.call.language, facts.get("matter", ""), wanted.priority, promised)
        self.stands.append(Stand(turn, *named, onward or fate == "served", onward))
        self.leave(fate, turn)

    def leave(self, fate: str, turn: int) -> None:
        asked = f"turn/{turn}"
        match fate:
            case "served":
                self.hear(asked, LeftQueue("bridged"))
            case "gone":
                self.hear("hangup", HungUp())
            case "message" | "callback":
                self.hear(f"wait/{self.call.turn}", InLine(1, 60, "1" if fate == "message" else "2", agents=12))
                self.hear(asked, LeftQueue("leave"))
            case _:
                self.hear(asked, LeftQueue("redirected"))
                queue = self.chance.choice(list(self.flow.queues)) if fate == "sent on" else ""
                self.hear(f"talk/{turn}", Transferred(queue=queue))


def personal(told: Told, own: Mapping[str, str], cipher: Cipher) -> str:
    """Return a turn sealed, with the numbers of a call in place of the way's own."""
    if told.sealed:
        return told.sealed
    text = told.events
    for old, new in own.items():
        text = text.replace(f'"{old}"', f'"{new}"')
    return cipher.seal(text)


def replaced(numbers: Sequence[str], chance: Random) -> Iterator[tuple[str, str]]:
    """Yield a number of the same length for each."""
    for one in numbers:
        yield one, one[0] + f"{chance.randrange(10 ** (len(one) - 1)):0{len(one) - 1}}"
