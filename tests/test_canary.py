"""The canary: whatever goes wrong, no marked PIN and no marked code is found anywhere after the calls."""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr
from io import StringIO
from pathlib import Path
from random import Random

import pytest

from ivr import breaker, teller
from ivr.carrier import verifications
from ivr.carrier.web import http_sender
from ivr.factory import utc_now
from ivr.parts import Parts
from ivr.store import crypto
from ivr.store.crypto import Cipher
from ivr.wallets import http
from ivr.wallets.demo import Demo, proof
from ivr.wallets.http.line import Limits
from tests.canary import Search, marks, processes, server_files, wal_now
from tests.canary_sinks import asked_urls, backup, carriers_log, commands, pages
from tests.faults.canary import FAULTS, NAMES, Callers, Faulty, holders, starred
from tests.faults.canary_servers import killed, left_behind, marked
from tests.faults.checks import LOOKING
from tests.faults.dead_wallet import forget
from tests.faults.twice import Twice
from tests.processes import parts_of, servers
from tests.test_killed_freezes import Traps
from tests.test_killed_server import Mortal
from tests.wallet_company import company
from tests.world import WALLET_SECRET, World, world

CALLS = int(os.environ.get("CANARY_CALLS", "10"))
FULL = 100  # From so many calls on, servers are killed on each kind of database.
SEED = int(os.environ.get("SEED", "17"))
KNOWN = ("8613800138000", "8800000001", "4001234567", "246810", "135790", "7700000001")


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the marks; the codes that are sent are among them, and everybody waits for less."""
    made = marks(Random(SEED), NAMES, KNOWN)
    for module in (verifications, proof):
        monkeypatch.setattr(module, "CODE", made["right code"])
    monkeypatch.setattr("ivr.carrier.rest_verify.CODE", made["right code"])
    monkeypatch.setattr(teller, "SOON", 0.2)
    monkeypatch.setattr(teller, "LINGERS", 0.1)
    monkeypatch.setattr("ivr.telephony.codes.FIRST_PAUSE", 0.01)
    monkeypatch.setattr("ivr.store.engine.LOCKED_SECONDS", 0.2)
    monkeypatch.setattr(breaker, "FAILURES", 10**9)  # Each question meets the wallet.
    made_http, limits = http.Http, Limits(connect=0.5, total=0.8, pause=0.01)
    monkeypatch.setattr(http, "Http", lambda url, secret, _: made_http(url, secret, utc_now, limits))
    return made


@contextmanager
def logged() -> Iterator[StringIO]:
    """Have everything logged that anybody logs, at DEBUG."""
    log, root = StringIO(), logging.getLogger()
    handler, before = logging.StreamHandler(log), root.level
    with redirect_stderr(log):
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        for name in ("twilio", "sqlalchemy"):
            logging.getLogger(name).setLevel(logging.DEBUG)
        try:
            yield log
        finally:
            root.removeHandler(handler)
            root.setLevel(before)
            for name in ("twilio", "sqlalchemy"):
                logging.getLogger(name).setLevel(logging.WARNING)


def searched(given: dict[str, str], parts: Parts) -> Search:
    """Return a search for the marks, that opens what this hotline sealed."""
    return Search(given | {"starred with star": starred(given["starred"])}, [crypto.of(parts.engine)])


@pytest.mark.parametrize(
    ("database", "wallet"),
    [("sqlite", "demo"), ("sqlite", "company"), ("postgresql", "demo")],
    indirect=["database"],
)
def test_no_secret_is_found_anywhere(
    given: dict[str, str], database: str, wallet: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, faulty = time.monotonic(), list[Faulty]()
    folder = tmp_path / "hotline"
    folder.mkdir()
    monkeypatch.setattr("ivr.errands.wallet", _faulty(faulty))
    with ExitStack() as stack:
        log = stack.enter_context(logged())
        at = ""
        if wallet == "company":
            holders(tmp_path / "wallet.db", given["right pin"])
            made = Demo(tmp_path, utc_now, WALLET_SECRET)
            served = stack.enter_context(company(made, WALLET_SECRET))
            at = served.url
        here = stack.enter_context(world(folder, database=database, company=at))
        holders(folder / "wallet.db", given["right pin"])
        search, since = searched(given, here.parts), wal_now(here.parts.engine)
        asked_urls(here, lambda line: search.look("request", line[:80], line))
        callers = Callers(here, given, faulty[0], search, served if at else None)
        calls = _ring(here, callers)
        if database.startswith("sqlite") and not at:
            pages(search, here, calls[: max(4, CALLS // 10)], CALLS)
            commands(search, here, tmp_path)
        backup(search, here.parts.engine, tmp_path / "backup.db")
        carriers_log(here, search, callers.keyed)
        search.tables(here.parts.engine)
        server_files(search, here.parts.engine, since)
        search.files("file", tmp_path)
        search.look("log", "at DEBUG", log.getvalue())
        _told(callers, f"{database.partition(':')[0]}, {wallet}, {time.monotonic() - begun:.1f} s")
    assert callers.tally["keyed"] >= CALLS // 2
    assert at or (callers.tally["spooled"] and set(FAULTS[:4]) - {""} <= set(faulty[0].met)), callers.tally


@pytest.mark.parametrize("database", ["sqlite", "postgresql"][CALLS < FULL :], indirect=True)
def test_no_secret_is_found_where_servers_were_killed(given: dict[str, str], database: str, tmp_path: Path) -> None:
    begun, calls = time.monotonic(), max(2, CALLS // 4)
    search = Search(given | {"starred with star": starred(given["starred"])}, [Cipher(["a secret of the tests"])])
    with (
        servers(tmp_path, database, change=lambda project: marked(project, given)) as running,
        parts_of(running[0]) as parts,
    ):
        since, mortal = wal_now(parts.engine), Mortal(running[0], Random(SEED), calls // 3)
        with Traps(mortal, running[0]) as traps:
            callers = killed(running, parts, traps, search, calls, SEED)
        assert running[0].process
        processes(search, running[0].process.pid)
        carriers_log(callers.here, search, callers.keyed)
        search.tables(parts.engine)
        server_files(search, parts.engine, since)
    left_behind(search, running[0])
    search.files("file", tmp_path / "recordings")
    for file in tmp_path.glob("ivr.db*"):
        search.look("file", file.name, file.read_bytes())
    _told(callers, f"{database.partition(':')[0]}, real servers, {time.monotonic() - begun:.1f} s")
    assert callers.tally["amid_checks"]


def _told(callers: Callers, which: str) -> None:
    """Print what was done and searched, and hold it against the promise."""
    search = callers.search
    print(f"\ncanary, seed {SEED}, {which}: {dict(callers.tally)}\n{search.total()}")
    assert not search.leaks, "\n".join(map(str, search.leaks[:20]))


def _faulty(made: list[Faulty]) -> object:
    from ivr import errands

    plain = errands.wallet

    def wallet(*given: object) -> Faulty:
        made.append(Faulty(plain(*given)))  # type: ignore[arg-type]
        return made[-1]

    return wallet


def _ring(here: World, callers: Callers) -> list[str]:
    """Make all calls, with some requests told twice; return their ids."""
    calls = list[str]()
    looking = here.parts.flow.words["zh-CN"][LOOKING]
    for number in range(CALLS):
        chance = Random(f"{SEED} {number}")
        forget(here.parts)
        here.carrier.send = Twice(http_sender(), chance, looking) if chance.random() < 0.5 else http_sender()
        calls.append(callers.call(number, chance))
    return calls
