"""`kill -9` of server, jobs and PostgreSQL in turn under load, and nothing lost: `python -m tests.faults kill 50`."""

import argparse
from collections.abc import Sequence

from tests.faults.acts import kill_jobs, kill_postgresql, kill_server
from tests.faults.storm import Storm, told


def storm_of(kind: str, kills: int, seed: int, at_once: int = 60) -> Storm:
    """Return calls under so many kills of each."""
    turn = (kill_server, kill_jobs) if kind == "sqlite" else (kill_server, kill_jobs, kill_postgresql)
    return Storm(0, at_once, kind, seed, apart=(0.5, 1.5), plan=turn * kills, tidy=True)


def main(arguments: Sequence[str]) -> int:
    """Kill on each kind of database, print what came of it, and return 1 where something was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults kill", description=__doc__)
    parser.add_argument("kills", type=int, nargs="?", default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=60)
    parser.add_argument("--database", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    given = parser.parse_args(arguments)
    return told(storm_of(kind, given.kills, given.seed, given.at_once) for kind in given.database)
