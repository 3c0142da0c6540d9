"""`kill -9` amid freezes, and requests told twice: each wallet is held once, and none is lost once that was said."""

import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event, Thread

from sqlalchemy import Engine, insert, select

from ivr.carrier.caller import Caller
from ivr.flow import speech
from ivr.parts import Parts
from ivr.wallets.demo import tables
from ivr.wallets.demo.file import opened
from tests.faults.checks import LOOKING, bare, checked
from tests.faults.twice import Twice
from tests.processes import Server, carrier_of, parts_of, servers
from tests.test_killed_server import Mortal, survived
from tests.world import NUMBER

FREEZES = int(os.environ.get("FREEZES", "8"))
SEED = int(os.environ.get("SEED", "11"))
AT_ONCE = 4
TRIES = 3  # Calls of one caller: so many codes are sent in an hour.
WAY = ("1", "{account}#", "135790")
LANGUAGE = "zh-CN"
FROZEN = ("frozen", "already")
SAID = "已经临时冻结"
FAILED = "a turn failed"
TRAPS = 0.3  # Of the calls: the server is killed once the wallet has done something, before that is written down.
TRAP = '''

import os
from contextlib import suppress


def _trapped(self, lookup, request_id, answered=Demo.answer):
    """Answer, and where a trap is laid wait to be killed: what was asked is done, and nobody knows yet."""
    answer, trap = answered(self, lookup, request_id), self._file.with_name(f"trap-{os.environ['PORT']}")
    if lookup.question in ("check_code", "freeze"):
        with suppress(FileNotFoundError):
            trap.rename(trap.with_suffix(".sprung"))
            sleep(4)
    return answer


Demo.answer = _trapped
'''


def trapped(project: Path) -> None:
    """Have the demo wallet of a copy of the project wait to be killed, where a trap is laid."""
    with (project / "ivr" / "wallets" / "demo" / "__init__.py").open("a") as module:
        module.write(TRAP)


@dataclass
class Traps:
    """Kills a server that waits in a trap, as soon as no request waits to be retried."""

    mortal: Mortal
    server: Server
    kills: int = 0
    _over: Event = field(default_factory=Event)

    @property
    def trap(self) -> Path:
        """The file that is the trap."""
        return self.server.project / "instance" / f"trap-{self.server.port}"

    def watch(self) -> None:
        """Kill whenever a trap is sprung, until all is over."""
        sprung = self.trap.with_suffix(".sprung")
        while not self._over.wait(0.005):
            if sprung.exists() and self.mortal.strike():
                self.kills += 1
                sprung.unlink()

    def __enter__(self) -> "Traps":
        self.thread = Thread(target=self.watch)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.thread.join()
        self.mortal.settle()


def holders(file: Path) -> tuple[Engine, list[str]]:
    """Return the demo wallet's file with as many more accounts as there are freezes, and their numbers."""
    engine = opened(file)
    numbers = [f"77{one:08}" for one in range(FREEZES)]
    with engine.begin() as connection:
        first = connection.execute(select(tables.accounts)).mappings().first()
        assert first
        new = [{**first, "number": one, "phone": f"+86137{one[2:]}"} for one in numbers]
        connection.execute(insert(tables.accounts), new)
    return engine, numbers


