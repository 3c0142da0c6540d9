"""Callers who key marked secrets on every path, while all that can go wrong does."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event
from typing import Any, Final
from unittest.mock import patch

from sqlalchemy import insert, select

from ivr.carrier.caller import Caller
from ivr.carrier.cues import Listening, Recording
from ivr.carrier.web import signature
from ivr.flow.call import Call
from ivr.flow.flow import Flow
from ivr.flow.identity import PROVING
from ivr.flow.inputs import Found, Input, NotFound
from ivr.flow.move import Move
from ivr.flow.nodes.verify import Verify
from ivr.flow.secret import Secret
from ivr.flow.waits import Keys, Lookup
from ivr.jobs.worker import Worker
from ivr.parts import Parts
from ivr.store.entries import Entry
from ivr.store.errors import StoreError
from ivr.store.journal import Journal
from ivr.wallets.demo import tables
from ivr.wallets.demo.file import HASHER, opened
from ivr.wallets.port import Wallet
from tests.canary import Search
from tests.faults.dead_wallet import see_off
from tests.processes import awaited
from tests.wallet_company import Company
from tests.world import ACCOUNT, NUMBER, TOKEN, World

NAMES: Final = {
    **dict.fromkeys(("right pin", "wrong pin", "another pin", "third pin"), 6),
    **dict.fromkeys(("right code", "wrong code", "another code", "third code"), 6),
    **dict.fromkeys(("long", "early pin", "ahead pin", "late pin", "lifeboat code", "forged pin"), 6),
    **dict.fromkeys(("short", "starred", "taken back"), 5),
}
KEYED: Final = {  # How marks are keyed that are not keyed as they are.
    "long": "{}73",
    "starred": "{:.3}*{:.2}",
    "short": "{}#",
    "taken back": "{}*",
}
ODD: Final = ("long", "starred", "short", "taken back")
TRIES: Final = {
    "pin": ("right pin", "wrong pin", "another pin", "third pin", *ODD),
    "code": ("right code", "wrong code", "another code", "third code", *ODD),
}
TO_PROOF: Final = {"pin": ("3", "1", "1"), "code": ("1",)}
HOLDERS: Final = tuple(f"77000000{number:02}" for number in range(1, 5))
UNKNOWN: Final = "7799999999"
FAULTS: Final = ("", "raises", "hangs", "garbled", "view", "away", "codes 500", "codes break", "sms 500", "stale")
OF_COMPANY: Final = ("500", "half", "types", "trickling body", "extra", "slow")
FORM: Final = "application/x-www-form-urlencoded"
Hears = Callable[[Verify, Flow, Call, Input], Move]
MOST: Final = 9  # Things that a caller does where they are asked for a number or a secret.


def starred(keys: str) -> str:
    """Return the mark of five digits as it is keyed, with a star in it."""
    return f"{keys[:3]}*{keys[3:]}"


def keyed_as(name: str, keys: str) -> str:
    """Return what a caller keys for a mark."""
    if name == "starred":
        return starred(keys)
    return KEYED.get(name, "{}").format(keys)


@dataclass
class Faulty:
    """A wallet that fails as a test says, and does not mind what it tells of what it was asked."""

    wallet: Wallet
    fault: str = ""
    over: Event = field(default_factory=Event)
    met: Counter[str] = field(default_factory=Counter)

    def answer(self, lookup: Lookup, request_id: str) -> Found | NotFound:
        """Answer, or fail where a secret is checked."""
        told = {name: one.reveal() for name, one in lookup.about if isinstance(one, Secret)}
        if told and self.fault:
            self.met[self.fault] += 1
        match self.fault if told else "":
            case "raises":
                raise ValueError(f"the wallet does not like {told} in {lookup}")
            case "hangs":
                self.over.wait(0.5)
            case "garbled":
                return Found({}, "right")
        return self.wallet.answer(lookup, request_id)


def holders(file: Path, pin: str) -> None:
    """Add holders with this PIN to a demo wallet's file."""
    engine = opened(file)
    with engine.begin() as connection:
        first = connection.execute(select(tables.accounts).where(tables.accounts.c.number != "")).mappings().first()
        assert first
        new = {**first, "pin": HASHER.hash(pin), "fault": "", "frozen": ""}
        connection.execute(
            insert(tables.accounts), [{**new, "number": one, "phone": f"+86137{one[2:]}"} for one in HOLDERS]
        )
    engine.dispose()


