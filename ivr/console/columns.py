"""Which columns of the call log are shown: chosen in the address, and always with the moment that leads to the call."""

from collections.abc import Sequence
from typing import Final

FIRST: Final = "at"
USUAL: Final = (FIRST, "matter", "caller", "queue", "agent", "wait", "talk", "took", "outcome", "code")
COLUMNS: Final = (*USUAL, "language", "version", "score")


def chosen(asked: Sequence[str]) -> tuple[str, ...]:
    """Return the columns asked for, as `columns=a,b` or one by one, in their order; the usual ones where none is."""
    wanted = {name for one in asked for name in one.split(",")} & set(COLUMNS)
    return tuple(name for name in COLUMNS if name in wanted | {FIRST}) if wanted else USUAL


def told(columns: tuple[str, ...]) -> dict[str, str]:
    """Return what an address says of them: nothing of the usual ones."""
    return {} if columns == USUAL else {"columns": ",".join(columns)}
