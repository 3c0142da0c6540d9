"""Wallets that die, and the callers whom that meets: on the way to each look-up, and by chance."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Final
from unittest.mock import patch

from sqlalchemy import delete

from ivr.carrier.caller import Caller
from ivr.carrier.cues import Recording
from ivr.flow.events import Ended, Entered, Heard, Waiting
from ivr.flow.flow import Flow
from ivr.flow.inputs import Answered, Found, InLine, Input, LeftQueue, NotFound, Pressed, Silence
from ivr.flow.nodes import lookup
from ivr.flow.nodes.verify import Verify
from ivr.flow.prove import tries
from ivr.flow.prove.walk import walk
from ivr.flow.questions import answers
from ivr.flow.waits import Agent, Keys, Lookup, Room
from ivr.parts import Parts
from ivr.store.guesses import guesses, proofs
from tests.asking import asking
from tests.faults.checks import Seen
from tests.faults.wander import act
from tests.pages import answered
from tests.wallet_company import Company
from tests.world import ROOT, World

REFUSES: Final = "refuses"
DEATHS: Final = (REFUSES, "hangs", "500", "half", "types")
MOST: Final = 200_000
MOVES: Final = 25
PATIENCE: Final = 60  # Things that a caller does at most until the call is over.


@dataclass
class Dying(Company):
    """A wallet company that dies after so many answers, in one of the ways, until it is born again."""

    answers: int = 0
    death: str = ""

    def born(self, death: str, after: int) -> None:
        """Live again, but die after so many answers; "" is to live for ever."""
        with suppress(OSError):
            self.start()
        self.death, self.answers, self.times = death, after, 0
        if death == REFUSES and not after:
            self.stop()

    def failing(self) -> str:
        """Return what is wrong with this answer."""
        with self.lock:
            self.times += 1
            if not self.death or self.times < self.answers:
                return ""
            if self.times > self.answers:
                return self.death if self.death != REFUSES else "half"
        if self.death != REFUSES:
            return ""
        self.stop()
        return "last"  # Who asks again on this connection would be answered.


@dataclass
class Scripted:
    """A wallet that gives these answers, one after the other, and then each question's first."""

    script: list[Found] = field(default_factory=list)

    def answer(self, lookup: Lookup, _: str) -> Found | NotFound:
        """Return the next answer."""
        return self.script.pop(0) if self.script else answers(lookup.question)[0]


@dataclass(frozen=True, slots=True)
class Way:
    """What happens in a call from its beginning to a look-up: which place asks what, what comes before that."""

    place: str
    question: str
    heard: tuple[Input, ...]

    @property
    def answers(self) -> list[Found]:
        """What the wallet answers on this way."""
        return [one for one in self.heard if isinstance(one, Found)]


def menus(folder: Path) -> Path:
    """Return the folder of menus that ask the wallet: the shipped ones where they do, else small ones."""
    if any("kind: lookup" in file.read_text("utf-8") for file in (ROOT / "menus").glob("*.yaml")):
        return ROOT / "menus"
    for name, text in asking().items():
        file = folder / "menus" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return folder / "menus"


def asked(flow: Flow) -> set[str]:
    """Return every place that can ask the wallet, as its menus say."""
    return {place for place, node in flow.nodes.items() if isinstance(node, lookup.Lookup | Verify)}


def ways(flow: Flow, at: datetime) -> list[Way]:
    """Return the shortest way to each question of each place that caller and wallet can go by themselves."""
    with patch.object(tries, "FAULT", tries.GONE):  # No fault of ours is on the way.
        made, found = walk(flow, [at], MOST), dict[tuple[str, str], Way]()
    for stand in made.stands:
        wait, place = stand.call.wait, stand.call.node
        if isinstance(wait, Lookup) and (place, wait.question) not in found:
            heard = tuple(way.by.heard for way in made.path(stand.came))
            if all(_by_itself(one) for one in heard):
                found[place, wait.question] = Way(place, wait.question, heard)
    return list(found.values())


def _by_itself(heard: Input) -> bool:
    return isinstance(heard, Answered | Pressed | Silence | Found | InLine) or heard == LeftQueue("leave")


def go(caller: Caller, way: Way) -> None:
    """Do what leads this way; the wallet must give the answers of it."""
    for heard in way.heard:
        match heard:
            case Pressed(keys):
                press(caller, str(keys))
            case Silence():
                caller.silence()
            case InLine(keys=keys) if keys:
                caller.press(keys)


def press(caller: Caller, keys: str) -> None:
    """Key this in, and that it is all, where that is to be told."""
    caller.listen()
    wanted = getattr(caller.cue, "most", 0)
    finish = getattr(caller.cue, "finish", "")
    caller.press(keys + (finish if wanted != len(keys) and finish else ""))


def wait_of(parts: Parts, caller: Caller) -> object:
    """Return what the call waits for."""
    stored = parts.journal.call(caller.leg.sid)
    return stored.call.wait if stored else None


def knowing(parts: Parts, caller: Caller, chance: Random) -> None:
    """Do one thing that leads on, mostly; else whatever chance says."""
    stored = parts.journal.call(caller.leg.sid)
    if stored and isinstance(stored.call.wait, Keys) and chance.random() < 0.85:
        press(caller, chance.choice(parts.flow.nodes[stored.call.node].keys(parts.flow, stored.call) or ("0",)))
    else:
        act(caller, chance)


def see_off(world: World, caller: Caller) -> None:
    """Do nothing more until the call is over; who waits for a person gets one, who is to speak does."""
    for _ in range(PATIENCE):
        caller.listen()
        if caller.over:
            return
        if isinstance(wait_of(world.parts, caller), Agent | Room):
            Caller(world.carrier, leg=answered(world, str(caller.leg.place.name))).hang_up()  # type: ignore[attr-defined]
        elif isinstance(caller.cue, Recording):
            caller.speak(3)
            caller.silence()
        else:
            caller.silence()
    raise AssertionError(f"after {PATIENCE} times nothing, the call is not over: {caller.cue}")


def forget(parts: Parts) -> None:
    """Forget who has tried what, so that the next caller may."""
    with parts.engine.begin() as connection:
        connection.execute(delete(guesses))
        connection.execute(delete(proofs))


def questions(seen: Seen) -> Iterator[tuple[str, str]]:
    """Yield where which question was asked."""
    place = ""
    for event in (event for turn in seen.turns for event in turn.events):
        match event:
            case Entered(node):
                place = node
            case Waiting(Lookup(question)):
                yield place, question


def came(seen: Seen) -> Iterator[str]:
    """Yield what came of each question to the wallet."""
    for turn in seen.turns:
        heard = getattr(turn.events[0], "input", None)
        if isinstance(heard, Found | NotFound):
            yield heard.outcome if isinstance(heard, Found) else heard.why


def checked_end(seen: Seen, gone: bool, why: Sequence[object]) -> None:
    """Every call ends with a person, a message, a call back, or as the caller chose: by a key, or by hanging up."""
    last = next(turn for turn in seen.turns if any(isinstance(event, Ended) for event in turn.events)).events[0]
    match seen.outcome:
        case "served" | "message" | "callback":
            pass
        case "finished":
            assert isinstance(last, Heard), (why, seen)
            assert isinstance(last.input, Pressed), (why, seen)
        case _:
            assert gone, (why, seen)
            assert seen.outcome == "hung-up", (why, seen)
