"""All that happened in a run: what was asked and answered, what was done to it, and to which calls."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from tests.light.company import Asked
from tests.light.proxy import form_of
from tests.light.wire import Message, timed

EVERYBODY: Final = ""  # Whose calls a fault of a process, the database or the network meets.


@dataclass(frozen=True, slots=True)
class Injected:
    """A fault: by the row of faults.md that it stands for, what it was, when, and in which call.

    An `act` is done to what all calls share, one after the other.
    """

    row: int
    what: str
    at: float
    call: str = EVERYBODY
    act: bool = False


@dataclass
class History:
    """What was told by the carrier and what servers answered, call by call."""

    asked: dict[str, list[Asked]] = field(default_factory=lambda: defaultdict(list))
    answers: dict[str, dict[str, set[bytes]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    injected: list[Injected] = field(default_factory=list)
    accounts: dict[str, str] = field(default_factory=dict)  # By the number of whoever has it frozen.
    signed: deque[Message] = field(default_factory=lambda: deque(maxlen=5000))  # All that the carrier asked, as told.
    stood: int = 0  # How many were in line when that was held against the carrier's queues.
    begun: float = field(default_factory=timed)

    def note(self, asked: Asked) -> None:
        """Note what the carrier asked, and what came of it."""
        self.asked[asked.call].append(asked)

    def served(self, asked: Message, answer: Message) -> None:
        """Note what a server answered, whether the carrier ever got to hear it or not."""
        path = asked.path.partition("?")[0]
        self.signed.append(asked)
        self.statuses[kind_of(path), answer.status] += 1
        if answer.status == 200:
            self.answers[form_of(asked).get("CallSid", "")][path].add(answer.body)

    def call_of(self, asked: Message) -> str:
        """Return the call that is asked about, "" for none."""
        return form_of(asked).get("CallSid", EVERYBODY)

    def met(self, row: int, what: str, call: str = EVERYBODY, act: bool = False) -> None:
        """Note that something was made to go wrong."""
        self.injected.append(Injected(row, what, timed() - self.begun, call, act))

    def of(self, call: str) -> Iterator[str]:
        """Yield the history of a call, a line each."""
        told = [(one.at - self.begun, _line(one)) for one in self.asked[call]]
        told += [(one.at, f"* {one.what}") for one in self.injected if one.call in (call, EVERYBODY)]
        for at, line in sorted(told):
            yield f"{at:8.3f} {line}"


def _line(asked: Asked) -> str:
    told = {name: asked.form[name] for name in sorted(asked.form) if name in SHOWN}
    came = f"{asked.status} {len(asked.body)} bytes" if asked.status else asked.failure
    again = f" (try {asked.attempt + 1})" if asked.attempt else ""
    return f"{asked.context}: {asked.path}{again} {told} -> {came} in {asked.seconds:.2f} s"


SHOWN: Final = ("Digits", "CallStatus", "QueueResult", "DialCallStatus", "RecordingSid", "RecordingStatus", "ErrorUrl")


def kind_of(path: str) -> str:
    """Return what is asked by a path, whatever the turn or the offer."""
    return "/".join(word for word in path.split("/") if word.isalpha())
