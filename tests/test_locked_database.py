"""A database that is away for a while in the middle of calls: nobody is left without a person or a message."""

import os
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random
from threading import Lock

import pytest
from sqlalchemy import Connection, Engine, create_engine, select, text

from ivr.carrier.caller import Caller
from ivr.carrier.web import Pairs, Response, Send
from ivr.flow.inputs import Recorded, Rescued
from ivr.store.desk_tables import line
from tests.faults.checks import replayed
from tests.faults.wander import MOVES, act
from tests.test_switchboard import soon
from tests.world import OPEN, World, world

LOCKS = int(os.environ.get("LOCKS", "2"))
SEED = int(os.environ.get("SEED", "17"))
APART, LONG = (4, 12), (1, 5)  # Requests from one lock to the next, and while it lasts.
PATIENT = 60  # Prompts and rounds until somebody who does nothing must stand in line, or be done.
PATIENCE = 0.3  # Seconds that a turn waits to be written, for once: who calls here is many, and in a hurry.
HOLD = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "LOCK TABLE turns IN ACCESS EXCLUSIVE MODE"}


class Thief:
    """Holds the database for some requests of the carrier, at moments that chance picks."""

    def __init__(self, engine: Engine, chance: Random, locks: int) -> None:
        url = engine.url.render_as_string(hide_password=False)
        self.engine, self.chance, self.left = create_engine(url, isolation_level=None), chance, locks
        self._next, self._held = chance.randint(*APART), 0
        self._connection: Connection | None = None
        self._lock = Lock()

    def between(self, inner: Send) -> Send:
        """Return a Send that takes the database away, or gives it back, before it asks."""

        def send(url: str, form: Pairs | None, headers: Mapping[str, str], patience: tuple[float, float]) -> Response:
            if form is not None:
                self._count()
            return inner(url, form, headers, patience)

        return send

    def give_back(self) -> None:
        """Let others have the database."""
        if self._connection:
            self._connection.rollback()
            self._connection.close()
        self._connection, self._held = None, 0

    def _count(self) -> None:
        with self._lock:
            self._next, self._held = self._next - 1, self._held - 1
            if self._connection and self._held < 0:
                self.give_back()
            if not self._connection and self._next <= 0 and self.left:
                self.left -= 1
                self._next, self._held = self.chance.randint(*APART), self.chance.randint(*LONG)
                self._connection = self.engine.connect()
                self._connection.execute(text(HOLD[self.engine.dialect.name]))


def in_line(here: World, caller: Caller) -> bool:
    """Does an agent find this caller?"""
    return any(place.call_id == caller.leg.sid and place.kind == "call" for place in here.parts.desk.waiting())


def one_call(here: World, thief: Thief, why: str) -> Counter[str]:
    """Do what chance says, then nothing more until the caller stands in line, or the call is over."""
    chance, caller = Random(why), here.caller(f"+86138{Random(why).randrange(10**8):08}")
    for _ in range(chance.randrange(MOVES)):
        caller.listen()
        if caller.over or chance.random() < 0.02:
            break
        act(caller, chance)
    gone = chance.random() < 0.3
    for _ in range(0 if gone else PATIENT):
        if caller.over or in_line(here, caller):
            break
        caller.silence()
        caller.listen()
    gone = gone and not caller.over
    assert gone or caller.over or in_line(here, caller), why
    waited = not gone and not caller.over
    caller.hang_up()
    thief.give_back()
    return settled(here, caller, gone or waited, why)


def settled(here: World, caller: Caller, hung_up: bool, why: str) -> Counter[str]:
    """Wait until a call's end is written down, and return what came of it."""
    call = caller.leg.sid

    def over() -> bool:
        stored = here.parts.journal.fresh(call)
        return bool(stored and stored.call.ended)

    soon(over)
    soon(lambda: sorted(work(here, call)) == sorted(recorded(here, call)))
    turns, states = replayed(here.parts, call)
    heard = [turn.events[0].input for turn in turns]  # type: ignore[union-attr]
    assert hung_up or states[-1].ended != "hung-up", why
    rescues = sum(isinstance(one, Rescued) for one in heard)
    adrift = sum(isinstance(one, Recorded) and one.adrift for one in heard)
    return Counter(calls=1, turns=len(turns), rescued=rescues, adrift=adrift) + Counter([states[-1].ended])


def work(here: World, call: str) -> list[str]:
    """Return the recordings that somebody is to listen to."""
    query = select(line.c.recording).where(line.c.call_id == call, line.c.kind == "message")
    with here.parts.engine.connect() as connection:
        return [str(one) for one in connection.scalars(query)]


def recorded(here: World, call: str) -> list[str]:
    """Return the recordings of a call in which something was said."""
    return [one.sid for one in here.carrier.recordings.values() if one.call == call and one.seconds]


def test_nobody_is_left_when_the_database_is_away_for_a_while(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, tally = time.monotonic(), Counter[str]()
    monkeypatch.setattr("ivr.store.writer.PATIENCE_SECONDS", PATIENCE)
    with world(tmp_path, OPEN, database) as here:
        thief = Thief(here.parts.engine, Random(SEED), LOCKS)
        here.carrier.send = thief.between(here.carrier.send)
        while thief.left:
            tally += one_call(here, thief, f"seed {SEED}, call {tally['calls']}")
        faults = [wrong for wrong in here.wrong() if not wrong.startswith("15003")]
        thief.engine.dispose()
    print(f"\nlocked {LOCKS} times, seed {SEED}: {dict(tally)}, {time.monotonic() - begun:.1f} s")
    assert faults == []
    assert tally["rescued"] + tally["adrift"]
