"""Who a caller may be from where they stand on, as long as they do not forget the way back to a prompt."""

from collections.abc import Sequence
from dataclasses import dataclass, field

Where = tuple[str, str]  # A queue; and the matter, where the matter's own queue is another.


@dataclass(frozen=True, slots=True)
class Ahead:
    """By the number of a stand: those after it, its node, and whose caller stands there, None of who was helped."""

    after: Sequence[frozenset[int]]
    nodes: Sequence[str]
    whose: Sequence[Where | None]
    known: dict[tuple[int, frozenset[str]], frozenset[Where]] = field(default_factory=dict)

    def later(self, number: int, forgotten: frozenset[str]) -> frozenset[Where]:
        """Return which sorts of callers one may be from a stand on, as long as they come to no prompt that forgets."""
        key = number, forgotten
        if key not in self.known:
            self.known[key] = frozenset(who for one in self._passed(*key) if (who := self.whose[one]) is not None)
        return self.known[key]

    def _passed(self, number: int, forgotten: frozenset[str]) -> set[int]:
        passed, todo = {number}, [number]
        for one in todo:  # They grow while we go along them.
            further = [to for to in self.after[one] if to not in passed and self.nodes[to] not in forgotten]
            passed.update(further)
            todo += further
        return passed
