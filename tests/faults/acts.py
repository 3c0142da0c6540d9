"""What goes wrong with processes, databases and disks while calls run: one after the other, as chance says."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Final

from sqlalchemy import create_engine, make_url, text

from tests.faults.history import History
from tests.faults.machine import fill_disk, fill_postgresql, jump_clock, outage, replay
from tests.light.stage import Stage
from tests.processes import Server
from tests.test_published_amid_calls import publish

LOCKED: Final = (0.5, 4.0)  # Seconds that a database is away at a time: both sides of every patience of ours.
Act = Callable[["Director"], Awaitable[None]]


@dataclass
class Director:
    """Makes one thing after the other go wrong, with so many seconds between them."""

    stage: Stage
    history: History
    chance: Random
    apart: tuple[float, float] = (0.5, 3.0)
    published: int = 0
    over: bool = False
    burst: Callable[[], object] = bool  # Has everybody ring at once.

    async def run(self) -> None:
        """Go on until it is over; each act ends with all of it running again."""
        acts = [act for act in ACTS if self._fits(act)]
        while not self.over:
            await asyncio.sleep(self.chance.uniform(*self.apart))
            if not self.over:
                await self.chance.choice(acts)(self)

    async def follow(self, plan: Sequence[Act]) -> None:
        """Make these go wrong, one after the other, and be over then."""
        try:
            for act in plan:
                await asyncio.sleep(self.chance.uniform(*self.apart))
                await act(self)
        finally:
            self.over = True

    def _fits(self, act: Act) -> bool:
        postgresql = self.stage.postgresql is not None
        return {"postgresql": postgresql, "sqlite": not postgresql}.get(ONLY.get(act, ""), True)

    def met(self, row: int, what: str) -> None:
        """Note that something goes wrong."""
        self.history.met(row, what, act=True)

    async def restart(self, server: Server) -> None:
        """Start a server that was killed, and wait for it."""
        await self.stage.started(server)


async def kill_server(director: Director) -> None:
    """`kill -9` of a server, which whoever watches over it starts again."""
    server = director.chance.choice(director.stage.servers)
    director.met(9, f"kill -9 of the server on {server.port}")
    await asyncio.to_thread(server.kill)
    await asyncio.sleep(director.chance.uniform(0, 1))
    await director.restart(server)


async def kill_jobs(director: Director) -> None:
    """`kill -9` of the jobs."""
    director.met(9, "kill -9 of the jobs")
    await asyncio.to_thread(director.stage.jobs.kill)
    director.stage.jobs.start()


async def kill_postgresql(director: Director) -> None:
    """`kill -9` of all of PostgreSQL."""
    assert director.stage.postgresql
    director.met(6, "kill -9 of PostgreSQL")
    await asyncio.to_thread(director.stage.postgresql.kill)
    await asyncio.sleep(director.chance.uniform(0, 2))
    await asyncio.to_thread(director.stage.postgresql.restart)


async def stop_postgresql(director: Director) -> None:
    """PostgreSQL takes its time: every one of its processes stands still."""
    assert director.stage.postgresql
    director.met(7, "PostgreSQL stands still")
    director.stage.postgresql.pause(True)
    await asyncio.sleep(director.chance.uniform(*LOCKED))
    director.stage.postgresql.pause(False)


async def lock_postgresql(director: Director) -> None:
    """Somebody locks the journal's table."""
    director.met(7, "the journal is locked")
    seconds = director.chance.uniform(*LOCKED)

    def hold() -> None:
        engine = create_engine(make_url(director.stage.database).set(drivername="postgresql+psycopg"))
        with suppress(Exception), engine.begin() as connection:
            connection.execute(text("LOCK TABLE turns IN ACCESS EXCLUSIVE MODE"))
            connection.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": seconds})
        engine.dispose()

    await asyncio.to_thread(hold)


async def lock_sqlite(director: Director) -> None:
    """Another process holds SQLite's lock for writers."""
    director.met(7, "SQLite is locked by somebody else")
    file = director.stage.database.removeprefix("sqlite:///")
    connection = sqlite3.connect(file, isolation_level=None, timeout=0.1)
    with suppress(sqlite3.OperationalError):
        connection.execute("BEGIN IMMEDIATE")
    await asyncio.sleep(director.chance.uniform(*LOCKED))
    connection.close()


async def publish_menus(director: Director) -> None:
    """Somebody publishes other menus."""
    director.met(11, "menus are published")
    director.published += 1
    with suppress(Exception):
        await asyncio.to_thread(publish, director.stage.parts, director.published)


ACTS: Final[tuple[Act, ...]] = (
    kill_server,
    kill_jobs,
    kill_postgresql,
    stop_postgresql,
    lock_postgresql,
    lock_sqlite,
    publish_menus,
    fill_disk,
    fill_postgresql,
    jump_clock,
    outage,
    replay,
    replay,
)
ONLY: Final = {
    kill_postgresql: "postgresql",
    stop_postgresql: "postgresql",
    lock_postgresql: "postgresql",
    fill_postgresql: "postgresql",
    lock_sqlite: "sqlite",
}
