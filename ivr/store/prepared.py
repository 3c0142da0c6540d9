"""Statements of Core as the driver takes them: on the call path, Core's care for each value costs too much."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Dialect, Executable

SIZES: Final = (1, 2, 4, 8, 16, 32)  # Rows of one statement: each is prepared, and more would not be quicker.


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement that runs once for each of many rows; `names` says in which order, where the driver asks for one.

    `same` are the values that the statement itself brings along.
    """

    text: str
    names: tuple[str, ...]
    same: Mapping[str, Any]

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Run it for these rows, their values as the database keeps them; return how many rows it touched."""
        full = [{**self.same, **row} for row in rows] if self.same else rows
        given = [tuple(row[name] for name in self.names) for row in full] if self.names else list(full)
        return connection.exec_driver_sql(self.text, given).rowcount


@dataclass(frozen=True, slots=True)
class Many:
    """A statement that takes many rows at once, whose values are named `name_0`, … and are `names` in each row.

    A driver lets other threads run at each statement, and to come back among many of them takes longer than to write.
    """

    made: Mapping[int, Prepared]
    names: tuple[str, ...]

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Run it for these rows; return how many rows of the table it touched."""
        touched = begin = 0
        for size in reversed(SIZES):
            while len(rows) - begin >= size:
                touched += self._run(connection, rows[begin : begin + size])
                begin += size
        return touched

    def _run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        made = self.made[len(rows)]
        given: Any = [row[name] for row in rows for name in self.names]
        told = tuple(given) if made.names else dict(zip(_numbered(self.names, len(rows)), given, strict=True))
        return connection.exec_driver_sql(made.text, told).rowcount


def prepare_many(make: Callable[[int], Executable], names: tuple[str, ...], dialect: Dialect) -> Many:
    """Return a statement for many rows for this database's driver; `make` gives it for so many."""
    made = {size: prepare(make(size), dialect) for size in SIZES}
    for size, one in made.items():
        if one.names not in ((), _numbered(names, size)):
            raise TypeError(f"the driver wants {one.names} in another order")
    return Many(made, names)


@cache
def _numbered(names: tuple[str, ...], rows: int) -> tuple[str, ...]:
    return tuple(f"{name}_{row}" for row in range(rows) for name in names)


def prepare(statement: Executable, dialect: Dialect) -> Prepared:
    """Return the statement for this database's driver."""
    compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
    same = {name: value for name, value in compiled.params.items() if value is not None}
    return Prepared(str(compiled), tuple(compiled.positiontup or ()), same)


def moment(at: datetime) -> str:
    """Return a moment as both databases take it: in UTC, without a zone, as every connection of ours is in UTC."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
