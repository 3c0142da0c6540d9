"""What goes wrong at the carrier in a storm: callbacks late, twice, or never; recordings; REST; callers who leave."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Final

from tests.faults.callers import race
from tests.faults.history import History
from tests.light.company import Tape
from tests.light.proxy import MISCHIEF
from tests.light.rest import DOWNLOADS
from tests.light.stage import Stage

if TYPE_CHECKING:
    from tests.faults.storm import Storm

LATE: Final = 0.6  # Seconds that an action comes behind its callback.
BAD: Final = 0.4  # The part of recordings whose sound does not come at first.
MOST_BAD: Final = 3  # Times in a row.
AGENTS: Final = "/voice/agent/"


@dataclass
class Carrier:
    """Says by chance what goes wrong with callbacks and recordings, and notes it."""

    chance: Random
    history: History
    lost: set[str] = field(default_factory=set)  # Recordings of which only the callback tells.
    bad: Counter[str] = field(default_factory=Counter)  # How often the sound is yet not to come, by recording.
    good: set[str] = field(default_factory=set)

    def callback(self, kind: str) -> list[float]:
        """Return after how many seconds each a callback comes."""
        never = 5 if kind == "status" else 0
        match self.chance.choices(("once", "late", "twice", "never"), (85, 5, 5, never))[0]:
            case "late":
                self.history.met(3, f"a callback comes late: {kind}")
                return [self.chance.uniform(1, 4)]
            case "twice":
                self.history.met(3, f"a callback comes twice: {kind}")
                return [0.0, self.chance.uniform(0, 1)]
            case "never":
                self.history.met(4, f"a callback never comes: {kind}")
                return []
        return [0.0]

    def after_recording(self, tape: Tape) -> float | None:
        """Return how late what follows a recording is asked, None for never."""
        match self.chance.choices(("", "late", "never"), (80, 12, 8))[0]:
            case "late":
                self.history.met(15, "a recording is told of before its action", tape.call)
                return LATE
            case "never":
                self.history.met(15, "a recording is told of without its action", tape.call)
                return None
        return 0.0

    def download(self, path: str) -> str:
        """Return what goes wrong with the sound of a recording, "" for nothing: some times in a row at most."""
        if path not in self.good and path not in self.bad:
            if self.chance.random() >= BAD:
                self.good.add(path)
            else:
                self.bad[path] = self.chance.randint(1, MOST_BAD)
        if not self.bad[path]:
            return ""
        self.bad[path] -= 1
        fault = self.chance.choice(DOWNLOADS)
        self.history.met(14, f"a recording's sound: {fault}")
        return fault


async def prepare(storm: Storm, stage: Stage, history: History) -> None:
    """Have all of it noted, and upset where the storm is not tidy; and agents at work."""
    stage.company.noted, stage.proxy.noted = history.note, history.served
    if not storm.tidy:
        upset(storm, stage, history)
    await asyncio.to_thread(stage.hire, storm.agents, storm.agents // 4)


def upset(storm: Storm, stage: Stage, history: History) -> None:
    """Have things go wrong at the carrier, each of them noted."""
    carrier, races = Carrier(Random(f"{storm.seed} callbacks"), history), Random(f"{storm.seed} races")
    stage.company.callback, stage.company.after_recording = carrier.callback, carrier.after_recording
    stage.rest.downloads = carrier.download
    stage.rest.raced = lambda leg: race(races, history, leg)
    stage.rest.injected = lambda fault, path: history.met(21, f"REST {fault}")
    if stage.proxy.mischief:
        stage.proxy.mischief.injected = lambda kind, asked: history.met(
            MISCHIEF[kind], f"{kind}, an agent's" if asked.path.startswith(AGENTS) else kind, history.call_of(asked)
        )
