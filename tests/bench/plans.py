"""What the database does for a page: each statement that the page really runs, explained on the same data."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, event

BIG: Final = ("facts", "stays", "marks", "line", "calls", "turns", "wrapups")


@dataclass(frozen=True, slots=True)
class Ran:
    """A statement as the driver got it."""

    text: str
    given: Any


@contextmanager
def noted(engine: Engine) -> Iterator[list[Ran]]:
    """Give a list of what runs meanwhile."""
    ran = list[Ran]()

    def note(_: object, __: object, text: str, given: Any, *___: object) -> None:
        ran.append(Ran(text, given))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield ran
    finally:
        event.remove(engine, "before_cursor_execute", note)


def scans(connection: Connection, ran: Ran) -> list[str]:
    """Return which big tables the database would read from one end to the other for it."""
    if not re.match(r"\s*(SELECT|WITH|INSERT|UPDATE|DELETE)", ran.text) or isinstance(ran.given, list):
        return []
    if connection.dialect.name == "postgresql":
        (plan,) = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {ran.text}", ran.given).scalars().all()
        found = plan if isinstance(plan, list) else json.loads(plan)
        return [name for one in found for name in _read(one["Plan"]) if name in BIG]
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {ran.text}", ran.given).all()
    return [name for row in rows if (name := _scanned(row[3], ran.text)) in BIG]


def _read(plan: Mapping[str, Any]) -> Iterator[str]:
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from _read(part)


def _scanned(told: str, text: str) -> str:
    """Return the table that a line of SQLite's plan says is scanned without an index, "" for none."""
    found = re.match(r"SCAN (\w+)(?! USING)", told)
    if not found or "USING" in told:
        return ""
    named = re.search(rf"(\w+) AS {found[1]}\b", text)
    return named[1] if named else found[1]
