"""The kinds that ask the wallet, in the editor: their forms, another question, rehearsals of every answer, words."""

import json
from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ivr.console.texts_wallet import ANSWERED, ASKED, answered
from ivr.editor import settings
from ivr.editor.differences import differences
from ivr.editor.edits import Add, Ask, Set, apply
from ivr.editor.forms import forms
from ivr.editor.rehearsals import Saved, differing, kept, saved, timed
from ivr.editor.rehearse import rehearsed
from ivr.editor.schema import schema
from ivr.editor.state import state
from ivr.flow.flow import Flow
from ivr.flow.load import load
from ivr.flow.picture import picture
from ivr.flow.questions import QUESTIONS
from ivr.flow.secret import SEALED
from ivr.flow.text import parse
from tests.asking import asking
from tests.small import small
from tests.world import OPEN

FILES = dict(asking())
CALLER = "+8613800138000"
PIN = "246810"
PROVEN = ("2", "8800000001", "1", PIN)


def flow() -> Flow:
    made, problems = load(FILES)
    assert made, problems
    return made


def fields(kind: str) -> dict[str, Any]:
    return {field["name"]: field for field in forms()[kind]["fields"]}


def test_every_question_and_every_answer_has_words_in_both_languages() -> None:
    assert ASKED.keys() == QUESTIONS.keys()
    every = {(name, outcome) for name, one in QUESTIONS.items() for outcome in one.all}
    assert {outcome for _, outcome in every} | {f"{name}.{one}" for name, one in every} >= ANSWERED.keys()
    for name, outcome in every:
        told = answered(name, outcome)
        assert not told["zh"].isascii(), (name, outcome)
        assert told["en"].isascii(), (name, outcome)
    for name, one in QUESTIONS.items():
        assert len({answered(name, outcome)["zh"] for outcome in one.all}) == len(one.all), "they are told apart"


def test_a_look_up_has_a_row_for_each_answer_of_its_question() -> None:
    told = fields("lookup")
    assert (told["ask"]["type"], told["ask"]["options"]) == ("choice", [*QUESTIONS])
    assert told["ask"]["called"]["refund"] == {"zh": "退款怎么样了", "en": "What became of a refund"}
    assert (told["outcomes"]["type"], told["outcomes"]["by"]) == ("ways", "ask")
    assert [one["value"] for one in told["outcomes"]["rows"]["withdrawal"]] == [*QUESTIONS["withdrawal"].all]
    assert told["nth"]["only"] == {"ask": ["failed_payment", "subscription"]}
    assert fields("sms")["text"]["most"] == 300
    json.dumps(forms())


@pytest.mark.parametrize("kind", ["lookup", "verify", "sms", "mark", "agent"])
def test_fields_and_kinds_are_called_in_both_languages(kind: str) -> None:
    assert not forms()[kind]["title"]["zh"].isascii()
    assert not [name for name, field in fields(kind).items() if field["title"]["zh"].isascii()]


def test_another_question_keeps_what_fits() -> None:
    made = apply(FILES, Ask(do="ask", place="money.last", question="failed_payment"))
    node = parse("money.yaml", made["money.yaml"])[0].data["last"]
    ways = {"none": "paid", "unavailable": "person", "slow": "person"}
    assert node == {"kind": "lookup", "ask": "failed_payment", "nth": "first", "outcomes": ways}
    again = apply(made, Ask(do="ask", place="money.last", question="refund"))
    node = parse("money.yaml", again["money.yaml"])[0].data["last"]
    assert node == {"kind": "lookup", "ask": "refund", "outcomes": ways}


def test_a_new_look_up_is_asked_something_and_led_on() -> None:
    made = apply(FILES, Add(do="add", place="money.ours", kind="lookup"))
    made = apply(made, Ask(do="ask", place="money.ours", question="ours"))
    for outcome in QUESTIONS["ours"].all:
        made = apply(made, Set(do="set", place="money.ours", path=("outcomes", outcome), value="person"))
    node = parse("money.yaml", made["money.yaml"])[0].data["ours"]
    assert node["outcomes"] == dict.fromkeys(QUESTIONS["ours"].all, "person")
    made = apply(made, Set(do="set", place="money.ours", path=("outcomes", "yes"), value=None))
    assert "yes" not in parse("money.yaml", made["money.yaml"])[0].data["ours"]["outcomes"]


