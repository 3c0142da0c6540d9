"""Fills databases with simulated days: SQLite first, in big transactions, and PostgreSQL with the same rows by COPY."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import psycopg
from sqlalchemy import Engine, make_url

from ivr.flow.flow import Flow
from ivr.store.crypto import Cipher
from ivr.store.engine import connect, upgrade
from tests.bench.days import A_DAY, AGENTS, TABLES, Arrivals, Made, Pool, arrivals, callers, pool, rows
from tests.desks import SKILLS

SECRET: Final = "a secret of the bench"
FAST: Final = ("journal_mode=OFF", "synchronous=OFF", "cache_size=-2000000", "foreign_keys=OFF")
WHOLE: Final = 5  # Of so many calls, the last one's turns are kept.
VERSION_DAYS: Final = 250
Say = Callable[[str], object]
_made: list[Any] = []  # What a worker makes days of, from its fork on.


@dataclass(frozen=True, slots=True)
class Plan:
    """How many calls, about how many a day, on days before this one, by which seed; `ways` are so many ways to go."""

    count: int
    until: date
    seed: int = 1
    a_day: int = A_DAY
    ways: int = 2_000

    @property
    def name(self) -> str:
        """What a file of it is called."""
        return f"{self.count}-{self.a_day}-{self.seed}-{self.ways}"


def fill(file: Path, plan: Plan, flow: Flow, say: Say = print) -> None:
    """Fill a new SQLite file, which must already have our tables, with all that the product keeps of these calls."""
    known, days = (
        pool(flow, Cipher([SECRET]), plan.seed, plan.ways),
        arrivals(plan.count, plan.until, plan.seed, plan.a_day),
    )
    begun = time.perf_counter()
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        for pragma in FAST:
            database.execute(f"PRAGMA {pragma}")
        indexes = _indexes(database)
        for name, _ in indexes:
            database.execute(f"DROP INDEX {name}")
        for done, made in enumerate(_days(known, days, plan), 1):
            write(database, made)
            if done % 100 == 0:
                say(f"  {done} of {len(days)} days after {time.perf_counter() - begun:.0f} s")
        for _, text in indexes:
            database.execute(text)
        say(f"  {sum(len(day.at) for day in days)} calls, indexes and all, after {time.perf_counter() - begun:.0f} s")
        database.execute("ANALYZE")
        database.execute("PRAGMA journal_mode=WAL")


def _days(known: Pool, days: Sequence[Arrivals], plan: Plan) -> Iterator[Made]:
    whole = len(days) - max(1, len(days) // WHOLE)
    _made[:] = [known, days, callers(days), plan.seed, whole]
    if len(days) < 20:
        yield from map(_day, range(len(days)))
        return
    with ProcessPoolExecutor(2, get_context("fork")) as workers:
        coming, waiting = iter(range(len(days))), list[Any]()
        waiting += [workers.submit(_day, one) for one in islice(coming, 4)]  # No more are made than can be written.
        while waiting:
            yield waiting.pop(0).result()
            waiting += [workers.submit(_day, one) for one in islice(coming, 1)]


def _day(number: int) -> Made:
    known, days, rang, seed, whole = _made
    return rows(known, days[number], rang, 1 + number // VERSION_DAYS, seed, number >= whole)


def _indexes(database: sqlite3.Connection) -> list[tuple[str, str]]:
    named = ", ".join(f"'{table.name}'" for table in TABLES)
    query = f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({named})"
    return database.execute(query).fetchall()


def write(database: sqlite3.Connection, made: Made) -> None:
    """Write these rows, in one transaction."""
    database.execute("BEGIN")
    for table in TABLES:
        if found := made.rows.get(table.name):
            columns = [one.name for one in table.c]
            names, places = ", ".join(f'"{one}"' for one in columns), ", ".join("?" * len(columns))
            database.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({places})", found)
    database.execute("COMMIT")


@contextmanager
def upgraded(url: str) -> Iterator[Engine]:
    """Give an engine for a database, brought to our tables."""
    engine = connect(url, Cipher([SECRET]))
    upgrade(engine)
    try:
        yield engine
    finally:
        engine.dispose()


def enrol(file: Path) -> None:
    """Have the agents there."""
    skills = json.dumps(sorted(SKILLS))
    row = "INSERT OR IGNORE INTO agents (id, phone, skills, state, reason, since, misses) VALUES (?, ?, ?, ?, '', ?, 0)"
    with closing(sqlite3.connect(file)) as database:
        since = "2026-01-01 00:00:00.000000"
        database.executemany(row, [(one, f"client:{one}", skills, "offline", since) for one in AGENTS])
        database.commit()


def copied(file: Path, url: str, say: Say = print) -> None:
    """Copy all of a SQLite file's calls into an empty PostgreSQL that has our tables."""
    begun = time.perf_counter()
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(sqlite3.connect(file)) as source, psycopg.connect(plain, autocommit=True) as target:
        for setting in ("synchronous_commit = off", "maintenance_work_mem = '1GB'", "timezone = 'UTC'"):
            target.execute(f"SET {setting}")  # type: ignore[call-overload]
        names = [table.name for table in TABLES] + ["agents", "tallies"]
        later = _bare(target, names)
        for name in names:
            _copy(source, target, name)
            say(f"  {name} after {time.perf_counter() - begun:.0f} s")
        for text in later:
            target.execute(text)  # type: ignore[call-overload]
        say(f"  indexes after {time.perf_counter() - begun:.0f} s")
        target.execute("VACUUM ANALYZE")
        say(f"  cleaned and analysed after {time.perf_counter() - begun:.0f} s")


def _bare(target: "psycopg.Connection[Any]", names: Sequence[str]) -> list[str]:
    """Take keys and indexes from these tables; return the statements that make them again."""
    asked = (list(names),)
    keys = """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), contype FROM pg_constraint
        WHERE conrelid::regclass::text = ANY(%s) AND contype IN ('p', 'u', 'f') ORDER BY contype = 'f' DESC"""
    found = target.execute(keys, asked).fetchall()
    for table, name, *_ in found:
        target.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")  # type: ignore[call-overload]
    rest = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s)"
    indexes = target.execute(rest, asked).fetchall()
    for name, _ in indexes:
        target.execute(f"DROP INDEX {name}")  # type: ignore[call-overload]
    made = [f"ALTER TABLE {table} ADD CONSTRAINT {name} {text}" for table, name, text, _ in reversed(found)]
    return [text for _, text in indexes] + made


def _copy(source: sqlite3.Connection, target: "psycopg.Connection[Any]", name: str) -> None:
    names = [f'"{row[1]}"' for row in source.execute(f"PRAGMA table_info({name})")]
    # SQLite puts each row together as COPY reads it, which is far quicker than to do it here.
    cells = " || char(9) || ".join(f"ifnull(replace({one}, '\\', '\\\\'), '\\N')" for one in names)
    found = source.execute(f"SELECT {cells} FROM {name}")
    with target.cursor() as cursor, cursor.copy(f"COPY {name} ({', '.join(names)}) FROM STDIN") as copy:  # type: ignore[call-overload]
        while part := found.fetchmany(2_000):
            copy.write("".join([f"{row[0]}\n" for row in part]))
