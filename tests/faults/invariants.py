"""What must be true of the whole history once the reconcilers had their time: the global invariants of faults.md."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select, text

from ivr.due import AT_ONCE
from ivr.flow.call import Call
from ivr.flow.events import Ended, Event
from ivr.flow.flow import Flow
from ivr.flow.waits import Lookup
from ivr.hotline import Reply, patiently
from ivr.store.audit import Trail
from ivr.store.desk_tables import agents, line
from ivr.store.entries import Turn
from ivr.store.tables import calls, messages
from ivr.store.texts import texts
from ivr.telephony import lifeboat
from ivr.telephony.render import Site, render
from ivr.wallets.demo import tables
from ivr.wallets.demo.file import opened
from tests.faults.checks import _replies, _waits, replayed
from tests.faults.counters import Counters
from tests.faults.history import History
from tests.faults.ledger import Ledger
from tests.faults.tapes import unkept
from tests.light.stage import Stage

SLOWEST: Final = 5.0
MANY: Final = 1000  # Answers; of fewer p99.9 is the slowest, for which the machine may have stood still.
SLOWEST_OF_FEW: Final = 2 * SLOWEST
PASSING: Final = ("2", "3", "4 free", "lost")
FROZEN: Final = "已经临时冻结"
NUMBERED: Final = re.compile(r"CA[0-9a-f]{32}[^/?]*|[0-9]+|\?.*")
TURN: Final = re.compile(r"/voice/((?:turn|wait)/\d+|incoming)")
CALLBACKS: Final = (  # Which the carrier is to tell again.
    *("voice/status", "voice/recording", "voice/fallback/recording"),
    *("voice/agent/over", "voice/agent/rung", "voice/agent/guest/over"),
)
ADRIFT: Final = (b"/voice/fallback", b"rounds=")
# Whom a long queue of requests meets is asked for patience: the same is asked again, or for the present prompt.
PATIENCE: Final = re.compile(
    r'.*<Response>(?:<Say [^>]*>[^<]*</Say>)*<Pause length="[2-6]" /><Redirect method="POST">'
    r"[^<]*/voice/(turn/0|[^?#<]*)(?:[?#][^<]*)?</Redirect></Response>"
)


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must never be: which invariant, in which call ("" for none), and what."""

    invariant: str
    call: str
    what: str

    @property
    def passing(self) -> bool:
        """Whether a reconciler may yet mend it."""
        return self.invariant.startswith(PASSING)


