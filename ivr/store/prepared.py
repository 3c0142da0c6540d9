"""Statements of Core as the driver takes them: on the call path, Core's care for each value costs too much."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from sqlalchemy import (
    JSON,
    ColumnClause,
    Connection,
    Dialect,
    Executable,
    Select,
    Text,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    select,
)

ROWS: Final = "rows"
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement that runs once for each of many rows; `names` says in which order, where the driver asks for one.

    `same` are the values that the statement itself brings along.
    """

    text: str
    names: tuple[str, ...]
    same: Mapping[str, Any]

    def run(self, connection: Connection, rows: Sequence[Row]) -> int:
        """Run it for these rows, their values as the database keeps them; return how many rows it touched."""
        full = [{**self.same, **row} for row in rows] if self.same else rows
        given = [tuple(row[name] for name in self.names) for row in full] if self.names else list(full)
        return connection.exec_driver_sql(self.text, given).rowcount

    def read(self, connection: Connection) -> Sequence[Any]:
        """Return what is found by a query that asks for no values of anybody's."""
        given: Any = tuple(self.same[name] for name in self.names) if self.names else self.same
        return connection.exec_driver_sql(self.text, given).all()


@dataclass(frozen=True, slots=True)
class Many:
    """A statement that takes any number of rows at once, as one value.

    A server is asked once for all of them. Where the database is in this process, to take each row costs less.
    """

    one: Prepared

    def run(self, connection: Connection, rows: Sequence[Row]) -> int:
        """Run it for these rows; return how many rows of the table it touched."""
        given = {**self.one.same, ROWS: orjson.dumps(rows).decode()}
        return connection.exec_driver_sql(self.one.text, given).rowcount


@dataclass(frozen=True, slots=True)
class Joint:
    """A statement for PostgreSQL that takes rows of several kinds at once, each kind as one value."""

    one: Prepared

    def run(self, connection: Connection, **kinds: Sequence[Row]) -> Sequence[Any]:
        """Run it for these rows of each kind; return what it returns."""
        given = {**self.one.same, **{kind: orjson.dumps(rows).decode() for kind, rows in kinds.items()}}
        return connection.exec_driver_sql(self.one.text, given).scalars().all()


def prepare_many(
    make: Callable[[Select[Any]], Executable], columns: Iterable[ColumnClause[Any]], dialect: Dialect
) -> "Prepared | Many":
    """Return a statement for many rows for this database's driver; `make` gives it for a selection of the rows."""
    if dialect.name == "postgresql":
        return Many(prepare(make(given_rows(columns)), dialect))
    return prepare(make(given_row(columns)), dialect)


def given_row(columns: Iterable[ColumnClause[Any]]) -> Select[Any]:
    """Return SQLite's selection of the one row that is told, with these columns."""
    told: list[Any] = [bindparam(one.name).label(one.name) for one in columns]
    # Else SQLite takes the ON of a conflict for that of a join.
    return select(*told).where(literal_column("true"))


def given_rows(columns: Iterable[ColumnClause[Any]], kind: str = ROWS) -> Select[Any]:
    """Return PostgreSQL's selection of the rows of this kind that are told as JSON, each with these columns."""
    typed = [column(one.name, one.type) for one in columns]
    rows = func.json_to_recordset(cast(bindparam(kind, type_=Text), JSON)).table_valued(*typed)
    rows = rows.render_derived(name=f"told_{kind}", with_types=True)
    return select(*(rows.c[one.name] for one in typed))


def prepare(statement: Executable, dialect: Dialect) -> Prepared:
    """Return the statement for this database's driver."""
    compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
    same = {name: value for name, value in compiled.params.items() if value is not None}
    return Prepared(str(compiled), tuple(compiled.positiontup or ()), same)


def moment(at: datetime) -> str:
    """Return a moment as both databases take it: in UTC, without a zone, as every connection of ours is in UTC."""
    return at.astimezone(UTC).isoformat(" ", "microseconds").removesuffix("+00:00")