@dataclass
class Freezes:
    """Callers who freeze their wallets, at servers the first of which dies again and again."""

    running: Sequence[Server]
    parts: Parts
    traps: Traps
    engine: Engine
    tally: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def frozen(self, account: str) -> bool:
        """Ring until the wallet is said to be frozen, and check all that was said; tell whether it was."""
        chance = Random(f"{SEED} {account}")
        for calls in range(1, TRIES + 1):
            if chance.random() < TRAPS:
                self.traps.trap.touch()
            caller, twice = self._call(account, chance)
            self.wrong += twice.unlike()
            self.tally.update(twice.tally)
            if self._checked(account, caller):
                self.wrong += self._done_once(account, calls)
                return True
        return False

    def _call(self, account: str, chance: Random) -> tuple[Caller, Twice]:
        looking = self.parts.flow.words[LANGUAGE][LOOKING]
        ports = [server.port for server in self.running]
        twice = Twice(self.traps.mortal.sender(), chance, looking, ports)
        carrier = carrier_of(self.running[0], twice)
        # It keeps sounds: whoever was led elsewhere hears them.
        carrier.sounds[f"{self.running[0].environment['PUBLIC_URL']}/audio/music/hold.wav"] = 24.0
        caller = Caller(carrier, f"+86136{account[2:]}", NUMBER)
        for keys in WAY:
            caller.press(keys.format(account=account))
        caller.listen()
        caller.hang_up()
        return caller, twice

    def _checked(self, account: str, caller: Caller) -> bool:
        """Check one call that is over; tell whether its caller heard that the wallet is frozen."""
        why = f"seed {SEED}, account {account}, {caller.leg.sid}"
        codes = set(caller.carrier.log.codes)
        self.tally.update(calls=1, lifeboat=bool(codes))
        if codes:
            survived(self.parts, caller, why)
        else:
            checked(self.parts, caller.carrier, caller)
        heard = "".join(said.text for said in caller.heard if SAID in said.text)
        if heard:
            self.wrong += self._wrong(account, caller, bare(heard))
        return bool(heard)

    def _done_once(self, account: str, calls: int) -> Iterator[str]:
        """Yield where the wallet was asked to freeze more often than there were calls: each asks under one name."""
        with self.engine.connect() as connection:
            found = connection.scalars(select(tables.done.c.facts).where(tables.done.c.outcome.in_(FROZEN)))
            acts = sum(json.loads(facts)["hold"] in held(self.engine, account) for facts in found)
        if acts > calls:
            yield f"{account} was frozen {acts} times in {calls} calls"

    def _wrong(self, account: str, caller: Caller, heard: str) -> Iterator[str]:
        """Yield where the wallet, the journal and the caller's ear have not the same number."""
        stored, numbers = self.parts.journal.fresh(caller.leg.sid), held(self.engine, account)
        known = stored.call.facts.get("hold", "") if stored else ""
        if numbers != [known] or bare(speech.voice_of(LANGUAGE).digits(known)) not in heard:
            yield f"{account} is held by {numbers}, call {caller.leg.sid} has {known!r} and was told {heard}"


def held(engine: Engine, account: str) -> list[str]:
    """Return the numbers of an account's holds."""
    with engine.connect() as connection:
        return list(connection.scalars(select(tables.holds.c.number).where(tables.holds.c.account == account)))


def test_each_wallet_is_held_once_and_none_is_lost(database: str, tmp_path: Path) -> None:
    begun, count = time.monotonic(), 2 if database.startswith("postgres") else 1
    with servers(tmp_path, database, count, change=trapped) as running, parts_of(running[0]) as parts:
        engine, accounts = holders(running[0].project / "instance" / "wallet.db")
        mortal = Mortal(running[0], Random(SEED), max(1, FREEZES // 4))
        with Traps(mortal, running[0]) as traps, ThreadPoolExecutor(AT_ONCE) as pool:
            freezes = Freezes(running, parts, traps, engine)
            told = sum(pool.map(freezes.frozen, accounts))
        holds = Counter(len(held(engine, account)) for account in accounts)
        engine.dispose()
        failed = [line for server in running for line in server.log.read_text("utf-8").splitlines() if FAILED in line]
    counted = f"{told} of {FREEZES} said to be frozen, holds {dict(holds)}, {len(mortal.deaths)} kills"
    seconds = f"{time.monotonic() - begun:.1f} s"
    also = f"{traps.kills} of them between the wallet and the journal, {dict(freezes.tally)}, {seconds}"
    print(f"\nkilled freezes, seed {SEED}, {database.partition(':')[0]}, {count} servers: {counted}, {also}")
    assert freezes.wrong == [], failed
    assert holds == {1: FREEZES}
    assert traps.kills
    assert len(mortal.deaths) > traps.kills
    assert told == FREEZES
