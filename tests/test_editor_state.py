"""The editor shows what there is of broken menus, makes forms from the kinds, and plays calls with no carrier."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ivr import folders
from ivr.editor.forms import form, forms
from ivr.editor.rehearsals import Saved, differing, kept, moment, saved, timed
from ivr.editor.rehearse import heard, rehearsed
from ivr.editor.state import state
from ivr.flow.call import Call
from ivr.flow.flow import Flow
from ivr.flow.load import load
from ivr.flow.move import Move
from ivr.flow.node import Key, Node, Place, QueueName, Words, go
from ivr.flow.nodes import kinds
from tests.desk_site import real_flow
from tests.small import HOTLINE, PERSON, small

MENUS = folders.menus(Path(__file__).parents[1] / "menus")
AT = moment("2026-11-26T10:00:00+08:00")


def shown(files: dict[str, str]) -> dict[str, Any]:
    """Return the state of files with their problems."""
    return state(files, load(files)[1], "zh")


def test_each_node_is_shown_with_its_words_in_all_languages_and_its_ways() -> None:
    told = shown(MENUS)
    assert told["problems"] == []
    assert told["places"] == [node["place"] for node in told["nodes"]] == [*real_flow().nodes]
    assert told["zone"] == "Asia/Shanghai"
    node = next(one for one in told["nodes"] if one["place"] == "main.account")
    assert (node["kind"], node["file"], MENUS["main.yaml"].split("\n")[node["line"] - 1]) == (
        "menu",
        "main.yaml",
        "account:",
    )
    assert node["words"]["choices.frozen"] == {"zh-CN": "账户冻结", "en-US": "For a frozen account"}
    assert node["fields"]["choices"]["1"] == {"for": "账户冻结", "go": "frozen"}
    way = {"from": "main.account", "to": "frozen.start", "label": "1", "path": ["choices", "1", "go"]}
    assert way in told["edges"]
    assert [(one["tag"], one["name"]) for one in told["languages"]] == [("zh-CN", "普通话"), ("en-US", "英语")]


def test_broken_files_leave_the_rest_to_be_seen_and_edited() -> None:
    files = {**small(person=PERSON.replace("kind: hours, open", "kind: opening, open", 1), hotline=f"{HOTLINE}x: [")}
    told = shown(files)
    assert {one["file"] for one in told["problems"]} == {"hotline.yaml", "person.yaml"}
    assert next(one["place"] for one in told["problems"] if one["file"] == "person.yaml") == "person.start"
    assert {"main.start", "person.start", "person.line"} <= set(told["places"])
    node = next(one for one in told["nodes"] if one["place"] == "main.start")
    assert node["words"]["say"] == {"zh-CN": "您好。", "en-US": "Hello."}


@pytest.mark.parametrize(
    "text", ["", "- 1", "start: 7", "start: {kind: [menu]}", "start: {kind: menu, choices: {1: x}}"]
)
def test_no_text_stops_the_editor(text: str) -> None:
    for name in ("main.yaml", "hotline.yaml", "queues.yaml", "hours.yaml", "languages/en-US.yaml", "extra.yaml"):
        told = shown({**small(), name: text})
        assert told["files"][name] == text
        assert all(edge["from"] in told["places"] for edge in told["edges"])


class Transfer(Node):
    """A kind that nobody has made yet."""

    say: Words
    to: Place
    queue: QueueName | None = None
    key: Key = "1"
    often: int = 3
    loud: bool = False

    def enter(self, flow: Flow, call: Call) -> Move:
        """Go on."""
        return go(self.to)


def test_a_new_kind_has_its_form_from_its_fields_alone() -> None:
    told = [(one["name"], one["type"], one["required"], one["default"]) for one in form(Transfer)]
    assert told == [
        ("say", "words", True, None),
        ("to", "place", True, None),
        ("queue", "queue", False, None),
        ("key", "key", False, "1"),
        ("often", "number", False, 3),
        ("loud", "flag", False, False),
    ]


def test_every_kind_has_a_form_with_titles_in_both_languages() -> None:
    assert forms().keys() == kinds().keys()
    for kind in forms().values():
        assert all(field["title"]["zh"] and field["title"]["en"] for field in kind["fields"])
    menu = {field["name"]: field["type"] for field in forms()["menu"]["fields"]}
    assert menu == {"say": "words", "help": "words", "choices": "choices", "missed": "place"}
    collect = {field["name"]: field["options"] for field in forms()["collect"]["fields"]}
    assert collect["form"] == ["digits", "phone", "amount", "date"]


def played(*inputs: dict[str, Any], at: datetime = AT, flow: Flow | None = None) -> dict[str, Any]:
    """Return how a call goes."""
    given = timed([{"input": one, "at": at.isoformat()} for one in inputs])
    return rehearsed(flow or real_flow(), "+8613800138000", at, given)


def pressed(keys: str) -> dict[str, Any]:
    """Return keys as an input."""
    return {"is": "Pressed", "keys": keys}


def test_a_call_can_be_played_to_its_end_by_what_is_offered_alone() -> None:
    inputs: list[dict[str, Any]] = []
    for wanted in (pressed("1"), *[{"is": "Silence"}] * 3, pressed("1")):
        offers = played(*inputs)["offers"]
        inputs.append(next(one["input"] for one in offers if one["input"] == wanted))
    line = played(*inputs)
    assert line["place"] == "stolen.line"
    assert {"坐席接听，然后通话结束", "队列已满", "队列出故障"} <= {one["label"]["zh"] for one in line["offers"]}
    done = played(*inputs, {"is": "LeftQueue", "result": "bridged"})
    assert (done["ended"]["en"], done["offers"]) == ("served", [])
    assert [one["mark"] for one in done["lines"]][-3:] == ["~", "<", "="]


def test_every_offer_can_be_taken_wherever_a_call_stands() -> None:
    for keys in ("", "1", "2", "11", "112"):
        before = [pressed(key) for key in keys]
        for offer in played(*before)["offers"]:
            after = played(*before, offer["input"])
            assert after["ended"] != {"zh": "中断", "en": "broken off"}, offer
            assert {"zh", "en"} == offer["label"].keys()


def test_at_night_a_call_goes_as_it_would_at_night() -> None:
    night = moment("2026-11-26T23:00:00+08:00")
    assert played(pressed("0"), at=night)["place"] == "person.choice"
    assert played(pressed("0"))["place"] == "person.line"


def test_an_input_that_does_not_fit_any_more_is_told_as_such() -> None:
    told = played({"is": "LeftQueue", "result": "bridged"}, pressed("1"))
    assert told["ended"]["en"] == "broken off"
    assert told["lines"][-1]["words"]["zh"] == "这一步在这里不会发生：坐席接听，然后通话结束"
    assert told["offers"] == []


def test_a_call_that_breaks_off_says_why() -> None:
    back = kinds()["say"].model_validate({"place": "main.choose", "say": "哦", "then": "start"})
    told = played(flow=replace(real_flow(), nodes={**real_flow().nodes, "main.choose": back}))
    assert "30 nodes passed" in told["lines"][-1]["words"]["en"]


def test_what_is_no_input_is_refused() -> None:
    for given in ({}, {"is": "Keys"}, {"is": "Pressed", "keys": None}, {"is": "InLine", "position": "x", "waited": 1}):
        with pytest.raises(ValueError):
            heard(given)


def test_a_saved_rehearsal_belongs_to_the_menus_and_shows_what_goes_differently() -> None:
    inputs = timed([{"input": pressed("1"), "at": AT.isoformat()}, {"input": {"is": "Silence"}, "at": AT.isoformat()}])
    files = kept(MENUS, real_flow(), Saved("被盗: 1", "+8613800138000", AT, inputs))
    assert load(files)[1] == []
    ((one,), problems) = saved(files)
    assert (problems, one.inputs, differing(real_flow(), one)) == ([], inputs, None)
    words = {**files, "stolen.yaml": files["stolen.yaml"].replace("别急", "请别急")}
    flow, _ = load(words)
    assert flow
    assert [line for line in differing(flow, one) or [] if line[0] in "+-"] == [
        "- < 别急，马上冻结。",
        "+ < 请别急，马上冻结。",
    ]
    again = kept(files, real_flow(), one)
    assert again == files
    wrong = {**files, "rehearsals.yaml": files["rehearsals.yaml"].replace("is: Pressed", "is: Pushed")}
    assert [problem.line for problem in saved(wrong)[1]] == [1]
