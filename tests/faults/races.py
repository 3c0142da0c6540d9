"""A telephone company whose requests cross each other: callers, agents' phones, and servers that are asked at once."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random
from threading import Barrier, Event
from typing import Final
from urllib.parse import urlsplit

from flask import Flask, request
from sqlalchemy import select

from ivr.carrier.caller import Caller
from ivr.carrier.clock import SimulatedClock
from ivr.carrier.company import Carrier
from ivr.carrier.conferences import Room
from ivr.carrier.cues import Listening, Saying, Talking
from ivr.carrier.leg import Leg
from ivr.carrier.queues import CallQueue
from ivr.carrier.rehearsal import served
from ivr.carrier.rest import rest
from ivr.carrier.web import Pairs, Response, http_sender, signature
from ivr.flow.events import Ended
from ivr.parts import Parts
from ivr.store.desk_tables import agents as agents_table
from ivr.store.desk_tables import line as line_table
from ivr.telephony.render import RETRY, RETRY_CALLBACK
from tests.desks import at_their_pages
from tests.faults.ledger import FINAL, Ledger
from tests.processes import Server, awaited, parts_of, servers
from tests.states import check_states
from tests.world import ACCOUNT, NUMBER, OPEN, TOKEN, free_port

QUEUES: Final = ("general", "fraud", "payments", "accounts", "merchants", "complaints")
SKILLS: Final = frozenset({*(f"queue:{name}" for name in QUEUES), "language:zh-CN", "language:en-US"})
SPREAD: Final = 0.02  # Seconds by which one of two crossing requests may be ahead.
Patience = tuple[float, float]
Wanted = Callable[[str, Mapping[str, str]], bool]
"""Of a request's path and form: is it this one?"""


@dataclass
class Crossing:
    """Two kinds of requests that are to arrive at the same moment: whichever come first wait for the others."""

    one: Wanted
    other: Wanted
    chance: Random
    spread: float = SPREAD

    def __post_init__(self) -> None:
        ahead, behind = self.chance.choice([(0.0, 0.0), (0.0, 1.0), (1.0, 0.0)])
        self._delays = [ahead * self.chance.uniform(0, self.spread), behind * self.chance.uniform(0, self.spread)]
        self._here = [Event(), Event()]

    @property
    def met(self) -> bool:
        """Were both there?"""
        return all(event.is_set() for event in self._here)

    def wait(self, path: str, form: Mapping[str, str]) -> None:
        """Hold up a request of either kind until the other is there, too."""
        for mine, wanted in enumerate((self.one, self.other)):
            if wanted(path, form):
                self._here[mine].set()
                self._here[1 - mine].wait(3)
                Event().wait(self._delays[mine])
                return


