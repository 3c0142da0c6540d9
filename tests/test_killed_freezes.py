"""`kill -9` amid freezes, and requests told twice: each wallet is held once, and none is lost once that was said."""

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from random import Random

from sqlalchemy import Engine, insert, select

from ivr.carrier.caller import Caller
from ivr.carrier.web import Pairs, Response, Send, http_sender
from ivr.parts import Parts
from ivr.wallets.demo import tables
from ivr.wallets.demo.file import opened
from tests.processes import carrier_of, parts_of, servers
from tests.test_killed_server import Mortal
from tests.world import NUMBER

FREEZES = int(os.environ.get("FREEZES", "10"))
SEED = int(os.environ.get("SEED", "11"))
AT_ONCE = 4
TRIES = 3  # Calls of one caller: so many codes are sent in an hour.
WAY = ("1", "{account}#", "135790")
SAID = "已经临时冻结"
DOUBLED = 0.3
Patience = tuple[float, float]


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


def doubling(inner: Send, chance: Random, tally: Counter[str]) -> Send:
    """Send some requests once more: at the same moment, or when the first was answered."""
    again = http_sender()

    def twice(url: str, form: Pairs | None, headers: Mapping[str, str], patience: Patience) -> None:
        with suppress(OSError):  # It may be killed in the middle, and nobody tells it a third time.
            again(url, form, headers, patience)

    def send(url: str, form: Pairs | None, headers: Mapping[str, str], patience: Patience) -> Response:
        luck = chance.random()
        if form is None or luck > DOUBLED:
            return inner(url, form, headers, patience)
        tally["doubled"] += 1
        if luck < DOUBLED / 2:
            with ThreadPoolExecutor(1) as pool:
                pool.submit(twice, url, form, headers, patience)
                return inner(url, form, headers, patience)
        answer = inner(url, form, headers, patience)
        twice(url, form, headers, patience)
        return answer

    return send


def freezes(mortal: Mortal, account: str, tally: Counter[str]) -> str:
    """Ring until the wallet is said to be frozen; return the call that heard it, "" where none did."""
    chance = Random(f"{SEED} {account}")
    for _ in range(TRIES):
        carrier = carrier_of(mortal.server, doubling(mortal.sender(), chance, tally))
        caller = Caller(carrier, f"+86136{account[2:]}", NUMBER)
        tally["calls"] += 1
        for keys in WAY:
            caller.press(keys.format(account=account))
        caller.listen()
        caller.hang_up()
        if any(SAID in heard.text for heard in caller.heard):
            return caller.leg.sid
    return ""


def held(engine: Engine, account: str) -> list[str]:
    """Return the numbers of an account's holds."""
    with engine.connect() as connection:
        return list(connection.scalars(select(tables.holds.c.number).where(tables.holds.c.account == account)))


def lost(parts: Parts, engine: Engine, said: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong with the holds of accounts, by the call that was told that the wallet is frozen."""
    for account, call in said.items():
        numbers = held(engine, account)
        if len(numbers) > 1 or (call and not numbers):
            yield f"{account} has the holds {numbers}, call {call!r}"
        stored = parts.journal.fresh(call) if call else None
        if stored and stored.call.facts.get("hold") != numbers[0]:
            yield f"{account} is held by {numbers}, but call {call} was told {stored.call.facts.get('hold')}"


def test_each_wallet_is_held_once_and_none_is_lost(database: str, tmp_path: Path) -> None:
    begun, tally = time.monotonic(), Counter[str]()
    with servers(tmp_path, database) as (server,), parts_of(server) as parts, ThreadPoolExecutor(AT_ONCE) as pool:
        engine, accounts = holders(server.project / "instance" / "wallet.db")
        mortal = Mortal(server, Random(SEED), max(2, FREEZES // 3))
        said = dict(zip(accounts, pool.map(lambda one: freezes(mortal, one, tally), accounts), strict=True))
        wrong = list(lost(parts, engine, said))
        engine.dispose()
    told = sum(1 for call in said.values() if call)
    counted = f"{told} of {FREEZES} said to be frozen, {len(mortal.deaths)} kills, {dict(tally)}"
    print(f"\nkilled freezes, seed {SEED}, {database.partition(':')[0]}: {counted}, {time.monotonic() - begun:.1f} s")
    assert wrong == []
    assert mortal.deaths
    assert told >= FREEZES * 0.8
