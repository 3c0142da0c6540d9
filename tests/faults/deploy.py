"""A new version with a migration in the middle of calls, which nobody notices: `python -m tests.faults deploy`.

The new version is started beside the old one, and told to the balancer once it answers; the old one is then told to
end, and ends what it has in hand. In between one more of the old version starts, which must still serve.
On PostgreSQL that is done with one server after the other.
"""

import argparse
import asyncio
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import requests
from sqlalchemy import inspect

from tests.faults.acts import Act, Director
from tests.faults.history import kind_of
from tests.faults.invariants import CALLBACKS
from tests.faults.storm import Outcome, Storm, run, to_the_end
from tests.light.company import Asked
from tests.light.proxy import Backend
from tests.light.stage import Stage
from tests.processes import Server
from tests.world import free_port

SLOWEST: Final = 5.0
APOLOGY: Final = "系统出了点问题"
ARRIVE: Final = 60.0  # Seconds of callers' time in which they ring: people are not all at the same words at once.
ENDS: Final = 60.0  # Seconds within which the old version must have ended.
MIGRATION: Final = '''"""A column more."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it, nullable, as the release before goes on writing."""
    op.add_column("calls", sa.Column("of_tomorrow", sa.String(16), nullable=True))
    op.create_index("ix_calls_of_tomorrow", "calls", ["of_tomorrow"])
'''


def newer(stage: Stage) -> Path:
    """Return a copy of the program with one more migration, which shares all that is kept with the old one."""
    copy = stage.project.with_name("newer")
    shutil.copytree(stage.project, copy, ignore=shutil.ignore_patterns("instance", "messages", "calls", "*.log"))
    (copy / "instance").symlink_to(stage.project / "instance")
    for name in ("messages", "calls"):
        (stage.project / "recordings" / name).mkdir(exist_ok=True)
        (copy / "recordings" / name).symlink_to(stage.project / "recordings" / name)
    versions = copy / "ivr" / "store" / "migrations" / "versions"
    head = max(file.stem.split("_")[0] for file in versions.glob("[0-9]*.py"))
    (versions / "9999_of_tomorrow.py").write_text(MIGRATION.format(head=head), "utf-8")
    return copy


async def deploy(director: Director) -> None:
    """Replace every server, and the jobs, by those of the new version."""
    director.met(10, "a new version is deployed, with a migration")
    stage = director.stage
    copy = await asyncio.to_thread(newer, stage)
    for number, old in enumerate(list(stage.servers)):
        new = Server(copy, free_port(), old.environment)
        stage.servers.append(new)
        await stage.started(new)
        if not number:
            await begun_again(old, stage)
        before, stage.proxy.backends[number] = stage.proxy.backends[number], Backend(new.port)
        await ended(old)
        before.client.close()
        stage.servers.remove(old)
    stage.jobs.kill()
    stage.jobs.project = copy
    stage.jobs.start()
    assert "of_tomorrow" in {column["name"] for column in inspect(stage.parts.engine).get_columns("calls")}


async def begun_again(old: Server, stage: Stage) -> None:
    """Have the old version start once more, and serve, on the new one's tables: it may have to, or be gone back to."""
    again = Server(old.project, free_port(), old.environment)
    await stage.started(again)
    told = await asyncio.to_thread(requests.get, f"http://127.0.0.1:{again.port}/readyz", timeout=60)
    assert told.ok, told.text
    await ended(again)


async def ended(server: Server) -> None:
    """Tell a server to end, and wait until it has; raise AssertionError where it does not."""
    assert server.process
    server.process.send_signal(signal.SIGTERM)
    until = asyncio.get_running_loop().time() + ENDS
    while server.process.poll() is None:
        assert asyncio.get_running_loop().time() < until, f"the old server does not end: {server.log.read_text()}"
        await asyncio.sleep(0.05)


def wait(seconds: float) -> Act:
    """Return what lets calls get under way, or go on."""
    return lambda _: asyncio.sleep(seconds)


def noticed(outcome: Outcome) -> list[str]:
    """Return what a caller, or the carrier, can have noticed."""
    asked = [one for told in outcome.history.asked.values() for one in told]
    bad = [one for one in asked if one.failure or (one.status >= 400 and not _told_again(one))]
    found = [f"{one.path}: {one.failure or one.status}" for one in bad]
    found += [f"{one.path} took {one.seconds:.1f} s" for one in asked if one.seconds > SLOWEST]
    return found + [f"{one.path} apologised" for one in asked if APOLOGY.encode() in one.body]


def _told_again(one: Asked) -> bool:
    """Say whether it is a callback that was asked for once more, as callers went first: none of them notices."""
    return one.status == 503 and kind_of(one.path.partition("?")[0]) in CALLBACKS


def storm_of(kind: str, at_once: int, speed: float, servers: int = 3) -> Storm:
    """Return calls amid which there is a deployment."""
    begin = ARRIVE / speed
    return Storm(
        0,
        at_once,
        kind,
        1,
        agents=30,
        apart=(0.0, 0.1),
        servers=servers,
        plan=(wait(begin + 2.0), deploy, wait(2.0)),
        tidy=True,
        speed=speed,
        begin=begin,
    )


def main(arguments: Sequence[str]) -> int:
    """Deploy on each kind of database, print what came of it, and return 1 where anybody noticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults deploy", description=__doc__)
    parser.add_argument("--calls", type=int, default=500, help="under way at once")
    parser.add_argument("--speed", type=float, default=4.0, help="how fast human time goes")
    parser.add_argument("--database", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    given = parser.parse_args(arguments)
    wrong = 0
    for kind in given.database:
        outcome = to_the_end(run(storm_of(kind, given.calls, given.speed)))
        seen = noticed(outcome)
        asked = [one for told in outcome.history.asked.values() for one in told]
        slowest = max(one.seconds for one in asked)
        print(*outcome.report(), *seen[:20], sep="\n")
        print(f"deployed amid {given.calls} calls on {kind}: {len(seen)} noticed, the slowest turn {slowest:.2f} s")
        wrong += len(seen) + len(outcome.violations)
    return 1 if wrong else 0