@dataclass
class Exchange:
    """The carrier's requests on their way: each to the server that chance picks; some cross, one is doubled."""

    ports: Sequence[int]
    chance: Random
    crossing: Crossing | None = None
    doubled: Wanted | None = None
    twice: list[tuple[Response, Response]] = field(default_factory=list)
    hooks: dict[str, Callable[[], object]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._send = http_sender()
        self._pool = ThreadPoolExecutor(16)

    def begin(self, chance: Random) -> None:
        """Let chance begin anew, and nothing be left of what came before."""
        self.chance, self.crossing, self.doubled = chance, None, None
        self.hooks.clear()
        self.wrong.clear()

    def __call__(self, url: str, form: Pairs | None, headers: Mapping[str, str], patience: Patience) -> Response:
        """Answer, as web.Send."""
        path, told = urlsplit(url).path, dict(form or ())
        if self.crossing:
            self.crossing.wait(path, told)
        if hook := self.hooks.pop(path.rpartition("/")[2], None):
            hook()
        ask = self._asker(url, form, headers, patience)
        if not (self.doubled and self.doubled(path, told)):
            return self._noted(path, ask(self.chance.choice(self.ports)))
        self.doubled = None
        both = [self._pool.submit(ask, port) for port in (self.ports[0], self.ports[-1])]
        first, second = (self._noted(path, one.result()) for one in both)
        self.twice.append((first, second))
        return self.chance.choice([first, second])

    def wake(self) -> None:
        """Have all servers look at the line at the same moment, by a callback that is about nothing."""
        url = f"http://127.0.0.1:{self.ports[0]}/voice/agent/none/over"
        form = [("AccountSid", ACCOUNT), ("CallSid", "CA" + "0" * 32), ("CallStatus", "completed")]
        headers = {
            "X-Twilio-Signature": signature(TOKEN, url, form),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        ask, together = self._asker(url, form, headers, (5, 15)), Barrier(len(self.ports))

        def one(port: int) -> Response:
            together.wait(5)
            return ask(port)

        for asked in [self._pool.submit(one, port) for port in self.ports]:
            assert asked.result().status == 204

    def _asker(
        self, url: str, form: Pairs | None, headers: Mapping[str, str], patience: Patience
    ) -> Callable[[int], Response]:
        # The carrier signs for the public address, whichever server behind it is asked.
        def ask(port: int) -> Response:
            there = urlsplit(url)._replace(netloc=f"127.0.0.1:{port}").geturl()
            return self._send(there, form, headers, patience)

        return ask

    def _noted(self, path: str, answer: Response) -> Response:
        if answer.status >= 400 and not path.startswith("/audio"):
            self.wrong.append(f"{path}: {answer.status} {answer.body.decode()[:200]}")
        return answer


@dataclass
class Company:
    """A carrier, the servers that it asks, the database behind them, and what that noted."""

    carrier: Carrier
    servers: Sequence[Server]
    parts: Parts
    ledger: Ledger
    exchange: Exchange
    pool: ThreadPoolExecutor
    rings: Counter[int] = field(default_factory=Counter)
    tally: Counter[str] = field(default_factory=Counter)
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(13_800_000_000, 13_900_000_000)))

    def at_once(self, job: Callable[[], object]) -> Future[object]:
        """Do this beside everything else."""
        return self.pool.submit(job)

    def queued(self) -> Caller:
        """Return somebody new who stands in the line."""
        caller = Caller(self.carrier, f"+86{next(self.numbers)}", NUMBER)
        caller.press("0")
        awaited(lambda: self.places(caller.leg.sid), "the caller stands in the line")
        return caller

    def hire(self, *names: str) -> None:
        """Have agents with phones, who take no calls yet."""
        for name in names:
            self.carrier.phone(f"client:{name}").available = True
            self.parts.desk.enrol(name, f"client:{name}", SKILLS)
        at_their_pages(self.parts.desk, *names)

    def picked_up(self, name: str) -> Caller:
        """Return an agent who picked up the phone as it rang, and hears the whisper."""
        phone = self.carrier.phone(f"client:{name}")
        awaited(lambda: phone.ringing is not None, f"{name}'s phone rings")
        agent = Caller(self.carrier, leg=phone.answer())
        agent.listen()
        assert isinstance(agent.cue, Listening), f"{name} hears {agent.heard}"
        return agent

    def talk(self, name: str) -> tuple[Caller, Caller]:
        """Return a caller and an agent who talk, the only one who takes calls."""
        assert self.parts.desk.available(name)
        caller = self.queued()
        agent = self.picked_up(name)
        agent.press("1", interrupt=True)
        awaited(lambda: self.talking(caller, agent), "they talk")
        return caller, agent

    def rung_back(self, name: str) -> tuple[Caller, Caller]:
        """Return a caller whose phone rings, as asked for, and the agent who took that: the only one who is free."""
        caller = self.queued()
        caller.listen()
        caller.press("2")
        caller.press("1")
        caller.listen()
        caller.hang_up()
        awaited(lambda: self.places(caller.leg.sid) == ["left", "waiting"], "the caller stands in line to be rung back")
        assert self.parts.desk.available(name)
        self.exchange.wake()
        agent = self.picked_up(name)
        agent.press("1", interrupt=True)
        phone = self.carrier.phone(caller.leg.from_)
        awaited(lambda: phone.ringing is not None, "the customer is rung")
        return caller, agent

    def tries(self, call_id: str) -> int:
        """Return how often a call back of this caller was tried in vain."""
        tries = select(line_table.c.tries).where(line_table.c.call_id == call_id, line_table.c.kind == "callback")
        with self.parts.engine.connect() as connection:
            return int(connection.scalar(tries) or 0)

    def ids(self, call_id: str) -> list[str]:
        """Return the places of a caller in the line."""
        with self.parts.engine.connect() as connection:
            return list(connection.scalars(select(line_table.c.id).where(line_table.c.call_id == call_id)))

    def talking(self, caller: Caller, agent: Caller) -> bool:
        """Do these two talk?"""
        return isinstance(caller.cue, Talking) and isinstance(agent.cue, Talking)

    def alone(self, caller: Caller) -> bool:
        """Is a caller in a talk in which nobody else is, nor will be; or not yet anywhere?"""
        if isinstance(caller.leg.cue, Saying):
            caller.listen()  # Whoever is told that they go back into the line goes there once they have listened.
        place = caller.leg.place
        return isinstance(place, Room) or (not isinstance(place, CallQueue) and not self.out(caller))

    def out(self, caller: Caller) -> bool:
        """Has a caller who is in no queue left the line, too?"""
        return self.final(caller.leg.sid)

    def final(self, call_id: str) -> bool:
        """Is nothing of a call in the line any more?"""
        return set(self.places(call_id)) <= FINAL

    def part(self, caller: Caller) -> None:
        """Have a caller go on by what follows the talk, to its end; one who stands in line again gives up."""
        awaited(lambda: not isinstance(caller.leg.place, Room), "the talk is over")
        for _ in range(10):
            if caller.over or isinstance(caller.leg.place, CallQueue):
                break
            caller.silence()
        caller.hang_up()

    def state(self, name: str) -> str:
        """Return what an agent does now."""
        with self.parts.engine.connect() as connection:
            return str(connection.scalar(select(agents_table.c.state).where(agents_table.c.id == name)))

    def since(self, name: str) -> datetime:
        """Return since when an agent does what they do."""
        with self.parts.engine.connect() as connection:
            moment: datetime = connection.execute(
                select(agents_table.c.since).where(agents_table.c.id == name)
            ).scalar_one()
            return moment

    def places(self, call_id: str) -> list[str]:
        """Return the states of a caller's places in the line."""
        with self.parts.engine.connect() as connection:
            return sorted(connection.scalars(select(line_table.c.state).where(line_table.c.call_id == call_id)))

    def idle(self, name: str) -> bool:
        """Is an agent with nobody?"""
        return self.state(name) in {"available", "away", "wrapping", "offline"}

    def live(self) -> list[Leg]:
        """Return the phones that ring or talk."""
        return [leg for leg in list(self.carrier.legs.values()) if not leg.over]

    def ended(self, call_id: str) -> list[str]:
        """Return how a call ended, as often as it did."""
        turns = self.parts.journal.turns(call_id)
        return [event.reason for turn in turns for event in turn.events if isinstance(event, Ended)]

    def settled(self, callers: Sequence[Caller], names: Sequence[str]) -> None:
        """Wait until all is over, and check it: one outcome a call, every place final, every agent and phone free."""
        for call in (caller.leg.sid for caller in callers):
            awaited(partial(self.ended, call), f"call {call} is over")
            awaited(partial(self.final, call), f"call {call} has left the line")
            assert len(self.ended(call)) == 1, f"call {call} ended {self.ended(call)}"
        for name in names:
            awaited(partial(self.idle, name), f"{name} is free again")
        awaited(lambda: self.live() == [], "every call is over at the carrier")
        self.ledger.check()
        check_states(self.parts.engine)

    def free(self, names: Sequence[str], state: str = "offline") -> None:
        """Have agents wrap up what they talked about, and be there for the next round, or not."""
        for name in names:
            if self.state(name) == "wrapping":
                assert self.parts.desk.wrap_up(name, "resolved", "")
            turn = {"offline": self.parts.desk.offline, "available": self.parts.desk.available}[state]
            assert turn(name), f"{name} is {self.state(name)}"
        self.carrier.log.clear()
        self.carrier.legs.clear()


