"""Every request told twice, at once and late, to two server processes: one answer, word for word, and one turn."""

import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from sqlalchemy import func, select

from ivr import hotline
from ivr.carrier.caller import Caller
from ivr.carrier.web import Pairs, Response, http_sender, signature
from ivr.flow.events import Heard
from ivr.flow.inputs import HungUp
from ivr.parts import Parts
from ivr.store.entries import Turn
from ivr.store.tables import messages, turns
from tests.faults.checks import Seen, checked
from tests.faults.wander import wander
from tests.processes import Server, carrier_of, parts_of, servers
from tests.world import CUSTOMER, NUMBER, TOKEN

CALLS = int(os.environ.get("DOUBLED_CALLS", "20"))
SEED = int(os.environ.get("SEED", "2"))
AT_ONCE = 4
LATE = 3
Patience = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Told:
    """One request, signed, and what was answered."""

    url: str
    form: Pairs
    headers: Mapping[str, str]
    answer: Response


@dataclass
class Doubler:
    """Sends each request of a carrier to two servers at once, again after three more, and some with a hang-up.

    `races` is the number of the request that a hang-up runs against, 0 for none; `unlike` are the answers that
    were not the same.
    """

    ports: Sequence[int]
    chance: Random
    races: int = 0
    told: list[Told] = field(default_factory=list)
    unlike: list[str] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._send = [http_sender() for _ in (*self.ports, "hang-up")]
        self._pool = ThreadPoolExecutor(len(self._send))

    def __call__(self, url: str, form: Pairs | None, headers: Mapping[str, str], patience: Patience) -> Response:
        """Answer, as web.Send."""
        if form is None:
            return self._send[0](url, form, headers, patience)
        asks = [self._pool.submit(self._ask, which, url, form, headers, patience) for which in range(len(self.ports))]
        self.races -= 1
        if self.races == 0:
            self._pool.submit(self._hang_up, url, dict(form), patience).result()
        answers = [ask.result() for ask in asks]
        self.tally["doubled"] += 1
        self._compare(url, answers[0], answers[1])
        self.told.append(Told(url, form, headers, answers[0]))
        if len(self.told) > LATE:
            self._repeat(self.told[-1 - LATE], patience)
        return self.chance.choice(answers)

    def raced(self) -> bool:
        """Tell whether the hang-up has been told."""
        return self.tally["raced"] > 0

    def close(self) -> None:
        """Ask all again that was told last, and let go of the connections."""
        for told in self.told[-LATE:]:
            self._repeat(told, (5, 15))
        self._pool.shutdown()

    def _repeat(self, told: Told, patience: Patience) -> None:
        late = self._ask(self.chance.randrange(len(self.ports)), told.url, told.form, told.headers, patience)
        self.tally["late"] += 1
        self._compare(f"{told.url}, late", told.answer, late)

    def _ask(self, which: int, url: str, form: Pairs, headers: Mapping[str, str], patience: Patience) -> Response:
        # The carrier signs for the public address, whichever server behind it is asked.
        there = urlsplit(url)._replace(netloc=f"127.0.0.1:{self.ports[which]}").geturl()
        return self._send[which](there, form, headers, patience)

    def _hang_up(self, url: str, form: Mapping[str, str], patience: Patience) -> None:
        """Tell one of the servers that the caller has hung up, while both are asked for the next turn."""
        status = urlsplit(url)._replace(path="/voice/status", query="").geturl()
        names = ("AccountSid", "CallSid", "From", "To")
        over = [*((name, form[name]) for name in names if name in form), ("CallStatus", "completed")]
        headers = {
            "X-Twilio-Signature": signature(TOKEN, status, over),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        there = urlsplit(status)._replace(netloc=f"127.0.0.1:{self.chance.choice(self.ports)}").geturl()
        assert self._send[-1](there, over, headers, patience).status == 204
        self.tally["raced"] += 1

    def _compare(self, what: str, one: Response, other: Response) -> None:
        if (one.status, one.body) != (other.status, other.body):
            self.unlike.append(f"{what}: {one.status} {one.body.decode()} and {other.status} {other.body.decode()}")


def doubled_calls(both: list[Server], parts: Parts, worker: int) -> Counter[str]:
    """Make a worker's share of the calls, about half of them with a hang-up that races; return what was counted."""
    tally = Counter[str]()
    for number in range(worker, CALLS, AT_ONCE):
        chance = Random(f"{SEED} {number}")
        doubler = Doubler([server.port for server in both], chance, races=chance.choice([0, 0, 2, 4, 6]))
        carrier = carrier_of(both[0], doubler)
        caller = Caller(carrier, CUSTOMER, NUMBER)
        gone = wander(caller, chance, doubler.raced)
        doubler.close()
        why = f"seed {SEED}, call {number}, {caller.leg.sid}"
        assert doubler.unlike == [], why
        assert carrier.log.codes == [], why
        seen = checked(parts, carrier, caller)
        assert gone or doubler.raced() or seen.outcome != "hung-up", why
        once(parts, caller.leg.sid, doubler, seen)
        tally.update(doubler.tally)
        tally.update(calls=1, turns=len(seen.turns), hangups=seen.outcome == "hung-up")
        tally["after the end"] += len(seen.unheeded)
    return tally


def once(parts: Parts, call_id: str, doubler: Doubler, seen: Seen) -> None:
    """Check that the journal has one set of events for each turn that was asked, and one row for each message."""
    paths = [urlsplit(told.url).path.removeprefix("/voice/") for told in doubler.told]
    asked = {path for path in paths if path not in ("status", "recording")}
    # What the wallet said at once was told by the turn that asked it.
    assert {turn.asked.rstrip(hotline.AT_ONCE) for turn in seen.turns if not hung_up(turn)} == asked - set(
        seen.unheeded
    )
    with parts.engine.connect() as connection:
        rows = connection.scalar(select(func.count()).where(turns.c.call_id == call_id))
        left = connection.scalar(select(func.count()).where(messages.c.call_id == call_id))
    assert rows == len(seen.turns)
    told = {dict(one.form).get("RecordingSid") for one in doubler.told} - {None}
    assert left == len(told)


def hung_up(turn: Turn) -> bool:
    """Tell whether this turn is the caller's hanging up, as the status callback told it."""
    return isinstance(turn.events[0], Heard) and isinstance(turn.events[0].input, HungUp)


def test_two_servers_asked_at_once_and_late_give_the_same_words_and_one_turn(database: str, tmp_path: Path) -> None:
    begun = time.monotonic()
    with (
        servers(tmp_path, database, 2, patient=True) as both,
        parts_of(both[0]) as parts,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        started = time.monotonic() - begun
        tally = sum(pool.map(lambda worker: doubled_calls(both, parts, worker), range(AT_ONCE)), Counter[str]())
        logs = [server.log.read_text("utf-8") for server in both]
    seconds = f"{time.monotonic() - begun:.1f} s, of these {started:.1f} s to start two servers"
    print(f"\ndoubled turns, seed {SEED}, {database.partition(':')[0]}: {dict(tally)}, {seconds}")
    assert not [log for log in logs if "level=error" in log or "never offered" in log]
    assert tally["calls"] == CALLS
    assert tally["doubled"] >= tally["turns"] - tally["hangups"]
    assert tally["raced"]
    assert tally["late"]
