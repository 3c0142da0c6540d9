"""All that ever happened to the line and the agents, as the database itself noted it, and what must be true of it.

The notes are made by triggers, so no code of the desk has a part in them: whoever changes a row, in any process, is
seen.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Engine, text

FINAL: Final = frozenset({"done", "left", "failed"})
BUSY: Final = frozenset({"offered", "talking"})
LINE: Final = frozenset(
    {
        *(("", "waiting"), ("waiting", "offered"), ("waiting", "left"), ("offered", "waiting"), ("offered", "left")),
        *(("offered", "talking"), ("talking", "done"), ("talking", "left"), ("waiting", "talking")),
        # A call back that nobody answered is tried again, or given up.
        *(("talking", "waiting"), ("talking", "failed")),
        # A call back whose agent was lost amid it, which was told first by the end of the agent's call.
        ("done", "waiting"),
    }
)
IDLE: Final = ("offline", "away", "available")
AGENT: Final = frozenset(
    {
        *((one, other) for one in ("", *IDLE) for other in IDLE),
        *(("available", "ringing"), ("ringing", "available"), ("ringing", "away"), ("ringing", "talking")),
        *(("talking", "wrapping"), ("wrapping", "available"), ("available", "working"), ("working", "available")),
        # An agent whose call back nobody answered has nothing to wrap up, or missed it.
        *(("talking", "available"), ("talking", "away")),
    }
)
COLUMNS: Final = {"line": ("state", "agent", "offer"), "agents": ("state", "line", "line")}
SQLITE: Final = """
CREATE TRIGGER watch_{table}_{event} AFTER {event} ON {table} BEGIN
INSERT INTO watched (what, id, state, whom, offer) VALUES ('{table}', NEW.id, NEW.{0}, NEW.{1}, NEW.{2}); END
"""
FUNCTION: Final = """
CREATE FUNCTION watch_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
INSERT INTO watched (what, id, state, whom, offer) VALUES ('{table}', NEW.id, NEW.{0}, NEW.{1}, NEW.{2});
RETURN NEW; END $$
"""
TRIGGER: Final = "CREATE TRIGGER watch AFTER INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION watch_{table}()"
NUMBER: Final = {"sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT", "postgresql": "BIGSERIAL PRIMARY KEY"}


@dataclass(frozen=True, slots=True)
class Note:
    """A row as it became: a place with its agent and offer, or an agent with the place held."""

    what: str
    id: str
    state: str
    whom: str
    offer: str


@dataclass
class Ledger:
    """Reads the notes of a database, once each, and holds them against the rules."""

    engine: Engine
    places: dict[str, Note] = field(default_factory=dict)
    agents: dict[str, Note] = field(default_factory=dict)
    tally: Counter[str] = field(default_factory=Counter)
    _read: int = 0

    def __post_init__(self) -> None:
        dialect = self.engine.dialect.name
        with self.engine.begin() as connection:
            columns = f"n {NUMBER[dialect]}, what TEXT, id TEXT, state TEXT, whom TEXT, offer TEXT"
            connection.execute(text(f"CREATE TABLE watched ({columns})"))
            for table, watched in COLUMNS.items():
                for statement in _statements(dialect, table, watched):
                    connection.execute(text(statement))

    def check(self) -> list[Note]:
        """Hold what is new against the rules, and return it."""
        new = list(self._new())
        for note in new:
            if note.what == "line":
                self._place(note)
            else:
                self._agent(note)
        return new

    def _new(self) -> Iterator[Note]:
        query = text("SELECT * FROM watched WHERE n > :n ORDER BY n")
        with self.engine.connect() as connection:
            rows = connection.execute(query, {"n": self._read}).mappings().all()
        for row in rows:
            self._read = row["n"]
            yield Note(row["what"], row["id"], row["state"], row["whom"] or "", row["offer"] or "")

    def _place(self, note: Note) -> None:
        before = self.places.get(note.id)
        was = before.state if before else ""
        if was != note.state:
            assert (was, note.state) in LINE, f"place {note.id} went from {was} to {note.state}"
            self.tally[f"{was or 'new'} to {note.state}"] += 1
        elif before and note.state == "offered":
            assert before.whom == note.whom, f"place {note.id} was offered to {before.whom} and {note.whom} at once"
        self.places[note.id] = note
        if note.state in BUSY:
            others = [one.id for one in self.places.values() if one.state in BUSY and one.whom == note.whom]
            assert others == [note.id], f"{note.whom} has {others} at once"

    def _agent(self, note: Note) -> None:
        before = self.agents.get(note.id)
        was = before.state if before else ""
        if was != note.state:
            assert (was, note.state) in AGENT, f"agent {note.id} went from {was} to {note.state}"
        elif before and note.state in ("ringing", "talking"):
            assert before.whom == note.whom, f"agent {note.id} is {was} with {before.whom} and with {note.whom}"
        self.agents[note.id] = note


def _statements(dialect: str, table: str, columns: tuple[str, ...]) -> list[str]:
    if dialect == "sqlite":
        return [SQLITE.format(*columns, table=table, event=event) for event in ("INSERT", "UPDATE")]
    return [FUNCTION.format(*columns, table=table), TRIGGER.format(table=table)]
