"""The proof says of small hotlines wired by chance what trying everything says: how they trap callers, and where."""

import gc
import os
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import pytest

from ivr.flow.call import Call
from ivr.flow.engine import step
from ivr.flow.flow import Flow
from ivr.flow.prove.laws import Trap
from ivr.flow.prove.played import inputs
from ivr.flow.prove.proof import prove
from ivr.flow.prove.told import told
from tests.brute import Brute
from tests.wired import FROZEN, TRAPS, unchecked, wired
from tests.world import OPEN

FLOWS: Final = int(os.environ.get("WIRED_FLOWS", "0"))  # 300 take some minutes.
# Else each trap is planted once, in a flow in which few callers can be told apart; a third of these have none.
SMALL: Final = """
    252 64 2 67 7 450 10 11 13 16 18 82 20 148 88 90 28 29
    94 97 36 100 38 103 106 45 109 47 49 52 54 55 56 58 61
"""
NUMBERS: Final = range(FLOWS) if FLOWS else [int(one) for one in SMALL.split()]
PARTS: Final = 4  # Each has flows of all three kinds, as they take turns by three.
MOMENTS: Final = (OPEN, OPEN + timedelta(hours=4), OPEN + timedelta(hours=12))  # One queue open; both; none.
SORTS: Final = {
    "the call breaks off": "broken",
    "the caller is cut off": "cut off",
    "goes round for ever": "round",
    "no person, message": "far",
    "no first key leads": "urgent",
    "the wallet is asked again and again": "unasked",
}


def sort(trap: Trap) -> tuple[str, str]:
    """Return the sort of a trap and its place, as brute force names them: a round has no one place."""
    name = next(name for words, name in SORTS.items() if words in trap.words)
    return name, "" if name == "round" else trap.place


def comes_into(flow: Flow, trap: Trap) -> bool:
    """Play a trap's call on the plain engine; tell whether it ends as the proof said, with no step back in time."""
    call, before = flow.new_call(), None
    last = trap.way[-1].made
    for heard, at in inputs(flow, trap):
        if before and at < before:
            return False
        try:
            call, before = step(flow, call, heard, at).call, at
        except Exception:
            return last is None
    return last is not None and _stands(call) == _stands(last.call)


def _stands(call: Call) -> tuple[object, ...]:
    return call.node, call.wait, call.trail, call.silences, call.wrongs, call.facts.get("queue"), call.ended


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Have Python not look for circles: hundreds of thousands of callers are kept here, and none stands in one."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("part", range(PARTS))
def test_the_proof_finds_what_trying_everything_finds(part: int) -> None:
    counted = Counter[bool]()
    for number in NUMBERS[part::PARTS]:
        made = wired(number)
        flow = made.flow()
        traps = prove(flow, OPEN).traps
        found = Brute(flow, MOMENTS).run()
        assert {sort(trap) for trap in traps} == found, (number, made, [told(flow, trap) for trap in traps])
        assert all(comes_into(flow, trap) for trap in traps), (number, [told(flow, trap) for trap in traps])
        assert found or made.planted in ("", "by chance"), (number, made.planted)
        assert not found or made.planted, (number, found)
        counted[bool(found)] += 1
    assert min(counted[True], counted[False]) >= (3 if FLOWS else 2), counted


def test_each_sort_of_trap_is_planted() -> None:
    planted = Counter(wired(number).planted for number in range(24 * len(TRAPS)))
    assert planted.keys() == {"", "by chance", *TRAPS}
    assert all(planted[name] >= 7 for name in TRAPS)
    assert planted[""] == 8 * len(TRAPS)


BACK: Final = """start: {kind: menu, say: 您好。, choices: {1: {for: 一, go: near}, 2: {for: 二, go: gate}}}
gate: {kind: hours, open: far, closed: near}
far: {kind: menu, say: 请选。, choices: {1: {for: 一, go: near}, 2: {for: 二, go: person}}, missed: out}
out: {kind: hours, open: person, closed: person.goodbye}
near: {kind: menu, say: 请选。, choices: {1: {for: 一, go: frozen}, 2: {for: 二, go: person}}}
"""


def test_callers_who_go_back_are_followed_by_each_way_on_which_they_came() -> None:
    # Only by way of `far` does one come back to it with a matter whose queue is closed, and only there is that a trap.
    files = dict(wired(0).files) | {"main.yaml": BACK}
    files["frozen.yaml"] = f"{FROZEN}start: {{kind: menu, say: 选。, choices: {{1: {{for: 一, go: person}}}}}}\n"
    files["hours.yaml"] = "queues:\n  general: always\n  accounts: {monday-friday: closed}\n"
    flow = unchecked(files)
    traps = prove(flow, OPEN).traps
    assert {sort(trap) for trap in traps} == Brute(flow, MOMENTS).run() == {("cut off", "main.far")}
    assert comes_into(flow, traps[0])