@dataclass
class Audit:
    """Looks through everything that a run has left behind."""

    stage: Stage
    history: History
    ledger: Ledger
    counters: Counters

    def violations(self) -> Iterator[Violation]:
        """Yield all that must not be."""
        yield from self._answered()
        yield from self._calls()
        yield from self.unsettled()
        yield from self._freezes()
        yield from self._once()
        yield from (Violation("7 counters", "", what) for what in self.counters.check())
        yield from self._chain()

    def unsettled(self) -> Iterator[Violation]:
        """Yield what is seen without reading each call, and goes away as all is reconciled."""
        yield from self._line()
        yield from self._agents()
        yield from self._kept()
        yield from (Violation("lost", call, what) for call, what in unkept(self.stage))

    @property
    def callers(self) -> list[str]:
        """The calls of those who rang."""
        return [leg.sid for leg in list(self.stage.company.legs.values()) if leg.direction == "inbound"]

    def _answered(self) -> Iterator[Violation]:
        """(1) Every request is answered in time, with valid TwiML, and never by a 5xx to a caller."""
        took = sorted(one.seconds for one in list(self.stage.proxy.took) if one.path.startswith("/voice/"))
        most = SLOWEST if len(took) >= MANY else SLOWEST_OF_FEW
        if took and (slow := took[min(len(took) - 1, int(len(took) * 0.999))]) >= most:
            late = Counter(NUMBERED.sub("", one.path) for one in self.stage.proxy.took if one.seconds >= most)
            which = f"p99.9 of {len(took)} answers is {slow:.2f} s, the last {took[-1]:.2f} s; late were {dict(late)}"
            yield Violation("1 in time", "", which)
        for (kind, status), count in list(self.history.statuses.items()):
            if status >= 500 and not (status == 503 and kind in CALLBACKS):
                yield Violation("1 no 5xx", "", f"{count} times {status} to {kind}")
            if status in (400, 404, 405):
                yield Violation("1 no 4xx", "", f"{count} times {status} to {kind}")
        for broken in self.stage.company.broken:
            call, _, what = broken.partition(": ")
            yield Violation("1 valid TwiML", call, what)

    def _calls(self) -> Iterator[Violation]:
        """(2), and the promises: one end each, folded and replayed, and nothing said that the journal has not."""
        for call in self.callers:
            try:
                yield from self._call(call)
            except AssertionError as error:
                yield Violation("2 one end, replayed", call, str(error)[:2000] or repr(error))

    def _call(self, call: str) -> Iterator[Violation]:
        parts = self.stage.parts
        stored = parts.journal.fresh(call)
        assert stored, "it is not in the journal"
        flow = parts.live.of(stored.version)
        turns, states = replayed(parts, call, flow)
        known = Known.of(flow, self._site(flow), turns, states)
        for path, bodies in list(self.history.answers[call].items()):  # As others may come while we look.
            if found := TURN.fullmatch(path):
                yield from (Violation("lost", call, what) for what in known.unlike(found[1], set(bodies)))

    def _site(self, flow: Flow) -> Site:
        return Site(self.stage.parts.settings.public_url, flow.hotline.languages, flow.hotline.number)

    def _line(self) -> Iterator[Violation]:
        """(3) Nobody stands in line whose call is over, and nobody's call lasts who does not."""
        open_ = select(line.c.call_id, line.c.state).where(
            line.c.state.in_(("waiting", "offered", "talking")), line.c.kind == "call"
        )
        for call, state in self._rows(open_):
            yield Violation("3 nobody left in line", call, f"{state}, and the call is over")
        unended = select(calls.c.id).where(calls.c.ended_at.is_(None))
        for (call,) in self._rows(unended):
            yield Violation("2 one end", call, "it has not ended")

    def _agents(self) -> Iterator[Violation]:
        """(4) One agent, one call, at any moment; in the end none."""
        try:
            self.ledger.check()
        except AssertionError as error:
            yield Violation("4 one agent, one call", "", str(error))
        for name, state in self._rows(select(agents.c.id, agents.c.state).where(agents.c.line.is_not(None))):
            if state in ("ringing", "talking"):
                yield Violation("4 free in the end", "", f"{name} is {state}")

    def _freezes(self) -> Iterator[Violation]:
        """(5) Whoever was told that a wallet is frozen has a hold in it, and (6) one only."""
        engine = opened(self.stage.wallet)
        with engine.connect() as connection:
            rows = connection.execute(select(tables.holds.c.account, func.count()).group_by(tables.holds.c.account))
            holds = {row.account: row[1] for row in rows}
        engine.dispose()
        for call, account in self.frozen().items():
            if not holds.get(account):
                yield Violation("5 a freeze is durable", call, f"{account} was said to be frozen, and is not")
        for account, count in holds.items():
            if account.startswith("77") and count > 1:
                yield Violation("6 once", "", f"{account} has {count} holds")

    def frozen(self) -> Mapping[str, str]:
        """Return the calls in which a freeze was told, with the accounts."""
        legs = list(self.stage.company.legs.values())
        accounts = self.history.accounts
        told = [leg for leg in legs if leg.from_ in accounts and any(FROZEN in text for text in leg.heard)]
        return {leg.sid: accounts[leg.from_] for leg in told}

    def _once(self) -> Iterator[Violation]:
        """(6) Each text is sent once, and nobody is rung back by two at once."""
        sent = Counter((one["to"], one["body"]) for one in self.stage.rest.texts)
        with self.stage.parts.engine.connect() as connection:
            rows = connection.execute(select(texts.c.number, texts.c.words, texts.c.state)).all()
        wanted = Counter((row.number, row.words) for row in rows)
        for told, count in sent.items():
            if count > wanted[told]:
                yield Violation("6 once", "", f"a text went to …{told[0][-4:]} {count} times for {wanted[told]} rows")

        yield from self._rung_back()

    def _rung_back(self) -> Iterator[Violation]:
        """(6) Whoever wants to be rung back is rung once for each agent who takes that."""
        legs = list(self.stage.company.legs.values())
        rung = Counter(leg.to for leg in legs if leg.direction == "outbound-api" and leg.to.startswith("+"))
        taken = "SELECT id, count(DISTINCT offer) FROM watched WHERE what = 'line' AND state = 'talking' GROUP BY id"
        offers = {place: int(count) for place, count in self._rows(text(taken))}
        agreed = Counter[str]()
        for (name,) in self._rows(select(line.c.id).where(line.c.kind == "callback")):
            place = self.stage.parts.desk.place(name)
            agreed[place.number if place and place.number else ""] += offers.get(name, 0)
        for number, count in rung.items():
            if count > agreed[number]:
                yield Violation("6 once", "", f"…{number[-4:]} was rung {count} times for {agreed[number]} agents")

    def _kept(self) -> Iterator[Violation]:
        """Nothing is lost: each recording that we said to have is a message, and the spool is empty."""
        told = defaultdict[str, str](str)
        for call, asked in list(self.history.asked.items()):
            for one in list(asked):
                if one.path.endswith("/recording") and one.status == 204 and one.form.get("RecordingStatus"):
                    told[one.form["RecordingSid"]] = call
        with self.stage.parts.engine.connect() as connection:
            known = set(connection.scalars(select(messages.c.recording_sid)))
        for sid, call in told.items():
            if sid not in known:
                yield Violation("lost", call, f"the recording {sid} was told of, and is no message")
        for file in (self.stage.project / "instance" / "spool").glob("*"):
            yield Violation("lost", "", f"{file.name} is still in the spool")

    def _chain(self) -> Iterator[Violation]:
        """(8) The chain of the audit is whole."""
        parts = self.stage.parts
        found = Trail(parts.engine, parts.settings.secrets, parts.desk.now).check()
        if found.wrong:
            yield Violation("8 the audit's chain", "", found.wrong)

    def _rows(self, query: Any) -> Sequence[Any]:
        with self.stage.parts.engine.connect() as connection:
            return list(connection.execute(query).all())


