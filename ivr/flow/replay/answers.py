"""What the wallet answered in a recorded call, to be heard again wherever the new menus ask it the same."""

from collections import Counter
from dataclasses import dataclass, field

from ivr.flow.inputs import Found, Input, NotFound
from ivr.flow.questions import QUESTIONS
from ivr.flow.waits import Lookup, Wait

Answer = Found | NotFound
About = tuple[str, tuple[str, ...]]  # A question, and the facts that it must be about; dots are as good as any secret.


def about(asked: Lookup) -> About:
    """Return what is asked, so that what is asked alike is the same."""
    told = dict(asked.about)
    return asked.question, tuple(str(told.get(name, "")) for name in QUESTIONS[asked.question].about)


@dataclass(slots=True)
class Answers:
    """The answers of a call in their order, by what was asked: more often than then is answered as the last time."""

    known: dict[About, list[Answer]] = field(default_factory=dict)
    given: Counter[About] = field(default_factory=Counter)

    def again(self) -> "Answers":
        """Return the same, of which another call may be told."""
        return Answers(self.known, self.given.copy())

    def learn(self, wait: Wait | None, heard: Input) -> None:
        """Keep an answer to what a recorded call waited for."""
        match wait, heard:
            case Lookup(), Found(late="") | NotFound():
                self.known.setdefault(about(wait), []).append(heard)

    def to(self, asked: Lookup) -> Answer | None:
        """Return the answer to what is asked now; None where the recording has none."""
        found, times = self.known.get(about(asked), []), self.given[about(asked)]
        self.given[about(asked)] += 1
        return found[min(times, len(found) - 1)] if found else None
