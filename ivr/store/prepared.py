"""Statements of Core as the driver takes them: on the call path, Core's care for each value costs too much."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Dialect, Executable


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


def prepare(statement: Executable, dialect: Dialect) -> Prepared:
    """Return the statement for this database's driver."""
    compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
    same = {name: value for name, value in compiled.params.items() if value is not None}
    return Prepared(str(compiled), tuple(compiled.positiontup or ()), same)


def moment(at: datetime) -> str:
    """Return a moment as both databases take it: in UTC, without a zone, as every connection of ours is in UTC."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