def test_the_words_around_questions_are_settings_like_others_also_where_there_were_none() -> None:
    files = dict(small())
    form = {f"{row.name}.{tag}": "好" for row in settings.rows(files, "wallet") for tag in ("zh-CN",)}
    form["looking.en-US"] = "Please wait"
    for edit in settings.changes(files, "wallet", form):
        files = apply(files, edit)
    assert parse("hotline.yaml", files["hotline.yaml"])[0].data["wallet"]["pin"] == "好"
    assert 'hotline.wallet.looking: "Please wait"' in files["languages/en-US.yaml"]
    titles = {row.name: row.title["zh"] for row in settings.rows(FILES, "wallet")}
    assert titles["wrong_pin"] == "号码或密码不对"


def test_ways_from_a_look_up_are_named_by_its_answers() -> None:
    edges = [one for one in state(FILES, [], "zh")["edges"] if one["from"] == "money.hold"]
    assert {one["label"] for one in edges} == {*QUESTIONS["freeze"].all}
    names = {one["place"]: one["name"] for one in state(FILES, [], "zh")["nodes"]}
    assert (names["money.hold"], names["money.next"]) == ("临时冻结钱包", "还要做什么？")
    broken = state({**FILES, "money.yaml": FILES["money.yaml"].replace("ask: freeze", "ask: [a]")}, [], "zh")
    assert {one["name"] for one in broken["nodes"] if one["place"] == "money.hold"} == {"冻结"}
    (way,) = (one for one in picture(flow(), "zh-CN").ways if (one.start, one.end) == ("money.hold", "money.held"))
    assert way.by == ("freeze.frozen", "freeze.already")


def told(*inputs: dict[str, Any]) -> dict[str, Any]:
    """Return how a rehearsal goes."""
    at = (OPEN + timedelta(seconds=5)).isoformat()
    return rehearsed(flow(), CALLER, OPEN, timed([{"input": one, "at": at} for one in inputs]))


def pressed(*keys: str) -> list[dict[str, Any]]:
    return [{"is": "Pressed", "keys": one} for one in keys]


def offer(page: dict[str, Any], words: str) -> dict[str, Any]:
    """Return what is offered by these words."""
    found: dict[str, Any] = next(one for one in page["offers"] if one["label"]["zh"] == words)
    return found


def test_a_rehearsed_call_is_told_any_answer_by_its_words() -> None:
    inputs = pressed(*PROVEN)
    page = told(*inputs)
    assert {"钱包回答：正确", "钱包回答：不对", "钱包回答：没有及时回答"} <= {
        one["label"]["zh"] for one in page["offers"]
    }
    inputs.append(offer(page, "钱包回答：正确")["input"])
    page = told(*inputs)
    assert len([one for one in page["offers"] if "钱包" in one["label"]["zh"]]) == len(QUESTIONS["withdrawal"].all)
    page = told(*inputs, offer(page, "钱包回答：超过单笔限额")["input"])
    assert page["place"] == "money.next"
    assert {"zh": "钱包回答：超过单笔限额", "en": "The wallet answers: over the limit of one"} in [
        one["words"] for one in page["lines"]
    ]
    assert any("一百二十八元" in str(one["words"]) for one in page["lines"])


def test_what_is_keyed_in_confidence_is_asked_for_and_never_told_again() -> None:
    page = told(*pressed(*PROVEN[:2]))
    assert offer(page, "用支付密码")["input"] == {"is": "Pressed", "keys": "1"}
    page = told(*pressed(*PROVEN[:3]))
    assert page["secret"] is True
    assert offer(page, "输入密码或验证码")["input"] == {"is": "Pressed", "keys": SEALED}
    page = told(*pressed(*PROVEN))
    assert page["sealed"] == [{"at": 3, "keys": SEALED}]
    assert page["secret"] is False
    assert told(*pressed(*PROVEN[:3], SEALED))["sealed"] == []
    assert told(*pressed(*PROVEN[:3], "24681"))["sealed"] == [{"at": 3, "keys": "?"}], "a part of it is one, too"
    assert PIN not in json.dumps([page, told(*pressed(*PROVEN[:3]))])


