"""Whose PINs or codes strangers used up is led to the other way, once; refused is who has none left, known or not."""

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from ivr.flow.engine import step
from ivr.flow.events import Event, Missed, Said
from ivr.flow.flow import Flow
from ivr.flow.identity import BARRED, PROVEN, PROVING, TRIES
from ivr.flow.inputs import Answered, Input, NotFound, Pressed
from ivr.flow.load import load
from ivr.flow.nodes.verify import MOST
from ivr.flow.prove.proof import prove
from ivr.flow.prove.walk import walk
from ivr.flow.questions import LIMITED, NO_ANSWER, answers, outcome
from ivr.flow.waits import Agent, Keys, Lookup
from ivr.transcript import Script
from tests.asking import MONEY, asking
from tests.pages import Page, guess, told_by_the_desk
from tests.world import OPEN, world

KNOWN, UNKNOWN, PIN, CODE = "8800000001", "7799999999", "246810", "135790"
TO_WAY = ("2", KNOWN)
CODE_FIRST = MONEY.replace("kind: verify,", "kind: verify, first: code,", 1)
ENGLISH = "languages/en-US.yaml"
ROUND_ENGLISH = """money.more.say: "Once more?"
money.more.choices.start: "To try again"
money.more.choices.person: "For a person"
"""
WAY_OF = {"1": "check_pin", "2": "send_code"}
NO_PIN, NO_CODE, NEITHER = "密码现在不能试", "验证码现在不能试", "试的次数太多了"
FORM = "号码的位数不对"
ROUND = (
    MONEY.replace("refused: person", "refused: more", 1)
    + "more: {kind: menu, say: 再试吗？, choices: {1: {for: 再试, go: start}, 2: {for: 人工, go: person}}}\n"
)


class Small:
    """A call in small menus, whose wallet answers each question as a test says: its outcomes in their order."""

    def __init__(self, money: str = MONEY, **says: str) -> None:
        flow, problems = load(asking(money))
        assert flow is not None, problems
        self.flow, self.call = flow, flow.new_call()
        self.says = {question: told.split() for question, told in says.items()}
        self.asked: list[str] = []
        self.events: list[Event] = []
        self.hear(Answered("+8613800138000"))

    def hear(self, heard: Input) -> str:
        """Return what is said upon an input and upon all answers of the wallet's after it."""
        done = step(self.flow, self.call, heard, OPEN)
        self.call, self.events = done.call, [*self.events, *done.events]
        words = " ".join(event.words for event in done.events if isinstance(event, Said))
        if isinstance(self.call.wait, Lookup):
            words += " " + self.hear(self.answer(self.call.wait.question))
        return words

    def answer(self, question: str) -> Input:
        self.asked.append(question)
        told = {outcome(one)[0]: one for one in answers(question)}
        says = self.says.get(question)
        return told[says.pop(0) if says else next(iter(told))]

    def press(self, *keys: str) -> str:
        """Return what is said upon the last of these keys."""
        return [self.hear(Pressed(one)) for one in keys][-1]


def test_whose_pins_are_limited_is_told_so_and_sent_a_code() -> None:
    small = Small(check_pin="limited")
    said = small.press(*TO_WAY, "1", PIN)
    assert NO_PIN in said
    assert said.index(NO_PIN) < said.index("验证码已经发出。 请输入六位验证码。")
    assert "提现已经到账。" in small.press(CODE)
    assert small.asked == ["check_pin", "send_code", "check_code", "withdrawal"]
    assert small.call.facts[PROVEN] == "code"


@pytest.mark.parametrize("money", [MONEY, CODE_FIRST])
@pytest.mark.parametrize("limited", ["send_code", "check_code"])
def test_whose_codes_are_limited_is_told_so_and_asked_for_the_pin(money: str, limited: str) -> None:
    small = Small(money, **{limited: "limited"})
    said = small.press(*TO_WAY, *(["2"] if money == MONEY else []), *([CODE] if limited == "check_code" else []))
    assert f"{NO_CODE}，改用密码。 请输入六位支付密码。" in said
    assert "提现已经到账。" in small.press(PIN)
    assert small.asked[-2:] == ["check_pin", "withdrawal"]
    assert small.call.facts[PROVEN] == "pin"


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (("1", PIN), {"check_pin": "limited", "send_code": "limited"}),
        (("1", PIN, CODE), {"check_pin": "limited", "check_code": "limited"}),
        (("2", PIN), {"check_pin": "limited", "send_code": "limited"}),
        (("2", CODE, PIN), {"check_pin": "limited", "check_code": "limited"}),
        (("2", "1", PIN), {"check_pin": "limited", "send_code": "sent limited"}),
    ],
)
def test_who_has_no_way_left_is_refused(keys: tuple[str, ...], says: dict[str, str]) -> None:
    small = Small(**says)
    *before, last = [small.press(one) for one in (*TO_WAY, *keys)]
    assert not any(NEITHER in words for words in before)
    assert NEITHER in last
    assert isinstance(small.call.wait, Agent)
    assert small.call.facts[BARRED] == "pin code"


def test_a_way_that_was_limited_is_offered_no_more_and_its_key_is_wrong() -> None:
    small = Small(check_pin="limited")
    small.press(*TO_WAY, "1", PIN)
    said = small.press("2")
    assert FORM in said
    assert "再发一次" in said
    assert "用支付密码" not in said
    assert "2" not in small.flow.nodes[small.call.node].keys(small.flow, small.call)
    assert Missed("wrong") in small.events


