"""Statements of Core as the driver takes them: for the two of every turn, Core's care for each value costs too much."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Dialect, Executable


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement that runs once for each of many rows; `names` says in which order, where the driver asks for one."""

    text: str
    names: tuple[str, ...]

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Run it for these rows, their values as the database keeps them; return how many rows it touched."""
        given = [tuple(row[name] for name in self.names) for row in rows] if self.names else list(rows)
        return connection.exec_driver_sql(self.text, given).rowcount


def prepare(statement: Executable, dialect: Dialect) -> Prepared:
    """Return the statement for this database's driver."""
    compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
    return Prepared(str(compiled), tuple(compiled.positiontup or ()))


def moment(at: datetime) -> str:
    """Return a moment as both databases take it: in UTC, without a zone, as every connection of ours is in UTC."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
