"""No caller is trapped: all states of a call are walked, and what breaks a law is shown by a call to be played."""

from datetime import datetime, timedelta

import orjson
import pytest

from ivr.flow.engine import step
from ivr.flow.events import Event
from ivr.flow.flow import Flow
from ivr.flow.load import load
from ivr.flow.prove.laws import Trap
from ivr.flow.prove.moments import moments
from ivr.flow.prove.played import inputs
from ivr.flow.prove.proof import Proof, figures, prove
from ivr.flow.prove.told import told
from ivr.flow.prove.walk import walk
from tests.bench.proof import good, grown, measured
from tests.desk_site import real_flow
from tests.small import HOTLINE, QUEUES, small
from tests.wired import unchecked
from tests.world import OPEN, ZONE

pytestmark = pytest.mark.xdist_group("prove")  # One worker proves the shipped menus, once.
ALONE = HOTLINE.replace(", en-US: Polly.Joanna-Neural", "").replace(", en-US: 英语", "")
MENU = "start: {kind: menu, say: 您好。, choices: {1: {for: 账户冻结, go: frozen}}}\n"
MORE = MENU.replace("}}}", "}, 2: {for: 更多, go: more}}}")
WAYS = "{1: {for: 账户冻结, go: frozen}, 2: {for: 留言, go: person.message}}"
ROUND = f"""start: {{kind: menu, say: 您好。, choices: {WAYS}, missed: two}}
two: {{kind: menu, say: 请选。, choices: {WAYS}, missed: start}}
"""
SURVEY = f"{MORE}more: {{kind: survey, say: 请打分。, remark: 请讲。, then: person.goodbye}}\n"
STEPS = 31
LONG = MORE + "".join(
    f"{'more' if number == 0 else f's{number}'}: {{kind: say, say: 一。, then: {after}}}\n"
    for number, after in enumerate([*(f"s{number + 1}" for number in range(STEPS)), "person"])
)
DEEP = """start: {kind: menu, say: 您好。, choices: {1: {for: 其他, go: more}}}
more: {kind: menu, say: 其他。, choices: {1: {for: 账户冻结, go: frozen}}}
"""
TRAPS = {
    "a round of misses": ({"main": ROUND}, "rings, silence ×6, → who says nothing goes round for ever", "main.start"),
    "a survey before any talk": ({"main": SURVEY}, "rings, 2, silence ×3, → the caller is cut off", "main.more"),
    "too many steps": ({"main": LONG}, "rings, 2, → the call breaks off: FlowError", "main.start"),
    "a theft too deep": (
        {"main": DEEP, "queues": QUEUES.replace("账户, ", "账户, priority: 1, ")},
        "rings, → no first key leads to frozen",
        "main.start",
    ),
    "words too long when said": (
        {
            "main": MENU.replace("您好。", f'"{"长" * 480}{{email:address}}"'),
            "hotline": ALONE.replace("queue: general", "queue: general\nemail: someone.with.a.name@mail.example"),
        },
        "characters as it is said",
        "main.start.say",
    ),
}


def flow_of(**changed: str) -> Flow:
    """Return the small menus in one language, with some files changed; nothing but a proof finds fault with them."""
    files = dict(small(**{"hotline": ALONE, "main": MENU, **changed}))
    flow, problems = load({name: text for name, text in files.items() if "/" not in name})
    assert flow is not None, problems
    return flow


def played(flow: Flow, trap: Trap) -> list[tuple[Event, ...]]:
    """Play the call that leads into a trap, from its beginning; the last step may break off."""
    call, heard = flow.new_call(), []
    for way in trap.way:
        if way.made is None:
            with pytest.raises(Exception, match=way.broke.partition(": ")[2][:20]):
                step(flow, call, way.by.heard, way.at)
            break
        done = step(flow, call, way.by.heard, way.at)
        call = done.call
        heard.append(done.events)
    return heard


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_is_found_with_a_call_that_leads_into_it(name: str) -> None:
    changed, words, place = TRAPS[name]
    flow = flow_of(**changed)
    proof = prove(flow, OPEN)
    found = [trap for trap in proof.traps if trap.place == place and words in told(flow, trap)]
    assert found, [told(flow, trap) for trap in proof.traps]
    assert played(flow, found[0]) == [way.made.events for way in found[0].way if way.made]


@pytest.fixture(scope="module")
def proof() -> Proof:
    """Return the proof of the menus that we ship."""
    return prove(real_flow(), OPEN)


