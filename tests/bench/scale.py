"""Measure what a call costs in processor time, rows and bytes: `python -m tests.bench.scale`."""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
from sqlalchemy import Engine, create_engine, inspect, text

from tests.bench import servers
from tests.bench.calls import CALL, signed
from tests.bench.client import drive

CALLS: Final = 3000
CONNECTIONS: Final = 16
# Indexes are their table's; both are counted with all that is free in their pages.
SIZES: Final = {
    "sqlite": "SELECT m.tbl_name, SUM(s.pgsize) FROM dbstat s JOIN sqlite_master m ON m.name = s.name GROUP BY 1",
    "postgresql": "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r'"
    " AND relnamespace = 'public'::regnamespace",
}


@dataclass(frozen=True, slots=True)
class Cost:
    """What one call came to: microseconds of a server's processor and of PostgreSQL's, and rows and bytes by table."""

    turns: int
    busy: float
    database: float
    tables: dict[str, tuple[float, float]]

    def lines(self, name: str) -> Iterator[str]:
        """Yield the report."""
        rows, size = (sum(one[part] for one in self.tables.values()) for part in (0, 1))
        busy = f"{self.busy / 1000:.1f} ms of a server's processor, {self.database / 1000:.1f} of the database's"
        yield f"{name}: {self.turns} turns, {busy}, {rows:.1f} rows, {size:.0f} bytes"
        for table, (many, much) in sorted(self.tables.items(), key=lambda one: -one[1][1]):
            if many > 0.01 or much > 1:
                yield f"    {table}: {many:.2f} rows, {much:.0f} bytes"


def measure(kind: str, count: int) -> Cost:
    """Make so many calls on a new database of this kind; return what each of them came to."""
    with _database(kind) as url, servers.hotline(url) as served:
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        before, calls = _tables(engine), signed(served.port, count)
        busy, busy_too = served.busy(), _busy(engine)
        run = drive(served.port, calls, CONNECTIONS, 600.0)
        busy, busy_too = served.busy() - busy, _busy(engine) - busy_too
        if run.errors:
            raise RuntimeError(f"{run.errors} answers are wrong, as {run.examples[0]}")
        grown = {
            table: ((rows - before[table][0]) / count, (size - before[table][1]) / count)
            for table, (rows, size) in _tables(engine).items()
        }
        engine.dispose()
        return Cost(len(CALL), 1e6 * busy / count, 1e6 * busy_too / count, grown)


@contextmanager
def _database(kind: str) -> Iterator[str]:
    with servers.sqlite() if kind == "sqlite" else servers.postgresql() as url:
        yield url


def _busy(engine: Engine) -> float:
    """Return the seconds of processor that PostgreSQL has used; SQLite works in the server itself."""
    if engine.dialect.name == "sqlite":
        return 0.0
    with engine.connect() as connection:
        folder = connection.scalar(text("SELECT setting FROM pg_settings WHERE name = 'data_directory'"))
    first = psutil.Process(int(Path(str(folder), "postmaster.pid").read_text().split()[0]))
    times = [one.cpu_times() for one in (first, *first.children())]
    return sum(one.user + one.system for one in times)


def _tables(engine: Engine) -> dict[str, tuple[int, int]]:
    with engine.connect() as connection:
        sizes = {str(name): int(size) for name, size in connection.execute(text(SIZES[engine.dialect.name])).all()}
        names = inspect(connection).get_table_names()
        counted = {name: connection.scalar(text(f"SELECT COUNT(*) FROM {name}")) or 0 for name in names}
        return {name: (counted[name], sizes.get(name, 0)) for name in names}


def main() -> None:
    """Print it for both databases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=CALLS)
    given = parser.parse_args()
    os.sched_setaffinity(0, servers.OTHER)
    for kind in SIZES:
        for line in measure(kind, given.calls).lines(kind):
            print(line, flush=True)


if __name__ == "__main__":
    main()
