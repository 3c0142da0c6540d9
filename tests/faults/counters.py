"""No counter is ever set back by a retry: tries to prove who one is, and tries of what is done again and again.

As the ledger's, the notes are made by triggers in the database.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Engine, text

from ivr.flow.questions import NO_ANSWER
from tests.faults.ledger import NUMBER

# A try that was told right or wrong stays so, whoever asks again; only what the wallet did not answer is asked anew.
OPEN: Final = ("", *NO_ANSWER)
GONE: Final = -1
COUNTED: Final = {
    "guesses": ("request_id", "outcome", "CASE WHEN {0}.counts THEN 1 ELSE 0 END"),
    "messages": ("id", "state", "{0}.tries"),
    "texts": ("id", "state", "{0}.tries"),
    "line": ("id", "kind", "{0}.tries"),
}
SQLITE: Final = """
CREATE TRIGGER count_{table}_{event} AFTER {event} ON {table} BEGIN
INSERT INTO counted (what, id, state, count) VALUES ('{table}', {row}.{0}, {row}.{1}, {2}); END
"""
FUNCTION: Final = """
CREATE FUNCTION count_{table}_{event}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
INSERT INTO counted (what, id, state, count) VALUES ('{table}', {row}.{0}, {row}.{1}, {2});
RETURN {row}; END $$
"""
TRIGGER: Final = (
    "CREATE TRIGGER counts_{event} AFTER {event} ON {table} FOR EACH ROW EXECUTE FUNCTION count_{table}_{event}()"
)


@dataclass
class Counters:
    """Reads what the database noted of counters, and tells which went back."""

    engine: Engine
    last: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    _read: int = 0

    def __post_init__(self) -> None:
        dialect = self.engine.dialect.name
        with self.engine.begin() as connection:
            columns = f"n {NUMBER[dialect]}, what TEXT, id TEXT, state TEXT, count INTEGER"
            connection.execute(text(f"CREATE TABLE counted ({columns})"))
            for table, counted in COUNTED.items():
                for event in ("INSERT", "UPDATE", *(("DELETE",) if table == "guesses" else ())):
                    for statement in _statements(dialect, table, event, counted):
                        connection.exec_driver_sql(statement)

    def check(self) -> Iterator[str]:
        """Yield what was ever set back."""
        query = text("SELECT n, what, id, state, count FROM counted WHERE n > :n ORDER BY n")
        with self.engine.connect() as connection:
            rows = connection.execute(query, {"n": self._read}).all()
        for row in rows:
            self._read = row.n
            before = self.last.get((row.what, row.id))
            self.last[row.what, row.id] = (row.state, row.count)
            if before and (why := _back(row.what, before, (row.state, row.count))):
                self.wrong.append(f"{row.what} {row.id}: {why}")
        yield from self.wrong


def _back(what: str, before: tuple[str, int], after: tuple[str, int]) -> str:
    """Say how a counter went back, "" where it did not."""
    if after[1] == GONE:
        return "it was forgotten"
    if what == "guesses":
        changed = before[0] not in OPEN and before != after
        return f"answered {before}, and then {after}" if changed else ""
    return f"{before[1]} tries, and then {after[1]}" if after[1] < before[1] else ""


def _statements(dialect: str, table: str, event: str, counted: tuple[str, str, str]) -> list[str]:
    row = "OLD" if event == "DELETE" else "NEW"
    one, two, count = counted[0], counted[1], str(GONE) if event == "DELETE" else counted[2].format(row)
    told = {"table": table, "event": event, "row": row}
    if dialect == "sqlite":
        return [SQLITE.format(one, two, count, **told)]
    return [FUNCTION.format(one, two, count, **told), TRIGGER.format(**told)]
