"""A table's rows as lines, out of the database and into it: JSON for SQLite, PostgreSQL's own COPY for PostgreSQL."""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Final

import orjson
from sqlalchemy import Connection, inspect, text

SOME: Final = 1 << 18  # Bytes that are handed on at once.
ROWS: Final = 1000  # That SQLite is given at once.


def out(connection: Connection, table: str, columns: Sequence[str]) -> Iterator[bytes]:
    """Yield all rows of a table, each a line, some lines at once."""
    kind = _lines if connection.dialect.name == "sqlite" else _copied
    some, size = list[bytes](), 0
    for line in kind(connection, table, columns):
        some.append(line)
        size += len(line)
        if size > SOME:
            yield b"".join(some)
            some, size = [], 0
    yield b"".join(some)


def into(connection: Connection, table: str, columns: Sequence[str], lines: BinaryIO) -> None:
    """Write lines, as `out` gave them, into a table; whoever calls knows that it has these columns."""
    if connection.dialect.name == "sqlite":
        _insert(connection, table, columns, lines)
        return
    wanted = f"COPY {_named(connection, table, columns)} FROM STDIN"
    with _driver(connection).cursor() as cursor, cursor.copy(wanted) as copy:
        while some := lines.read(SOME):
            copy.write(some)
    _count_on(connection, table, columns)


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _quoted(connection: Connection, name: str) -> str:
    # All that ever becomes part of a statement: the names of tables and columns, which the database itself has told.
    return connection.dialect.identifier_preparer.quote_identifier(name)


def _named(connection: Connection, table: str, columns: Sequence[str]) -> str:
    return f"{_quoted(connection, table)} ({', '.join(_quoted(connection, one) for one in columns)})"


def _lines(connection: Connection, table: str, columns: Sequence[str]) -> Iterator[bytes]:
    names = ", ".join(_quoted(connection, one) for one in columns)
    query = f"SELECT {names} FROM {_quoted(connection, table)}"  # nosec B608
    for row in _driver(connection).execute(query):
        yield orjson.dumps(row, default=_packed) + b"\n"


def _copied(connection: Connection, table: str, columns: Sequence[str]) -> Iterator[bytes]:
    wanted = f"COPY {_named(connection, table, columns)} TO STDOUT"
    with _driver(connection).cursor() as cursor, cursor.copy(wanted) as copy:
        yield from map(bytes, copy)


def _insert(connection: Connection, table: str, columns: Sequence[str], lines: BinaryIO) -> None:
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {_named(connection, table, columns)} VALUES ({marks})"  # nosec B608
    some = list[list[Any]]()
    for line in lines:
        some.append([_unpacked(value) for value in orjson.loads(line)])
        if len(some) == ROWS:
            _driver(connection).executemany(statement, some)
            some = []
    _driver(connection).executemany(statement, some)


def _packed(value: object) -> object:
    if isinstance(value, bytes):
        return {"bytes": b64encode(value).decode()}
    raise TypeError(f"a database has no {type(value).__name__}")


def _unpacked(value: Any) -> Any:
    return b64decode(value["bytes"]) if isinstance(value, dict) else value


def _count_on(connection: Connection, table: str, columns: Sequence[str]) -> None:
    """Let PostgreSQL number new rows after those that are there."""
    for column in inspect(connection).get_pk_constraint(table)["constrained_columns"]:
        told = {"table": _quoted(connection, table), "column": column}
        counter = connection.scalar(text("SELECT pg_get_serial_sequence(:table, :column)"), told)
        if counter and column in columns:
            last = f"SELECT max({_quoted(connection, column)}) FROM {_quoted(connection, table)}"  # nosec B608
            connection.execute(
                text(f"SELECT setval(:counter, coalesce(({last}), 1), ({last}) IS NOT NULL)"), {"counter": counter}
            )