def test_a_saved_rehearsal_keeps_the_answers_and_no_secret() -> None:
    right = offer(told(*pressed(*PROVEN)), "钱包回答：正确")["input"]
    inputs = timed([{"input": one, "at": OPEN.isoformat()} for one in (*pressed(*PROVEN[:3], "24681", PIN), right)])
    files = kept(FILES, flow(), Saved("提现", CALLER, OPEN, inputs))
    assert not [secret for secret in (PIN, "24681") if secret in files["rehearsals.yaml"]]
    ((one,), problems) = saved(files)
    assert (problems, differing(flow(), one)) == ([], None)
    assert "~ the wallet: right" in one.page
    assert kept(files, flow(), one) == files
    assert load(files)[1] == []


def test_what_nobody_heard_of_a_rehearsal_is_no_secret_either() -> None:
    broken = timed(
        [
            {"input": one, "at": OPEN.isoformat()}
            for one in ({"is": "Recorded", "sid": "x", "seconds": 1}, *pressed(PIN))
        ]
    )
    assert PIN not in kept(FILES, flow(), Saved("断", CALLER, OPEN, broken))["rehearsals.yaml"]


def test_an_answer_to_another_question_does_not_fit() -> None:
    frozen = {"is": "Found", "facts": {"facts": {}}, "outcome": "frozen"}
    page = told(*pressed(*PROVEN), frozen)
    assert page["lines"][-1]["words"]["zh"].startswith("这一步在这里不会发生：钱包回答：")
    less = {"is": "Found", "facts": {"facts": {}}, "outcome": "right"}
    assert "不会发生" in str(told(*pressed(*PROVEN), less)["lines"][-1]["words"]), "it tells less than the wallet does"


def test_what_changed_in_a_look_up_is_told_in_words() -> None:
    made = apply(FILES, Set(do="set", place="money.hold", path=("outcomes", "capped"), value="held"))
    (one,) = differences(FILES, made, "zh")
    assert one.words == "钱包回答“冻结次数已到上限”时，现在通往 已登记，受理编号…。 (money.held)，原来通往 person.start"
    gone = apply(FILES, Set(do="set", place="money.hold", path=("outcomes", "capped"), value=None))
    (one,) = differences(FILES, gone, "en")
    assert (
        one.words
        == "what the wallet answers as “frozen too often already” leads nowhere any more, before: person.start"
    )
    (one,) = differences(gone, FILES, "en")
    assert (
        one.words == "what the wallet answers as “frozen too often already” now leads to person.start, before: nowhere"
    )


def test_another_question_is_told_by_its_words() -> None:
    made = apply(FILES, Ask(do="ask", place="money.last", question="failed_payment"))
    words = [one.words for one in differences(FILES, made, "zh")]
    assert "问钱包什么：现在是 最近失败的付款，原来是 最近一次提现怎么样了" in words
    assert "列表中的哪一条：现在是 第一条" in words
    assert "钱包回答“超过单笔限额”时，不再有去处，原来通往 您要提…，单笔最多…。 (money.over)" in words
    other = apply(FILES, Set(do="set", place="money.texted", path=("to",), value="caller"))
    assert [one.words for one in differences(FILES, other, "zh")] == ["发给谁：现在是 来电号码，原来是 账户的手机"]


def test_the_schema_knows_questions_and_their_answers() -> None:
    made = schema()
    valid = Draft202012Validator({"$ref": "#/$defs/menu", "$defs": made["$defs"]})
    lookup = made["$defs"]["kind_lookup"]
    assert lookup["properties"]["ask"]["enum"] == [*QUESTIONS]
    data = parse("money.yaml", FILES["money.yaml"])[0].data
    assert not [*valid.iter_errors(data)]
    for change in (
        {"ask": "payday"},
        {"ask": "refund"},
        {"nth": "first"},
        {"outcomes": {"paid": "person"}},
        {"outcomes": data["last"]["outcomes"] | {"maybe": "person"}},
    ):
        assert [*valid.iter_errors(data | {"last": data["last"] | change})], change
    ways = dict.fromkeys(QUESTIONS["subscription"].all, "person")
    listed = {"kind": "lookup", "ask": "subscription", "outcomes": ways}
    assert [*valid.iter_errors(data | {"last": listed})], "it is about a list"
    assert not [*valid.iter_errors(data | {"last": listed | {"nth": "next"}})]
