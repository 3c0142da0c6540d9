"""Who rings in a storm: people who mean something, who are silent, machines, and whose carrier tells odd things."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from ivr.carrier.verbs import Gather
from tests.faults.history import History
from tests.light.leg import HungUp, Leg, Party
from tests.light.people import ODD, AgentPhone, Customer

if TYPE_CHECKING:
    from tests.faults.storm import Storm

MOODS: Final = {"rejects": 0.05, "deaf": 0.03, "lost": 0.03, "declines": 0.05, "vanishes": 0.05}
ROW_OF_MOOD: Final = {"rejects": 16, "deaf": 16, "lost": 17, "declines": 16, "vanishes": 17, "is lost amid a talk": 17}
SCRIPTS: Final = (["0"], ["0"], ["1"], ["2", "1", "1"], ["3", "2"], ["4"], ["8", "0"], ["5", "4"], [])
KINDS: Final = {"silent": 0.03, "robot": 0.03, "odd": 0.06}
TOLD: Final = (
    {"CallerName": "\x00\x07\x1b[31mA\x0b<Say>&\ud83d".encode("utf-8", "replace").decode()},
    {"FromCity": "北京市東城區 ‮🏙", "FromState": "\x1f\x7f", "FromZip": "]]>"},
    {"CallerName": "=cmd|' /C calc'!A0", "FromCity": "'; DROP TABLE calls; --"},
    {"From": "", "Caller": ""},
    {"From": "anonymous", "Caller": "anonymous"},
    {"From": "+266696687", "FromCountry": ""},
    {"Digits": "#", "SpeechResult": "\x00"},
)
MOST: Final = 400  # Keys that a machine presses; by then somebody must have put it off.
LATE: Final = 0.6


@dataclass
class Phones:
    """Who is rung by the hotline."""

    chance: Random
    history: History

    def __call__(self, to: str) -> Party:
        """Return who picks up at this address."""
        if to.startswith(("client:", "sip:")):
            return AgentPhone(self.chance, dict(MOODS), met=self._met, browser=to.startswith("client:"))
        return Customer(self.chance, ["1"])

    def _met(self, mood: str) -> None:
        self.history.met(ROW_OF_MOOD[mood], f"an agent {mood}")


@dataclass
class Silent(Customer):
    """Somebody, or a machine, that never presses a key and never hangs up by itself but in a talk."""

    def keys(self, leg: Leg, gather: Gather, heard: float) -> tuple[float, str] | None:
        """Press nothing, as Party."""
        return None


@dataclass
class Robot(Customer):
    """A machine that presses the same key whatever it hears, and never hangs up by itself but in a talk."""

    key: str = "1"

    def keys(self, leg: Leg, gather: Gather, heard: float) -> tuple[float, str] | None:
        """Press it at once, as Party."""
        self.done += 1
        if self.done == MOST:
            leg.company.broke(leg, f"a machine pressed {self.key} {MOST} times, and is still heard")
        return 0.1, self.key


@dataclass
class Odd(Customer):
    """Whoever tells when odd things are keyed."""

    history: History | None = None

    def keys(self, leg: Leg, gather: Gather, heard: float) -> tuple[float, str] | None:
        """Say which keys are pressed, as Party."""
        found = Customer.keys(self, leg, gather, heard)
        if found and found[1] in ODD and self.history:
            self.history.met(27, "odd keys", leg.sid)
        return found


async def ring(storm: Storm, company: object, history: History, number: int, accounts: list[str]) -> Leg:
    """Have the caller of this number ring, as chance says; return when the call is over."""
    chance = Random(f"{storm.seed} {number}")
    caller, extra = f"+86138{number:08}", dict[str, str]()
    person = _person(chance, history)
    kind = "" if storm.tidy else _kind(chance)
    if number % 5 == 0 and number // 5 < len(accounts):
        history.accounts[caller] = account = accounts[number // 5]
        wrong = ["000000"] if chance.random() < 0.2 else []
        person.script = ["1", f"{account}#", *wrong, "135790", "5"]
    elif kind == "silent":
        person = Silent(chance, [])
    elif kind == "robot":
        person = Robot(chance, [], key=chance.choice(("1", "0", "9", "*", "#", "5")))
    elif kind == "odd":
        extra = dict(chance.choice(TOLD))
        caller = extra.get("From", caller)
    leg = await company.ring_in(caller, person, extra)  # type: ignore[attr-defined]
    if kind in ROW_OF_KIND and leg.from_ not in history.accounts:
        history.met(*ROW_OF_KIND[kind], leg.sid)
    elif person.quits:
        history.met(18, "a caller may hang up anywhere", leg.sid)
    return leg  # type: ignore[no-any-return]


ROW_OF_KIND: Final = {
    "silent": (28, "a caller is silent"),
    "robot": (28, "a machine presses one key"),
    "odd": (27, "odd things are told of a caller"),
}


def _person(chance: Random, history: History) -> Customer:
    quits = chance.choice([0.0, 0.0, 0.03, 0.1])
    return Odd(
        chance,
        list(chance.choice(SCRIPTS)),
        rounds=chance.randrange(6),
        then=chance.choice(["1", "1", "2", "3", ""]),
        wander=True,
        quits=quits,
        message=chance.choice([(8.0, "#"), (5.0, ""), (0.0, ""), (4.0, "hangup")]),
        history=history,
    )


def _kind(chance: Random) -> str:
    left = chance.random()
    for kind, part in KINDS.items():
        if (left := left - part) < 0:
            return kind
    return ""


def race(chance: Random, history: History, leg: Leg) -> None:
    """Have a caller hang up as an agent takes them, a moment before it or thereafter."""
    if chance.random() >= 0.1:
        return
    history.met(19, "a caller leaves as an agent accepts", leg.sid)
    if chance.random() < 0.5:
        leg.signal(HungUp())
    else:
        asyncio.get_running_loop().call_later(chance.uniform(0, 0.2), leg.signal, HungUp())
