"""A backup taken while servers answer calls: restored, it is what the journal says, and lacks no call that was over."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from random import Random
from threading import Event

import pytest

from ivr.carrier.caller import Caller
from ivr.carrier.web import Pairs, Response, Send, http_sender
from ivr.factory import utc_now
from ivr.store.audit import Trail
from ivr.store.backup.opened import opened_backup
from tests.faults.restored import checked, parts_at
from tests.faults.wander import wander
from tests.processes import Server, always_open, awaited, carrier_of, parts_of, servers
from tests.stores import Postgres
from tests.world import NUMBER

BACKUPS = int(os.environ.get("BACKUPS", "1"))
SEED = int(os.environ.get("SEED", "7"))
AT_ONCE = 4
BETWEEN = 6  # Calls that end from one backup to the next, at least.
Patience = tuple[float, float]


class Load:
    """Callers who ring one after the other, at several servers that the carrier takes for one, until it is enough."""

    def __init__(self, running: list[Server]) -> None:
        self.running, self.enough = running, Event()
        self.ended: dict[str, datetime] = {}

    def calls(self, worker: int) -> int:
        """Make calls; return how many."""
        made = 0
        while not self.enough.is_set():
            made += 1
            chance = Random(f"seed {SEED}, call {worker}.{made}")
            caller = Caller(carrier_of(self.running[0], self._sender(chance)), f"+86137{worker:04}{made:04}", NUMBER)
            wander(caller, chance, self.enough.is_set)
            assert caller.carrier.log.codes == []
            self.ended[caller.leg.sid] = utc_now()
        return made

    def _sender(self, chance: Random) -> Send:
        inner, url = http_sender(), self.running[0].environment["PUBLIC_URL"]

        def send(asked: str, form: Pairs | None, headers: Mapping[str, str], patience: Patience) -> Response:
            to = f"http://127.0.0.1:{chance.choice(self.running).port}"
            return inner(asked.replace(url, to), form, headers, patience)

        return send

    def awaited(self, more: int) -> None:
        """Wait until so many more calls are over."""
        wanted = len(self.ended) + more
        awaited(lambda: len(self.ended) >= wanted, f"{more} more calls are over")


def flask(server: Server, database: str, *command: str) -> str:
    """Run a command of ours as somebody at a terminal does; return what it says."""
    given = {**os.environ, **server.environment, "DATABASE_URL": database, "PYTHONPATH": str(server.project)}
    words = [sys.executable, "-m", "flask", "--app", "app", *command]
    done = subprocess.run(words, cwd=server.project, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def fresh(request: pytest.FixtureRequest, kind: str, folder: Path, number: int) -> str:
    """Return the URL of a database without anything in it."""
    if kind == "sqlite":
        return f"sqlite:///{folder}/restored-{number}.db"
    server: Postgres = request.getfixturevalue("postgres")
    return server.fresh()


def test_a_backup_taken_amid_calls_is_what_the_journal_says(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    begun, kind, tally = time.monotonic(), database.partition(":")[0], Counter[str]()
    count = 1 if kind == "sqlite" else 2
    with (
        servers(tmp_path, database, count, change=always_open, patient=True) as running,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        load, server = Load(running), running[0]
        made = [pool.submit(load.calls, worker) for worker in range(AT_ONCE)]
        try:
            for number in range(BACKUPS):
                load.awaited(BETWEEN)
                flask(server, database, "backup", str(tmp_path / f"{number}.backup"))
        finally:
            load.enough.set()
        tally["made"] = sum(one.result() for one in made)
        for number in range(BACKUPS):
            file, into = tmp_path / f"{number}.backup", fresh(request, kind, tmp_path, number)
            assert "the audit log is whole" in flask(server, into, "restore", str(file))
            with opened_backup(file, [server.environment["SECRET_KEY"]]) as backup:
                moment = backup.manifest.moment
            with parts_of(server) as source, parts_at(server, into) as restored:
                found = checked(source, restored, load.ended, moment)
                audit = Trail(restored.engine, restored.settings.secrets, utc_now).check()
            assert not audit.wrong
            assert found["over before"] >= BETWEEN
            assert found["turns"] < found["at the source"]
            tally.update(found)
    print(f"\nbackups under load, seed {SEED}, {kind}: {BACKUPS}, {dict(tally)}, {time.monotonic() - begun:.1f} s")