def test_the_menus_trap_nobody(proof: Proof) -> None:
    for flow, proven in ((flow_of(), prove(flow_of(), OPEN)), (real_flow(), proof)):
        assert [told(flow, trap) for trap in proven.traps] == []
        assert proven.hours == 2


def test_what_is_proven_is_told_in_figures(proof: Proof) -> None:
    assert (proof.wide.place, proof.wide.choices) == ("main.choose", 7)
    assert proof.slow.place == "main.choose"
    assert 20 < proof.slow.seconds < 40
    queues = {"general", "payments", "accounts", "merchants", "complaints", "fraud"}
    assert proof.goals.keys() >= {*queues, "message"}
    assert proof.goals["general"][1] == 1  # Key 0.
    assert all(keys <= 3 for _, keys in proof.goals.values())


def test_no_more_states_are_walked_than_may_be() -> None:
    with pytest.raises(OverflowError):
        prove(flow_of(), OPEN, 20)


def test_the_moments_are_those_at_which_other_queues_are_open() -> None:
    flow = real_flow()
    found = moments(flow, OPEN)
    assert set(found) == {frozenset(flow.queues), frozenset({"fraud"})}
    assert found[frozenset(flow.queues)] == OPEN
    assert found[frozenset({"fraud"})] == datetime(2026, 11, 23, 18, tzinfo=ZONE)
    closed = moments(flow, OPEN + timedelta(days=6))
    assert closed[frozenset(flow.queues)] == datetime(2026, 11, 30, 9, tzinfo=ZONE)


def test_whoever_chose_what_leads_on_at_another_hour_is_cut_off_where_it_ends() -> None:
    theft = "start: {kind: hours, open: person.line, closed: person.goodbye}\n"
    flow = flow_of(
        main=MENU.replace("go: frozen", "go: theft").replace("}}}", "}, 2: {for: 冻结, go: frozen}}}"), theft=theft
    )
    assert any("1, → the caller is cut off" in told(flow, trap) for trap in prove(flow, OPEN).traps)


def test_menus_of_many_nodes_are_proven() -> None:
    flow = good(grown(300))
    assert len(flow.nodes) >= 150
    proof, _, _ = measured(flow)
    assert proof.traps == ()
    assert proof.states < 25 * len(flow.nodes)


def test_what_was_proven_is_kept_as_plain_json(proof: Proof) -> None:
    told = orjson.loads(orjson.dumps(figures(proof)))
    assert told == figures(proof)
    assert told["languages"]["zh-CN"] == told["languages"]["en-US"] > 300
    assert told["slow"]["place"] == "main.choose"
    assert told["goals"]["general"]["keys"] == 1
    assert told["traps"] == 0


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("languages/en-US.yaml", '"Hello."', '"Hello, 您好."', "main.start.say is to be in en-US"),
        ("main.yaml", "say: 您好。", "say: Hello there.", "main.start.say is to be in zh-CN"),
        ("main.yaml", "{for: 账户冻结", "{for: 请按 1 办账户冻结", "main.start.choices.frozen names a key in zh-CN"),
        ("languages/en-US.yaml", '"Account frozen"', '"Press 1 for a frozen account"', "names a key in en-US"),
    ],
)
def test_each_language_stands_by_itself_and_keys_come_last(file: str, old: str, new: str, words: str) -> None:
    files = dict(small())
    at = files[file].index(old, files[file].find("main.start.choices.frozen") if "Account" in old else 0)
    files[file] = files[file][:at] + new + files[file][at + len(old) :]
    flow, problems = load(files)
    assert flow is not None, problems
    traps = prove(flow, OPEN).traps
    assert [words in trap.words for trap in traps] == [True]
    assert traps[0].way


def test_who_is_asked_as_often_as_may_be_comes_to_a_trap_by_real_keys() -> None:
    flow = flow_of()
    walked = walk(flow, [OPEN], 10_000)
    worn = next(way for _, _, ways in walked.states for way in ways if way.by.worn)
    trap = Trap("", "", tuple(walked.path(worn)))
    call = flow.new_call()
    for heard, at in inputs(flow, trap):
        call = step(flow, call, heard, at).call
    assert len(inputs(flow, trap)) > flow.hotline.limits.turns
    assert worn.made is not None
    assert call.node == worn.made.call.node == "person.line"


def test_calls_that_end_as_they_begin_are_cut_off() -> None:
    flow = unchecked({**small(hotline=HOTLINE.replace("start: main", "start: person.goodbye"))})
    proof = prove(flow, OPEN)
    assert ["the caller is cut off" in trap.words for trap in proof.traps] == [True]
    assert (proof.states, proof.slow.place) == (0, "")