@dataclass(frozen=True, slots=True)
class Known:
    """All that the journal of a call can have been answered as."""

    replies: Mapping[str, str]
    waits: set[tuple[str, str]]
    presents: frozenset[str]
    cut: frozenset[tuple[str, str]]  # What is answered, to which turn, where the caller hung up meanwhile.

    @classmethod
    def of(cls, flow: Flow, site: Site, turns: Sequence[Turn], states: Sequence[Call]) -> "Known":
        """Return it for a journal."""

        def told(events: tuple[Event, ...], state: Call) -> str:
            return render(patiently(Reply(events, flow, state.language), state).events, site, state.language)

        replies = {name: told(*found) for name, found in _replies(turns, states).items()}
        presents = {told(turn.events, state) for turn, state in zip(turns, states, strict=True)}
        presents.add(render((Ended("hung-up"),), site, ""))
        presents |= {told(_end(turn.events), state) for turn, state in zip(turns, states, strict=True)}
        presents |= {
            lifeboat.thanks(flow, site, tongue, report) for tongue in ("", *flow.words) for report in (False, True)
        }
        cut = frozenset((name, told(events, state)) for name, events, state in _cut_off(turns, states))
        return cls(replies, _waits(flow, turns, states, site), frozenset(presents), cut)

    def unlike(self, name: str, bodies: set[bytes]) -> Iterator[str]:
        """Yield what was answered to a turn that stands nowhere in the journal, or differently at different times."""
        finals = set[str]()
        for body in bodies:
            text = body.decode()
            if (patience := PATIENCE.fullmatch(text)) and patience[1] in ("turn/0", name):
                continue
            if (name, text) in self.cut:
                continue
            if adrift(body) or (name, text) in self.waits or any(text == wait for _, wait in self.waits):
                continue
            if text not in self.presents and text != self.replies.get(name):
                yield f"{name} was answered with what stands nowhere: {text[:1500]}"
            finals.add(text)
        if name in self.replies and len(finals - {self.replies[name]}) > 0:
            others = finals - {self.replies[name]} - self.presents
            if others:
                yield f"{name} was answered in {len(finals)} ways"


def _cut_off(turns: Sequence[Turn], states: Sequence[Call]) -> Iterator[tuple[str, tuple[Event, ...], Call]]:
    """Yield what is answered to a turn for which the wallet was still asked when the caller hung up, by its name."""
    said: dict[str, tuple[Event, ...]] = {}
    for turn, state in zip(turns, states, strict=True):
        name = turn.asked.rstrip(AT_ONCE)
        said[name] = (*said.get(name, ()), *turn.events)
        if isinstance(state.wait, Lookup):
            others = [one for one in turns[turn.number + 1 :] if one.asked.rstrip(AT_ONCE) != name]
            yield from ((name, (*said[name], *ends), state) for one in others if (ends := _end(one.events)))


def _end(events: tuple[Event, ...]) -> tuple[Event, ...]:
    return tuple(event for event in events if isinstance(event, Ended))


def adrift(body: bytes) -> bool:
    """Say whether an answer is the lifeboat's, which stands in no journal."""
    return any(mark in body for mark in ADRIFT) or b"<Say" not in body