def test_who_keys_the_number_again_is_asked_by_what_is_left_at_once() -> None:
    small = Small(check_pin="limited", check_code="wrong wrong right")
    small.press(*TO_WAY, "1", PIN)
    small.press("111111")
    assert "请输入账户号码" in small.press("222222")
    assert "请输入六位验证码。" in small.press(KNOWN)
    assert "提现已经到账。" in small.press(CODE)
    other = Small(CODE_FIRST, send_code="limited", check_pin="wrong wrong right")
    other.press(*TO_WAY)
    other.press("111111")
    assert "请输入账户号码" in other.press("222222")
    assert other.press(KNOWN) == "请输入六位支付密码。"
    assert "提现已经到账。" in other.press(PIN)


def test_three_tries_a_call_are_all_whichever_way_was_limited() -> None:
    small = Small(check_pin="wrong wrong limited", check_code="wrong")
    small.press(*TO_WAY, "1", "111111")
    small.press("222222", KNOWN, "1")
    assert NO_PIN in small.press("333333")
    assert NEITHER in small.press("444444")
    assert isinstance(small.call.wait, Agent)
    assert small.call.facts[TRIES] == str(MOST)


def test_no_caller_is_led_back_to_what_was_limited_in_the_call() -> None:
    met = Counter[str]()
    for money in (ROUND, ROUND.replace("kind: verify,", "kind: verify, first: code,", 1)):
        files = {**asking(money)}
        flow, problems = load(files | {ENGLISH: files[ENGLISH] + ROUND_ENGLISH})
        assert flow is not None, problems
        assert prove(flow, OPEN).traps == ()
        for seed in range(300):
            met.update(_wandered(flow, Random(seed)))
    assert min(met[one] for one in ("pin", "code", "pin code", "code pin", "proven")) > 10, met


def test_the_proof_walks_on_by_each_way_that_is_left() -> None:
    small = Small()
    stands = walk(small.flow, [OPEN], 10_000).stands
    asked = [one.call for one in stands if isinstance(one.call.wait, Keys) and one.call.wait.secret]
    left = {(call.facts[PROVING], call.facts.get(BARRED, "")) for call in asked}
    assert left == {("pin", ""), ("code", ""), ("pin", "code"), ("code", "pin")}


def _wandered(flow: Flow, chance: Random) -> list[str]:
    """Have a caller do anything to prove it, while the wallet answers anything; return what was limited, and proven."""
    limited, wrong = list[str](), 0
    call = step(flow, step(flow, flow.new_call(), Answered(""), OPEN).call, Pressed("2"), OPEN).call
    for _ in range(60):
        if PROVEN in call.facts or call.node.startswith("person."):
            break
        if isinstance(call.wait, Lookup):
            heard: Input = chance.choice(
                [one for one in answers(call.wait.question) if outcome(one)[0] not in NO_ANSWER]
            )
            by = "pin" if call.wait.question == "check_pin" else "code"
            assert by not in limited
            limited += [by] if heard == NotFound(LIMITED) else []
            wrong += outcome(heard)[0] == "wrong"
        else:
            keys = flow.nodes[call.node].keys(flow, call)
            heard = Pressed(chance.choice((*keys, *keys, *keys, "*", "7")))
        call = step(flow, call, heard, OPEN).call
    assert wrong <= MOST
    return [" ".join(limited), *(["proven"] if PROVEN in call.facts else [])]


@pytest.mark.parametrize("limits", [("check_pin",), ("send_code",), ("check_pin", "send_code")], ids=" ".join)
@pytest.mark.parametrize("way", ["1", "2"])
def test_an_unknown_account_hears_the_same_words(tmp_path: Path, limits: tuple[str, ...], way: str) -> None:
    heard = [_whole_call(tmp_path / who, who, limits, way) for who in (KNOWN, UNKNOWN)]
    assert heard[0] == heard[1]
    told = [line for line in heard[0] if "现在不能再试" in line]
    assert bool(told) == (WAY_OF[way] in limits)


def _whole_call(folder: Path, who: str, limits: tuple[str, ...], way: str) -> list[str]:
    """Return what is said in a call in which nothing is right, as strangers had used up what there was."""
    folder.mkdir()
    most = {"check_pin": 5, "send_code": 3}
    with world(folder, OPEN) as here:
        for question in limits:
            guess(here, most[question], who, question, "sent" if question == "send_code" else "wrong")
        page = Page(here, Script("", OPEN, "+8613911112222"), here.caller("+8613911112222"), [])
        with told_by_the_desk(page):
            for keys in ("2", "3", "1", f"{who}#", way, "111111", "222222", f"{who}#", "333333", "444444"):
                page.do(keys)
            page.caller.listen()
            page.note()
    return [line.replace(who, "") for line in page.lines]


def test_menus_of_before_lead_on_without_words_of_their_own_for_it() -> None:
    old = {
        name: "\n".join(line for line in file.splitlines() if "pin_limited" not in line and "code_limited" not in line)
        for name, file in asking(MONEY).items()
    }
    flow, problems = load(old)
    assert flow is not None, problems
    here = Small(check_pin=LIMITED)
    here.flow = flow
    for keys in (*TO_WAY, "1"):
        here.hear(Pressed(keys))
    told = here.hear(Pressed(PIN))
    assert here.asked[-1] == "send_code"
    assert NO_PIN not in told
    assert NEITHER not in told