@contextmanager
def company(folder: Path, database: str, count: int, seed: str) -> Iterator[Company]:
    """Run servers on one database, each with a REST of its own to one carrier, so that its rings can be told apart."""
    apis = [free_port() for _ in range(count)]
    addresses = [f"http://127.0.0.1:{port}" for port in apis]
    with ExitStack() as stack:
        running = stack.enter_context(servers(folder, database, count, addresses, patient=True))
        parts = stack.enter_context(parts_of(running[0]))
        exchange = Exchange([server.port for server in running], Random(seed))
        pool = stack.enter_context(ThreadPoolExecutor(32))
        url = running[0].environment["PUBLIC_URL"]
        carrier = Carrier(ACCOUNT, TOKEN, SimulatedClock(OPEN), exchange, pool.submit, addresses[0])  # type: ignore[arg-type]
        paths = (f"incoming{RETRY}", f"fallback{RETRY}", f"status{RETRY_CALLBACK}")
        carrier.number(NUMBER, *(f"{url}/voice/{path}" for path in paths))
        carrier.sounds[f"{url}/audio/music/hold.wav"] = 24.0
        made = Company(carrier, running, parts, Ledger(parts.engine), exchange, pool)
        for which, port in enumerate(apis):
            stack.enter_context(served(_rest(made, which), port))
        yield made


def _rest(made: Company, which: int) -> Flask:
    app = Flask(f"rest{which}")
    app.register_blueprint(rest(made.carrier))

    @app.before_request
    def count() -> None:
        if request.method == "POST" and request.path.endswith("/Calls.json"):
            made.rings[which] += 1

    return app
