"""Callers who do anything at any moment: every call ends well, is rightly written down, and keeps to one language."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from ivr.carrier.caller import Caller
from ivr.carrier.cues import Over, Recording, Talking
from ivr.flow.events import Learned
from ivr.flow.nodes.callback import Callback
from ivr.flow.nodes.collect import KEYED, Collect
from ivr.flow.nodes.menu import Menu
from ivr.flow.waits import Agent, Room
from ivr.parts import Parts
from tests.contract import verbs
from tests.faults.checks import checked
from tests.faults.moments import Moments, movable_world
from tests.pages import answered
from tests.world import NUMBER, ZONE, World

CALLS = int(os.environ.get("RANDOM_CALLS", "150"))
AT_ONCE = 4  # Callers of one example, who meet in the queues.
TURNS = 60
PATIENCE = 100  # Rounds and prompts until somebody who does nothing must have come to an end.
LONG = 600  # Seconds by which a round of the waiting room is drawn out at the end, so that there are few.

NUMBERS = ["+8613800138000", "anonymous", "", "+266696687", "client:alice", "95588", "＋８６", "9" * 300, "\x00\x1b"]
EXTRAS: list[dict[str, str]] = [
    {},
    {"FromCity": "Köln 北京 🙂", "CallerName": "O'Hara \x00\x07\x1b</Say>"},
    {"Surprise": "5" * 200, "Änderung": "1"},
    {"Digits": "5" * 200},
    {"StirVerstat": "TN-Validation-Failed-C", "ForwardedFrom": "\u202e\ufffe"},
]
MOMENTS = [
    (2026, 11, 23, 10, 0, 0),  # open, a Monday
    (2026, 11, 22, 10, 0, 0),  # closed, a Sunday
    (2026, 10, 1, 10, 0, 0),  # a holiday
    (2026, 10, 10, 10, 0, 0),  # a Saturday on which people work
    (2026, 11, 23, 17, 59, 0),  # about to close
    (2026, 11, 23, 8, 59, 0),  # about to open
    (2026, 12, 31, 23, 59, 30),  # about to be another year
]
KEYS = st.sampled_from("0123456789*#")
WHO = st.integers(0, AT_ONCE - 1)
RIGHT = {"phone": "13812345678", "amount": "128#", "date": "0305"}
TYPED = ["#", "12#", "1#", "0000000000", "9999", "31312359", "1" * 30, "6200123456" * 20, "9" * 70, "**", "00"]
WAY = st.lists(st.sampled_from([0, 1, 2, 3, 4, 5, 5, 5]), min_size=1, max_size=7)


class Callers(RuleBasedStateMachine):
    """A few people who ring at the same moment; each of them does at any time whatever a telephone lets them do."""

    world: World
    moments: Moments
    tally: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.callers: list[Caller] = []
        self.ends: list[str] = []
        self.agents: list[Caller] = []
        self.gone: set[str] = set()

    @initialize(
        at=st.sampled_from(MOMENTS),
        later=st.integers(0, 90),
        room=st.sampled_from([1000, 1000, 1]),
        people=st.lists(
            st.tuples(
                st.sampled_from(NUMBERS),
                st.sampled_from(EXTRAS),
                st.booleans(),
                st.sampled_from(["stays", "leaves", "leaves", "rings", "rings", "agent", "scores", "scores", "waits"]),
            ),
            min_size=AT_ONCE,
            max_size=AT_ONCE,
        ),
    )
    def ring(
        self,
        at: tuple[int, int, int, int, int, int],
        later: int,
        room: int,
        people: list[tuple[str, dict[str, str], bool, str]],
    ) -> None:
        self.moments.set((datetime(*at, tzinfo=ZONE) + timedelta(seconds=later)).astimezone(UTC))
        carrier = self.world.carrier
        for name in self.parts.flow.queues:
            carrier.queue(name).most = room
        self.callers = [Caller(carrier, number, NUMBER, extra) for number, extra, _, _ in people]
        self.ends = [end for *_, end in people]
        for caller, (_, _, english, _) in zip(self.callers, people, strict=True):
            if english:
                caller.press("8")

    @property
    def parts(self) -> Parts:
        """What stands behind the application."""
        parts: Parts = self.world.app.extensions["hotline"]
        return parts

    @rule(who=WHO, way=WAY, interrupt=st.booleans())
    def go(self, who: int, way: list[int], interrupt: bool) -> None:
        """Do what is asked for, some times: one of the choices, a number of the right form, or its confirmation."""
        for right in way:
            if not self.queued(self.callers[who]):
                self.callers[who].press(self.asked(self.callers[who], right), interrupt)

    @rule(who=WHO, key=KEYS, interrupt=st.booleans())
    def press(self, who: int, key: str, interrupt: bool) -> None:
        """Press any key, also in the middle of a notice, a message or a conversation, or after the end."""
        self.callers[who].press(key, interrupt)

    @rule(who=WHO, keys=st.sampled_from(TYPED), interrupt=st.booleans())
    def press_many(self, who: int, keys: str, interrupt: bool) -> None:
        """Key in what nobody asked for."""
        if not self.queued(self.callers[who]):
            self.callers[who].press(keys, interrupt)

    @rule(who=WHO)
    def say_nothing(self, who: int) -> None:
        """Do nothing; in a queue, wait a round."""
        self.callers[who].silence()

    @rule(who=WHO, seconds=st.sampled_from([0.2, 3.0, 20.0, 500.0]), end=st.sampled_from("#_h"))
    def speak(self, who: int, seconds: float, end: str) -> None:
        """Leave a message where one is taken."""
        caller = self.callers[who]
        caller.listen()
        if isinstance(caller.cue, Recording):
            caller.speak(seconds)
            match end:
                case "#":
                    caller.press("#")
                case "_":
                    caller.silence()
                case _:
                    self.hang_up(who)

    @rule(who=WHO, sure=st.integers(0, 3))
    def may_hang_up(self, who: int, sure: int) -> None:
        """Put the phone down, seldom."""
        if not sure:
            self.hang_up(who)

    @rule(queue=st.integers(0, 5), agent_ends=st.booleans())
    def agent_takes_the_first(self, queue: int, agent_ends: bool) -> None:
        """Have an agent take the first caller of a queue, if there is one."""
        waiting = [name for name, one in self.world.carrier.queues.items() if one.members]
        if waiting:
            agent = Caller(self.world.carrier, leg=answered(self.world, waiting[queue % len(waiting)]))
            agent.hang_up() if agent_ends else self.agents.append(agent)

    def hang_up(self, who: int) -> None:
        """Put the phone down."""
        if not self.callers[who].over:
            self.gone.add(self.callers[who].leg.sid)
        self.callers[who].hang_up()

    def asked(self, caller: Caller, right: int) -> str:
        """Return keys that fit where the caller stands."""
        stored = self.parts.journal.call(caller.leg.sid)
        assert stored
        match self.parts.flow.nodes[stored.call.node]:
            case Menu(choices=choices):
                # The last matter of a menu leads to a finished call the soonest.
                matters = [key for key, choice in choices.items() if choice.go not in ("english", "chinese")]
                return matters[-1] if right == 5 else list(choices)[right % len(choices)]
            case Callback() if KEYED not in stored.call.facts:
                return "13812345678#"
            case Callback() | Collect() if KEYED in stored.call.facts:
                return "2" if right == 5 else "1"
            case Collect(form=form, digits=digits):
                least, _, most = (digits or "").partition("-")
                return RIGHT.get(form) or ("6200123456789012345678"[: int(least)] + ("#" if most else ""))
        return "1"

    def queued(self, caller: Caller) -> bool:
        """Tell whether the caller waits for a person."""
        stored = self.parts.journal.call(caller.leg.sid)
        return stored is not None and isinstance(stored.call.wait, Agent | Room) and not caller.over

    def teardown(self) -> None:
        """See every call to its end, and look at it; whatever fails, nothing of it is left for the next example."""
        carrier = self.world.carrier
        try:
            for agent in self.agents:
                agent.hang_up()
            for caller, end in zip(self.callers, self.ends, strict=True):
                self.see_off(caller, end)
            for caller in self.callers:
                self.look_at(caller)
            assert self.world.wrong() == []
        finally:
            for leg in carrier.legs.values():
                leg.hang_up()
            carrier.legs.clear()
            carrier.log.clear()

    def see_off(self, caller: Caller, end: str) -> None:
        """Let a caller do nothing more until the call is over; who stands in a queue may also leave it so or so."""
        for _ in range(PATIENCE):
            caller.listen()
            match caller.cue:
                case Over():
                    return
                case Talking():
                    raise AssertionError("nobody is there to talk to")
            if self.queued(caller) and end != "waits":
                self.depart(caller, end)
                end = "waits"
            else:
                self.moments.advance(LONG if self.queued(caller) else 0)
                caller.silence()
        raise AssertionError(f"after {PATIENCE} times nothing, the call is not over: {caller.cue}")

    def depart(self, caller: Caller, end: str) -> None:
        """Leave the queue by the key, with a person, or by putting the phone down at last."""
        match end:
            case "leaves":
                caller.press("1")
            case "rings":
                caller.press("2")
                for _ in range(2):
                    caller.press(self.asked(caller, 1))
            case "agent" | "scores":
                while self.queued(caller):
                    Caller(self.world.carrier, leg=answered(self.world, str(caller.leg.place.name))).hang_up()  # type: ignore[attr-defined]
                if end == "scores":
                    caller.press("4")
            case _:
                self.tally["left in a queue"] += 1
                self.gone.add(caller.leg.sid)
                caller.hang_up()

    def look_at(self, caller: Caller) -> None:
        """Check all that is promised of a call that is over."""
        seen = checked(self.parts, self.world.carrier, caller)
        asked = [turn for turn in seen.turns if not turn.asked.startswith("wait/")]
        assert len(asked) <= TURNS, f"{len(asked)} turns"
        if caller.leg.sid not in self.gone:
            assert seen.outcome in ("served", "message", "callback", "finished"), seen.outcome
        self.tally.update(calls=1, turns=len(seen.turns), rounds=len(seen.turns) - len(asked))
        self.tally[seen.outcome] += 1
        self.tally["scored"] += any(
            isinstance(event, Learned) and event.name == "score" for turn in seen.turns for event in turn.events
        )
        self.tally[seen.language] += 1
        self.tally["most turns"] = max(self.tally["most turns"], len(asked))


@pytest.fixture
def random_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run one hotline for all examples, whose clock each of them sets."""
    verbs()  # Without Twilio's contract nothing can be checked: skip at once.
    with movable_world(tmp_path_factory.mktemp("random")) as (world, moments):
        Callers.world, Callers.moments, Callers.tally = world, moments, Counter()
        yield


@pytest.mark.usefixtures("random_world")
def test_no_random_caller_is_left_without_a_person_a_message_or_a_finished_matter() -> None:
    begun = time.monotonic()
    run_state_machine_as_test(
        Callers,
        settings=settings(
            max_examples=-(-CALLS // AT_ONCE),
            stateful_step_count=32,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
    tally = Callers.tally
    print(f"\nrandom callers, derandomised: {dict(tally)}, {time.monotonic() - begun:.1f} s")
    assert tally["calls"] >= CALLS
    for way in ("served", "message", "callback", "finished", "hung-up", "left in a queue", "scored", "zh-CN", "en-US"):
        assert tally[way], f"no call of this run was {way!r}"
