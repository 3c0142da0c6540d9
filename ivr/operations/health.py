"""Whether the hotline is well: what keeps it from taking calls as it should, in words that hold no secret."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf
from typing import Final

from ivr.operations.deadline import Asked, Late
from ivr.store.errors import StoreError

SECONDS: Final = 2.0
LASTS: Final = 1.0  # Nobody who asks more often has the database asked more often.
STUCK: Final = 10.0  # Seconds; whoever waited for these turns was taken by the lifeboat long ago.
PILE: Final = 100  # Facts in the spool; a database that answers takes them in within seconds.


@dataclass(frozen=True, slots=True)
class Ready:
    """Whether all is as it should be, and why not; whether calls are answered all the same, if by the lifeboat."""

    reasons: tuple[str, ...]
    answers: bool

    @property
    def ready(self) -> bool:
        """Whether all is as it should be."""
        return not self.reasons


@dataclass(frozen=True, slots=True)
class Signs:
    """What is looked at: the database (raises StoreError, or gives the reason why it is of no use), menus, the rest.

    `writing` gives the seconds for which the same turns have been written; without end, once nobody writes any more.
    """

    database: Callable[[], str]
    menus: Callable[[], object]
    writing: Callable[[], float]
    spooled: Callable[[], int]


class Health:
    """Looks at the signs, for two seconds at most."""

    def __init__(self, signs: Signs) -> None:
        """Take what is looked at."""
        self._signs = signs
        self._database = Asked(signs.database, SECONDS, LASTS)

    def ready(self) -> Ready:
        """Return how things stand."""
        menus = self._menus()
        return Ready((*self.database(), *menus, *self._rest()), not menus)

    def database(self) -> tuple[str, ...]:
        """Return why the database is of no use, nothing where it is."""
        try:
            why = self._database.answer()
        except Late:
            return (f"the database does not answer within {SECONDS:.0f} s: callers are taken by the lifeboat",)
        except StoreError:  # Whose text names hosts and files, which are nobody's business here: the log has it.
            return ("the database cannot be used: callers are taken by the lifeboat; the log and `doctor` say why",)
        return (why,) if why else ()

    def _menus(self) -> tuple[str, ...]:
        try:
            self._signs.menus()
        except LookupError:
            return ("no menus were read yet",)
        return ()

    def _rest(self) -> Iterator[str]:
        if (seconds := self._signs.writing()) == inf:
            yield "the thread that writes turns is dead: start the program again"
        elif seconds > STUCK:
            yield f"the same turns have been written for {seconds:.0f} s: see what the database, or its disk, waits for"
        if (many := self._signs.spooled()) > PILE:
            yield f"{many} facts wait in the spool for the database"
