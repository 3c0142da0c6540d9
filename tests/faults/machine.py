"""What goes wrong with the machines under it all: disks are full, clocks jump, all servers are gone at once."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import psutil

from tests.faults.hurry import put_wrong, wrong

if TYPE_CHECKING:
    from tests.faults.acts import Director

FULL: Final = (0.5, 4.0)  # Seconds.
JUMPS: Final = (5.0, 25.0)  # Seconds at once, forth or back.
FARTHEST: Final = 40.0
DOWN: Final = (1.0, 5.0)
REPLAYED: Final = 6


async def fill_disk(director: Director) -> None:
    """No process of ours can write another byte to any file for a while, not even to its log."""
    director.met(8, "no file takes another byte")
    stage = director.stage
    with _full([*(server.process for server in stage.servers), stage.jobs.process]):
        await asyncio.sleep(director.chance.uniform(*FULL))


async def fill_postgresql(director: Director) -> None:
    """PostgreSQL's disk is full: as even its log takes nothing it gives up, and is started again once there is room."""
    postgresql = director.stage.postgresql
    assert postgresql
    director.met(8, "PostgreSQL's disk takes not another byte")
    await asyncio.to_thread(_let, postgresql.processes, "0")
    await asyncio.sleep(director.chance.uniform(*FULL))
    await asyncio.to_thread(_let, postgresql.processes, "unlimited")
    await asyncio.to_thread(postgresql.kill)  # What is left of it: most often nothing.
    await asyncio.to_thread(postgresql.restart)


def _let(processes: Sequence[psutil.Process], most: str) -> None:
    """Let these write files of so many bytes, by their own user, who need not be ours."""
    for process in processes:
        with suppress(psutil.NoSuchProcess, subprocess.CalledProcessError):  # It may be over by now.
            user, group = process.uids().real, process.gids().real
            command = ["prlimit", f"--pid={process.pid}", f"--fsize={most}:unlimited"]
            subprocess.run(command, user=user, group=group, check=True, stderr=subprocess.DEVNULL)


@contextmanager
def _full(started: Sequence[subprocess.Popen[bytes] | None]) -> Iterator[None]:
    ids = [one.pid for one in started if one is not None]
    _limit(ids, 0)
    try:
        yield
    finally:
        _limit(ids, psutil.RLIM_INFINITY)


def _limit(ids: list[int], most: int) -> None:
    """Let these processes, and those that they made, write files of so many bytes at most."""
    for number in ids:
        with suppress(psutil.NoSuchProcess):
            first = psutil.Process(number)
            for process in (first, *first.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    process.rlimit(psutil.RLIMIT_FSIZE, (most, psutil.RLIM_INFINITY))


async def jump_clock(director: Director) -> None:
    """The clock of all machines jumps, forth or back, and stays there."""
    project = director.stage.project
    jump = director.chance.choice((1, -1)) * director.chance.uniform(*JUMPS)
    jump = -jump if abs(wrong(project) + jump) > FARTHEST else jump
    director.met(13, f"the clock jumps {'forth' if jump > 0 else 'back'}")
    put_wrong(project, wrong(project) + jump)


async def outage(director: Director) -> None:
    """All servers are gone for some seconds; when they are there again everybody rings at once."""
    director.met(22, "all servers are down, then everybody calls at once")
    for server in director.stage.servers:
        await asyncio.to_thread(server.kill)
    await asyncio.sleep(director.chance.uniform(*DOWN))
    director.burst()
    await director.stage.started(*director.stage.servers)


async def replay(director: Director) -> None:
    """Somebody sends again what was signed long ago."""
    kept = director.history.signed
    for asked in director.chance.sample(kept, min(REPLAYED, len(kept))):
        director.history.met(5, "an old signed request is sent again", director.history.call_of(asked))
        director.stage.proxy.again(asked)
