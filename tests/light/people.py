"""Who rings the light carrier's number, and who is rung by it: customers, and agents at their phones."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from ivr.carrier.verbs import Gather
from tests.light.leg import HungUp, Leg

THINKS: Final = (0.6, 2.5)  # Seconds from hearing an offer to pressing its key.
KEY_SECONDS: Final = 0.4
ODD: Final = ("#", "*", "", "1" * 200, "**", "0#", "#" * 30, "5" * 21 + "#", "A")
WANDERS: Final = (*"1112223334455890*", "#", "6200123456", "13812345678", "0305", "128#", "12#", *ODD)
MOST: Final = 40  # Things that one customer does.


@dataclass
class Customer:
    """Presses what they mean to, one after the other; in the waiting room they listen to so many rounds.

    `then` is what they do after that: a key, or nothing. Who has no more to press goes on by chance where they
    `wander`, else they hang up. `quits` is the chance of hanging up amid any prompt.
    """

    chance: Random
    script: list[str]
    rounds: int = 2
    then: str = "1"
    wander: bool = False
    quits: float = 0.0
    interrupts: float = 0.5
    message: tuple[float, str] = (8.0, "#")
    done: int = 0

    def keys(self, leg: Leg, gather: Gather, heard: float) -> tuple[float, str] | None:
        """Say which keys are pressed, as Party."""
        self.done += 1
        if self.done > MOST or self.chance.random() < self.quits:
            return self._gone(leg, heard)
        early = self.chance.uniform(0.1, 1.0) if self.chance.random() < self.interrupts else 1.0
        after = heard * early + self.chance.uniform(*THINKS)
        if leg.queue:
            self.rounds -= 1
            if self.rounds >= 0:
                return None
            return (after, self.then) if self.then else self._gone(leg, heard)
        if self.script:
            keys = self.script.pop(0)
        elif self.wander:
            keys = self.chance.choice(WANDERS)
        else:
            return self._gone(leg, heard)
        return (after + KEY_SECONDS * len(keys), keys) if keys else None

    def speaks(self, leg: Leg) -> tuple[float, str]:
        """Say what is spoken, as Party."""
        return self.message

    def talks(self, leg: Leg) -> float:
        """Say how long a talk lasts, as Party."""
        return self.chance.uniform(20, 200)

    def picks_up(self, leg: Leg) -> tuple[float, str]:
        """Say what comes of ringing, as Party."""
        return self.chance.uniform(2, 15), self.chance.choice(["answer", "answer", "busy", "no-answer"])

    def _gone(self, leg: Leg, heard: float) -> None:
        wait = self.chance.uniform(0, max(0.5, heard)) / leg.company.speed
        asyncio.get_running_loop().call_later(wait, leg.signal, HungUp())


@dataclass
class AgentPhone:
    """An agent at the phone, who takes most calls; `moods` are what else may happen, with their chances.

    Moods: `rejects`, `deaf` (never answers), `lost` (the browser is gone: fails at once), `declines` (by key),
    `vanishes` (hangs up amid the whisper). Whose phone is a `browser` is lost at the end of each talk.
    """

    chance: Random
    moods: dict[str, float] = field(default_factory=dict)
    talk: tuple[float, float] = (15, 120)
    met: Callable[[str], object] = lambda _: None
    browser: bool = False

    def _mood(self) -> str:
        left = self.chance.random()
        for mood, part in self.moods.items():
            if (left := left - part) < 0:
                self.met(mood)
                return mood
        return ""

    def keys(self, leg: Leg, gather: Gather, heard: float) -> tuple[float, str] | None:
        """Press 1 to take a call, as Party."""
        mood = self._mood() if leg.direction == "outbound-api" else ""
        if mood == "vanishes":
            asyncio.get_running_loop().call_later(heard / 2 / leg.company.speed, leg.signal, HungUp())
            return None
        return heard / 2 + 0.5, "2" if mood == "declines" else "1"

    def speaks(self, leg: Leg) -> tuple[float, str]:
        """Say nothing, as Party."""
        return 0.0, ""

    def talks(self, leg: Leg) -> float:
        """Say how long a talk lasts, as Party."""
        if self.browser:
            self.met("is lost amid a talk")
        return self.chance.uniform(*self.talk)

    def picks_up(self, leg: Leg) -> tuple[float, str]:
        """Say what comes of ringing, as Party."""
        match self._mood():
            case "rejects":
                return self.chance.uniform(1, 4), "busy"
            case "deaf":
                return 1000.0, "no-answer"
            case "lost":
                return 0.1, "failed"
        return self.chance.uniform(1, 6), "answer"
