"""Attack the wallet by guessing, and see whether owners still get in: `python -m tests.bench.guessing`.

For a simulated hour strangers with many numbers, some withheld and some forged to be the very phone that they key, try
PINs and codes on many accounts. A fake wallet behind the guard counts what reaches it; in the last third, owners come.
At last whole calls show whether the time of an answer tells which accounts there are (`tests/bench/unknown.py`).
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

from sqlalchemy import Engine

from ivr.store.crypto import Cipher
from ivr.store.engine import connect, upgrade
from ivr.store.guard import LIMITS, WITHHELD_TIMES, Guard
from tests.bench import unknown
from tests.bench.servers import postgresql

SECRET: Final = "a secret of the bench"
BEGIN: Final = datetime(2026, 11, 23, 2, tzinfo=UTC)
TRIES, CALLERS, ACCOUNTS = 10_000, 1500, 2000
HOUR_SECONDS: Final = 3600
MIX: Final = {"check_pin": 65, "check_code": 15, "send_code": 20}
WITHHELD: Final = "anonymous"
# How owners come: whether the number has proven the account before, is the registered phone, and strangers try it, too.
KINDS: Final = {
    "known, quiet": (True, True, False),
    "known, attacked": (True, True, True),
    "new, quiet, from the registered phone": (False, True, False),
    "new, quiet, from another phone": (False, False, False),
    "new, attacked, from the registered phone": (False, True, True),
    "new, attacked, from another phone": (False, False, True),
}
MANY: Final = {name: 10 if name.startswith("known") else 5 for name in KINDS}


@dataclass
class Wallet:
    """Answers whoever is let through to it, and counts what it was asked."""

    pins: dict[str, str]
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def answer(self, question: str, who: str, caller: str, key: str) -> str:
        """Return an outcome; no guess at a code is right."""
        self.asked.append((question, who, caller))
        if question == "send_code":
            return "sent"
        return "right" if question == "check_pin" and key == self.pins[who] else "wrong"


@dataclass
class Owner:
    """An owner of an account: how they come, what they key, from where they ring, and when."""

    kind: str
    who: str
    caller: str
    at: int


@dataclass
class Group:
    """How many owners of a kind came, and got in by PIN and by code."""

    name: str
    tried: int = 0
    pin: int = 0
    code: int = 0
    either: int = 0


@dataclass
class Found:
    """What the attack came to; `limits` are (what, the most that reached the wallet, the limit)."""

    tries: int
    refused: int
    tested: int
    opened: int
    limits: list[tuple[str, int, int]]
    owners: list[Group]
    milliseconds: list[float]

    @property
    def beyond(self) -> list[str]:
        """The limits that were not kept."""
        return [what for what, most, limit in self.limits if most > limit]


def attacked(engine: Engine, tries: int, callers: int, accounts: int, seed: int) -> Found:
    """Have strangers try so often, and owners come amid it; the database is at this release's tables, and empty."""
    return _Attack(engine, callers, accounts, seed).run(tries)


