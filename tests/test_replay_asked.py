"""Yesterday on tomorrow where the wallet was asked: it answers as before where the same is asked."""

from pathlib import Path

import pytest

from ivr.editor.replaying import Again
from ivr.editor.sides import nameless
from ivr.flow.events import Heard, Waiting
from ivr.flow.flow import Flow
from ivr.flow.inputs import Found, HungUp, InLine, Input, LeftQueue, NotFound, Pressed
from ivr.flow.load import load
from ivr.flow.questions import answers, outcome
from ivr.flow.replay.course import Lost, Replayed
from ivr.flow.replay.replay import Between
from ivr.flow.secret import SEALED
from ivr.flow.waits import Lookup
from ivr.store.recorded import call as recorded_call
from tests.asking import MONEY, asking
from tests.desk_site import Clock
from tests.test_replay import told
from tests.wallet_site import CODE, FRAUD, HOLDER, TO_FREEZE, Teller, called, flow, menus, wallet_site

ACCOUNT = "8800000001"
LINE = (InLine(1, 0, agents=2), LeftQueue("bridged"), Pressed("5"), HungUp())


def flow_of(money: str) -> Flow:
    """Return menus that ask the wallet, good or not as a whole."""
    flow, problems = load(asking(money), judged=False)
    assert flow, problems
    return flow


def said(question: str, what: str, **facts: str) -> Input:
    """Return an answer of the wallet's, with these facts for believable ones."""
    (found,) = (one for one in answers(question) if outcome(one)[0] == what)
    return Found({**found.facts, **facts}, what) if isinstance(found, Found) else found


WHY = (
    "why:\n  kind: lookup\n  ask: freeze_reason\n"
    "  outcomes: {none: freeze, attempts: freeze, risk: freeze, breach: freeze, held: freeze, "
    "unavailable: line, slow: line}\n"
)
PROVEN = ("2", ACCOUNT, "1", SEALED, said("check_pin", "right"))
PAID = (*PROVEN, said("withdrawal", "over_once"), "1", said("freeze", "frozen"), HungUp())


def replayed(*acts: str | Input, money: str = MONEY, before: str = MONEY) -> Replayed:
    """Return how a call goes in other menus."""
    return Between(flow_of(before), flow_of(money)).replay(told(acts))


def changed(*changes: tuple[str, str]) -> str:
    """Return the matter with some words replaced by others."""
    text = MONEY
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def heard(found: Replayed) -> list[str]:
    """Return what the wallet answers in the new menus."""
    inputs = [event.input for turn in found.now.turns for event in turn if isinstance(event, Heard)]
    return [outcome(one)[0] for one in inputs if isinstance(one, Found | NotFound)]


@pytest.mark.parametrize(
    "acts",
    [
        PAID,
        (*PROVEN, said("withdrawal", "slow"), *LINE),
        (*PROVEN[:4], HungUp()),
        (*PROVEN[:4], HungUp(), said("check_pin", "right")),
        (
            "2",
            ACCOUNT,
            "2",
            said("send_code", "sent"),
            SEALED,
            said("check_code", "wrong"),
            SEALED,
            NotFound("limited"),
            *LINE,
        ),
        (
            "2",
            ACCOUNT,
            "1",
            "?",
            SEALED,
            said("check_pin", "right"),
            said("withdrawal", "paid"),
            "2",
            said("withdrawal", "none"),
            HungUp(),
        ),
    ],
    ids=["served", "slow", "gone while it was asked", "answered after that", "limited", "asked twice"],
)
def test_a_call_that_asked_the_wallet_is_the_same_in_the_same_menus(acts: tuple[str | Input, ...]) -> None:
    found = replayed(*acts)
    assert (found.sort, found.turn, found.lost) == ("same", None, None)
    assert found.now.turns == found.before.turns[: len(found.now.turns)]
    assert found.now.outcome == found.before.outcome != ""


def test_an_answer_leads_where_the_new_menus_lead_it() -> None:
    found = replayed(*PAID, money=changed(("over_once: over", "over_once: held")))
    assert (found.sort, found.turn, found.lost) == ("way", 6, None)
    assert (found.place, found.now.way[-2:]) == ("money.over.say", [("place", "money.texted"), ("place", "money.next")])


def test_what_the_new_menus_ask_in_another_order_is_answered_as_it_was() -> None:
    first = changed(
        ("then: last", "then: hold"), ("freeze\n  outcomes: {frozen: held", "freeze\n  outcomes: {frozen: last")
    )
    found = replayed(*PAID[:-3], "1", said("freeze", "frozen"), HungUp(), money=first)
    assert heard(found)[:3] == ["right", "frozen", "over_once"]
    assert found.lost is None


def test_what_the_new_menus_ask_no_more_is_passed_over() -> None:
    without = changed(("then: last", "then: next"))
    found = replayed(*PAID, money=without)
    assert (heard(found), found.sort, found.lost) == (["right", "frozen"], "way", None)
    assert found.now.outcome == "hung-up"


