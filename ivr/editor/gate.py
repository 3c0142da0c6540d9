"""The gate that menus must pass before they answer: good files, no trap, and the saved rehearsals as they were."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from time import monotonic
from typing import Any, Final

from ivr.editor.reading import Here
from ivr.flow.problem import Problem

SECONDS: Final = 60
REMEMBERED: Final = 16


class GateError(RuntimeError):
    """The proof could not be made; the text says why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What the gate found: `traps` with place, words, told, steps and inputs; `figures` of what is proven; seconds.

    `rehearsals` are the saved ones that go differently now, with name and lines.
    """

    problems: tuple[Problem, ...]
    traps: tuple[dict[str, Any], ...]
    figures: dict[str, Any]
    seconds: float
    rehearsals: tuple[dict[str, Any], ...] = ()

    @property
    def holds(self) -> bool:
        """Whether menus may answer calls."""
        return not self.problems and not self.traps and not self.rehearsals

    def told(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        problems = [{"file": one.file, "line": one.line, "words": one.words} for one in self.problems]
        return {
            "holds": self.holds,
            "problems": problems,
            "traps": list(self.traps),
            "figures": self.figures,
            "rehearsals": list(self.rehearsals),
            "seconds": round(self.seconds, 2),
        }


@dataclass
class Gate:
    """Looks at menus, one at a time, aside from calls; what was looked at lately is remembered."""

    here: Callable[[], Here]
    _known: dict[str, Finding] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def look(self, files: Mapping[str, str], now: datetime) -> Finding:
        """Return what stands against these files; raise GateError where that could not be found out."""
        asked = _question(files, self.here(), now.replace(minute=0, second=0, microsecond=0))
        with self._lock:
            if asked not in self._known:
                while len(self._known) >= REMEMBERED:
                    del self._known[next(iter(self._known))]
                self._known[asked] = _found(asked)
            return self._known[asked]


def _found(asked: str) -> Finding:
    begun, told = monotonic(), _asked(asked)
    problems = tuple(Problem(one["file"], one["line"], one["words"]) for one in told["problems"])
    return Finding(problems, tuple(told["traps"]), told["figures"], monotonic() - begun, tuple(told["rehearsals"]))


def _question(files: Mapping[str, str], here: Here, now: datetime) -> str:
    """Return what `proving` is asked: these menus, here, from this moment on."""
    where = {"recorded": sorted(here.recorded), "music": sorted(here.music or ()), "prefixes": here.prefixes}
    return json.dumps({"files": dict(files), **where, "now": now.isoformat()})


def _asked(asked: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "ivr.editor.proving"]
    try:
        # The command is ours alone; what people wrote goes in as its input.
        done = subprocess.run(command, input=asked, capture_output=True, text=True, timeout=SECONDS)  # nosec B603
    except subprocess.TimeoutExpired:
        raise GateError(f"the proof was not done after {SECONDS} s: the menus have too many states") from None
    if done.returncode:
        said = done.stderr.strip().rpartition("\n")[2] or f"its program ended with {done.returncode}"
        raise GateError(f"the proof broke off: {said}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found