class _Attack:
    def __init__(self, engine: Engine, callers: int, accounts: int, seed: int) -> None:
        self.chance, self.at = Random(seed), BEGIN
        self.guard = Guard(engine, Cipher([SECRET]), lambda: self.at)
        self.owners = list(self._made_owners())
        self.callers = [f"+86139{number:08d}" for number in range(callers)]
        self.victims = [f"137{number:08d}" for number in range(accounts)]
        self.prized = [owner.who for owner in self.owners if KINDS[owner.kind][2]]
        everybody = [*self.victims, *(owner.who for owner in self.owners)]
        self.wallet = Wallet({who: f"{self.chance.randrange(10**6):06d}" for who in everybody})
        self.milliseconds: list[float] = []
        self.number = 0

    def _made_owners(self) -> Iterator[Owner]:
        for place, (kind, many) in enumerate(MANY.items()):
            for number in range(many):
                who, other = f"138{place:04d}{number:04d}", f"+86136{place:04d}{number:04d}"
                caller = f"+86{who}" if KINDS[kind][1] else other
                yield Owner(kind, who, caller, self.chance.randrange(HOUR_SECONDS * 2 // 3, HOUR_SECONDS))

    def run(self, tries: int) -> Found:
        self.at = BEGIN - timedelta(days=3)
        for owner in self.owners:
            if KINDS[owner.kind][0]:
                self.asked("check_pin", owner.who, owner.caller, "right")
        groups = {name: Group(name) for name in KINDS}
        moments = [(self.chance.randrange(HOUR_SECONDS), None) for _ in range(tries)]
        refused = opened = 0
        self.milliseconds.clear()
        for second, owner in sorted([*moments, *((one.at, one) for one in self.owners)], key=lambda pair: pair[0]):
            self.at = BEGIN + timedelta(seconds=second)
            if owner:
                self.come(owner, groups[owner.kind])
                continue
            outcome = self.guessed()
            refused, opened = refused + (outcome == ""), opened + (outcome == "right")
        tested = sum(question == "check_pin" for question, _, _ in self.wallet.asked)
        return Found(tries, refused, tested, opened, list(self.limits()), list(groups.values()), self.milliseconds)

    def asked(self, question: str, who: str, caller: str, outcome: str = "", key: str = "") -> str:
        """Try; return what the wallet said, or "" where it was not asked. With an outcome it is not counted here."""
        self.number += 1
        request_id, begun = f"CA{self.number}", time.perf_counter()
        allowed = self.guard.allowed(question, who, caller, request_id)
        self.milliseconds.append(1000 * (time.perf_counter() - begun))
        if not allowed:
            return ""
        said = outcome or self.wallet.answer(question, who, caller, key)
        self.guard.told(request_id, said)
        return said

    def guessed(self) -> str:
        """Have a stranger try something on somebody."""
        who = self.chance.choice(self.prized if self.chance.random() < 0.05 else self.victims)
        luck = self.chance.random()
        caller = WITHHELD if luck < 0.05 else f"+86{who}" if luck < 0.15 else self.chance.choice(self.callers)
        if who in self.prized and caller == f"+86{who}":
            caller = WITHHELD  # Who can forge an owner's number uses up its allowance, as the README says.
        question = self.chance.choices(list(MIX), list(MIX.values()))[0]
        return self.asked(question, who, caller, key=f"{self.chance.randrange(10**6):06d}")

    def come(self, owner: Owner, group: Group) -> None:
        """Have an owner try both ways; neither is told to be right, as the other would then be that of a known one."""
        group.tried += 1
        pin, code = self.asked("check_pin", owner.who, owner.caller, "unavailable") != "", False
        if self.asked("send_code", owner.who, owner.caller, "sent"):
            self.at += timedelta(seconds=20)
            code = self.asked("check_code", owner.who, owner.caller, "unavailable") != ""
        group.pin, group.code, group.either = group.pin + pin, group.code + code, group.either + (pin or code)

    def limits(self) -> Iterator[tuple[str, int, int]]:
        """Yield each limit with the most that reached the wallet within the hour."""
        for question, limits in LIMITS.items():
            tries = [(who, caller) for asked, who, caller in self.wallet.asked if asked == question]
            shown = [caller for _, caller in tries if caller != WITHHELD]
            phones = sum(caller == f"+86{who}" for who, caller in tries)
            if tries:
                yield f"{question}, one account", _most([who for who, _ in tries]), limits.account[0].tries
                yield f"{question}, one caller", _most(shown), limits.caller[0].tries
                yield f"{question}, withheld callers", len(tries) - len(shown), WITHHELD_TIMES * limits.caller[0].tries
                yield f"{question}, from the keyed phone", phones, limits.all[0].tries
                kinds = 2 if question == "check_code" else 1  # Codes that were sent, and that were not.
                yield f"{question}, all others", len(tries) - phones, kinds * limits.all[0].tries


def _most(names: Sequence[str]) -> int:
    return max(Counter(names).values(), default=0)


def report(found: Found) -> Iterator[str]:
    """Yield the lines of the tables."""
    told = f"{found.refused} refused, {found.tested} PINs tested, {found.opened} hit"
    yield f"{found.tries} tries in a simulated hour: {told}"
    parts = statistics.quantiles(found.milliseconds, n=20)
    yield f"a decision took p50 {parts[9]:.1f} ms, p95 {parts[18]:.1f} ms, worst {max(found.milliseconds):.0f} ms"
    yield f"{'limit within the hour':44} {'reached':>8} {'limit':>6}"
    for what, most, limit in found.limits:
        yield f"  {what:42} {most:8} {limit:6}{'  BEYOND' if most > limit else ''}"
    yield f"{'owners':44} {'came':>8} {'by PIN':>7} {'by code':>8} {'by either':>10}"
    for group in found.owners:
        yield f"  {group.name:42} {group.tried:8} {group.pin:7} {group.code:8} {group.either:10}"


def main() -> None:
    """Print the tables, for both databases."""
    parser = argparse.ArgumentParser(description="How many PINs an attack tests, and which owners get in meanwhile.")
    parser.add_argument("--tries", type=int, default=TRIES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--turns", type=int, default=unknown.TURNS, help="of which the time is compared, 0 for none")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench") as folder, postgresql() as url:
        for name, where in (("SQLite", f"sqlite:///{Path(folder)}/guessing.db"), ("PostgreSQL", url)):
            engine = connect(where, Cipher([SECRET]))
            upgrade(engine)
            print(f"{name}, seed {given.seed}")
            print(*report(attacked(engine, given.tries, CALLERS, ACCOUNTS, given.seed)), sep="\n", flush=True)
            engine.dispose()
    if given.turns:
        sys.exit(unknown.told(given.turns, given.seed))


if __name__ == "__main__":
    main()