def test_what_was_never_answered_cannot_be_followed_and_says_what_is_asked() -> None:
    more = changed(("then: last", "then: why")) + (
        "why:\n  kind: lookup\n  ask: freeze_reason\n"
        "  outcomes: {none: last, attempts: hold, risk: last, breach: last, held: last,"
        " unavailable: last, slow: hold}\n"
    )
    found = replayed(*PAID, money=more)
    assert (found.sort, found.lost) == ("lost", Lost("asked", "money.why", "freeze_reason"))
    assert found.now.outcome == ""
    assert not found.now.cut_off


def test_the_same_question_about_something_else_has_no_answer() -> None:
    before = changed(
        ("last:\n  kind: lookup\n  ask: withdrawal\n", "last:\n  kind: lookup\n  ask: subscription\n  nth: first\n")
    )
    start, end = before.index("  outcomes:\n    paid"), before.index("paid: {kind")
    ways = "  outcomes: {found: next, none: next, unavailable: person, slow: person}\n"
    before = before[:start] + ways + before[end:].replace("单笔最多{once:amount}", "好").replace("{asked:amount}", "")
    after = before.replace("nth: first", "nth: next").replace("then: last", "then: first") + (
        f"first:\n  kind: lookup\n  ask: subscription\n  nth: first\n{ways.replace('found: next', 'found: last')}"
    )
    acts = (*PROVEN, said("subscription", "found"), "2", said("subscription", "none"), HungUp())
    assert replayed(*acts, money=before, before=before).lost is None
    found = replayed(*acts, money=after, before=before)
    assert heard(found) == ["right", "found"]
    assert found.lost == Lost("asked", "money.last", "subscription"), "the second was never asked for"


def test_who_proves_it_at_another_place_does_so_as_before() -> None:
    other = changed(("start: {kind: verify,", "start: {kind: say, say: 先核实。, then: proof}\nproof: {kind: verify,"))
    found = replayed(*PAID, money=other)
    assert (found.sort, found.lost) == ("way", None)
    assert heard(found) == ["right", "over_once", "frozen"]


def test_a_code_where_the_pin_was_keyed_is_asked_for_in_vain() -> None:
    found = replayed(*PAID, money=changed(("{kind: verify, then", "{kind: verify, first: code, then")))
    assert found.lost == Lost("asked", "money.start", "send_code")


def test_a_way_to_a_choice_that_moved_asks_the_wallet_what_it_was_asked() -> None:
    moved = changed(
        (
            "{1: {for: 冻结, go: hold}, 2: {for: 再查一次, go: last}}",
            "{2: {for: 再查一次, go: last}, 3: {for: 更多, go: more}}",
        )
    )
    moved += "more: {kind: menu, say: 更多。, choices: {1: {for: 冻结, go: hold}, 2: {for: 返回, go: next}}}\n"
    found = replayed(*PAID, money=moved)
    assert (heard(found), found.lost) == (["right", "over_once", "frozen"], None)
    pressed = [event.input for turn in found.now.turns for event in turn if isinstance(event, Heard)]
    assert [str(one.keys) for one in pressed if isinstance(one, Pressed)][-2:] == ["3", "1"]


def test_a_call_that_is_over_while_the_new_menus_ask_tells_what() -> None:
    found = replayed(
        *PROVEN,
        said("withdrawal", "paid"),
        HungUp(),
        money=changed(
            ("paid: {kind: say, say: 提现已经到账。, then: next}", "paid: {kind: say, say: 提现已经到账。, then: hold}")
        ),
    )
    assert found.lost == Lost("asked", "money.hold", "freeze")
    waits = [event.wait for turn in found.now.turns for event in turn if isinstance(event, Waiting)]
    assert isinstance(waits[-1], Lookup)


@pytest.mark.parametrize("late", [False, True], ids=["in the same turn", "later"])
def test_a_real_call_is_read_from_the_journal_with_what_the_wallet_answered(tmp_path: Path, late: bool) -> None:
    teller = Teller({"freeze": None} if late else {})
    site = wallet_site(tmp_path, "http://127.0.0.1:8000", Clock(), teller)
    call_id = called(site, *TO_FREEZE, CODE)
    if late:
        teller.late(said("freeze", "frozen"))
    site.hotline.hang_up(call_id)
    past = recorded_call(site.desk.engine, call_id)
    assert past
    again = Again(site.publishing.library, menus())
    found = again.replay(past)
    assert found
    assert (found.sort, found.lost) == ("same", None)
    assert [outcome(heard)[0] for heard, _ in past.told or () if isinstance(heard, Found)] == [
        "sent",
        "right",
        "frozen",
    ]
    asks = menus(fraud=FRAUD.replace("then: freeze,", "then: why,") + WHY)
    lost = Again(site.publishing.library, asks).replay(past)
    assert lost
    assert lost.lost == Lost("asked", "fraud.why", "freeze_reason")
    practised = [heard for heard, _ in nameless(flow(), past.told or ()) if isinstance(heard, Found)]
    assert HOLDER["registered"] in str(past.told)
    assert "+8613800138000" in str(practised)
    assert not [number for number in HOLDER.values() if number in str(practised)]
    site.close()