@dataclass
class Callers:
    """Callers with marked secrets, one after the other, and all that they keyed."""

    here: World
    marks: dict[str, str]
    faulty: Faulty
    search: Search
    company: Company | None = None
    tally: Counter[str] = field(default_factory=Counter)
    keyed: Counter[tuple[str, str]] = field(default_factory=Counter)

    def call(self, number: int, chance: Random) -> str:
        """Make one call, in which one thing goes wrong; return its id."""
        fault, how, english = FAULTS[number % len(FAULTS)], chance.choice([*TO_PROOF]), chance.random() < 0.5
        how = "code" if fault.startswith(("codes", "sms")) else how
        self.tally.update({"calls": 1, fault or "no fault": 1, how: 1})
        caller = self.here.caller(f"+86136{number:08}")
        for keys in (*(["8"] if english else []), *TO_PROOF[how]):
            caller.press(keys)
        with self._faulty(fault):
            self.proves(caller, how, chance, fault)
        if fault == "stale":
            self.told_late(caller)
        self._leaves(caller, fault == "stale" or chance.random() < 0.5)
        return caller.leg.sid

    def proves(self, caller: Caller, how: str, chance: Random, fault: str = "") -> None:
        """Try to prove who calls, by PIN or code, with what is right and what is not."""
        who = chance.choice([*HOLDERS, *HOLDERS, f"137{HOLDERS[0][2:]}", UNKNOWN])
        if not fault:
            self._keys(caller, "early pin", "#")
        names = [chance.choice(TRIES[how][:4]), *chance.sample(TRIES[how], 3), TRIES[how][0]]
        if how == "pin" and chance.random() < 0.3:
            self._keys(caller, "ahead pin", before=f"{who}#1", interrupt=True)
        for _ in range(MOST):
            caller.listen()
            stored = self.here.parts.journal.fresh(caller.leg.sid)
            if caller.over or not stored or not isinstance(stored.call.wait, Keys | Lookup) or not names:
                return
            if isinstance(stored.call.wait, Lookup):
                caller.silence()
            elif stored.call.wait.secret:
                if self.company:
                    self.company.fails(chance.choice(("", *OF_COMPANY)), 2)
                self.tally["tries"] += 1
                if fault.startswith("codes"):
                    self.here.carrier.faults.plan(*[fault.removeprefix("codes ")] * 2)  # type: ignore[list-item]
                with refusing(self.here.parts) if fault == "away" else nullcontext():
                    self._keys(caller, names.pop(0), interrupt=chance.random() < 0.3)
                    if fault == "away":
                        self._in_lifeboat(caller, chance.random() < 0.3)
                        return
            elif not self._named(caller, stored.call.facts.get(PROVING, ""), who, how):
                return

    def _named(self, caller: Caller, stage: str, who: str, how: str) -> bool:
        """Key what is no secret; return whether it was asked for."""
        match stage:
            case "who":
                caller.press(f"{who}#")
            case "way":
                caller.press("1" if how == "pin" else "2")
        return stage in ("who", "way")

    def _keys(self, caller: Caller, name: str, after: str = "", before: str = "", interrupt: bool = False) -> None:
        """Key a marked secret, while nothing is recorded."""
        if not interrupt:
            caller.listen()
        tapes = [tape for tape in self.here.carrier.recordings.values() if tape.status in ("in-progress", "processing")]
        assert not tapes
        assert not isinstance(caller.cue, Recording)
        self.keyed[caller.leg.sid, name] += 1
        self.tally["keyed"] += 1
        caller.press(before + keyed_as(name, self.marks[name]) + after, interrupt=interrupt)

    def _in_lifeboat(self, caller: Caller, early: bool) -> None:
        """Have the wallet frozen where nothing is known of the call, or key the PIN where the number is asked for."""
        caller.listen()
        caller.press("2")
        if early:
            self._keys(caller, "early pin", "#")
        else:
            caller.press(f"{HOLDERS[0]}#")
        for name in ("lifeboat code", "right code"):
            caller.listen()
            if isinstance(caller.cue, Listening):
                self._keys(caller, name)
        caller.listen()
        if isinstance(caller.cue, Recording):
            self.tally["reported"] += 1
            caller.speak(3)
            caller.press("#")
        spool = self.here.parts.settings.instance / "spool"
        self.tally["spooled"] += len([*spool.glob("*.fact")])
        self.search.files("spool", spool)

    def told_late(self, caller: Caller) -> None:
        """Have turns told that are over, were never offered, or are nobody's of ours, with other keys."""
        for name, path, token in (
            ("late pin", "turn/1", TOKEN),
            ("late pin", "turn/999", TOKEN),
            ("late pin", "wait/3", TOKEN),
            ("late pin", "fallback/1", TOKEN),
            ("forged pin", "turn/4", "of somebody else"),
        ):
            url = f"{self.here.parts.settings.public_url}/voice/{path}"
            about = (("CallSid", caller.leg.sid), ("AccountSid", ACCOUNT), ("From", caller.leg.from_), ("To", NUMBER))
            form = (*about, ("Digits", self.marks[name]))
            signed = {"X-Twilio-Signature": signature(token, url, form), "Content-Type": FORM}
            answer = self.here.carrier.send(url, form, signed, (5, 15))
            self.search.look("answer", path, answer.body)
            self.tally["told late"] += 1

    def _leaves(self, caller: Caller, at_once: bool) -> None:
        """Hang up, or wait for the end; whom a late request has led elsewhere nobody finds any more."""
        if at_once or caller.over:
            caller.hang_up()
        else:
            see_off(self.here, caller)
        for worker in self.here.parts.jobs[3:4]:
            _done(worker)

    @contextmanager
    def _faulty(self, fault: str) -> Iterator[None]:
        """Have something go wrong for as long as the block."""
        self.faulty.fault = fault
        if fault == "sms 500":
            self.here.carrier.faults.plan("500 after", "500 after", "500 after")
        with patch.object(Verify, "hear", _fails) if fault == "view" else nullcontext():
            yield
        self.faulty.fault = ""


def _done(worker: Worker[Any]) -> None:
    """Do what is due now, whatever comes of it."""
    worker.look()


def _fails(node: Verify, flow: Flow, call: Call, heard: Input, plain: Hears = Verify.hear) -> Move:
    """Fail where a secret was heard, and tell all that is at hand."""
    if isinstance(call.wait, Keys) and call.wait.secret:
        raise ArithmeticError(f"{heard} while {call.wait}, {call}")
    return plain(node, flow, call, heard)


@contextmanager
def refusing(parts: Parts) -> Iterator[None]:
    """Have the database take nothing until the end of the block, and then what was kept for it."""

    def refuse(_: Journal, entry: Entry) -> bool:
        raise StoreError("the database is away")

    with patch.object(Journal, "append", refuse):
        yield
    awaited(lambda: not parts.unwritten._busy, "all is written down")
