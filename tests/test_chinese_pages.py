"""Whoever reads the console in Chinese is told in Chinese what is wrong with menus, by every page and answer."""

from collections.abc import Callable
from typing import Any

import pytest

from ivr.editor.publishing import without
from tests.desk_site import Site
from tests.test_chinese import english_in
from tests.test_draft_pages import AT, CALL, Editor, clock, hire, olga, site

__all__ = ["clock", "hire", "olga", "site"]

WRONG = "start: {kind: menu, sya: 您好。, choices: {9: {for: 冻结, go: nowhere}}}\n"
TRAP = {"do": "choice", "place": "main.more", "key": "2", "go": "person.survey"}


@pytest.fixture
def mei(olga: Editor) -> Editor:
    """Who has draft 1 and reads Chinese."""
    olga.client.get("/desk/menus?lang=zh")
    return olga


def told(*found: str) -> list[str]:
    """Return what is not told in Chinese."""
    return [one for one in found if one.isascii() or english_in(one)]


def test_problems_are_told_to_each_reader_in_their_language(mei: Editor, hire: Callable[..., Editor]) -> None:
    state = mei.post("edits", revision=0, edits=[{"do": "file", "name": "refund.yaml", "text": WRONG}]).get_json()
    words = [one["words"] for one in state["problems"]]
    assert "这里没有“sya”这个字段：是不是要写“say”？" in words
    assert told(*words) == []
    others = hire("sam", "operations").get("state").get_json()["problems"]
    assert "there is no field 'sya' here: did you mean 'say'?" in [one["words"] for one in others]
    assert [(one["file"], one["line"]) for one in others] == [(one["file"], one["line"]) for one in state["problems"]]
    proof = mei.post("proof", revision=1).get_json()
    assert [one["words"] for one in proof["problems"]] == words
    rehearsal = mei.post("rehearse", **CALL, inputs=[]).get_json()
    assert [one["words"] for one in rehearsal["problems"]] == words
    refused = mei.post("publish", revision=1, note="春季").get_json()
    assert [one["words"] for one in refused["problems"]] == words
    for page in ("prompts", "hours", "yesterday"):
        shown = mei.get(page).text
        assert ("refund.yaml 第 1 行：这里没有“sya”" in shown) == (page == "prompts")
    began = mei.client.post(
        "/desk/menus/drafts/1/yesterday", data={"since": "2026-11-22", "until": "2026-11-22", "csrf_token": mei.token}
    )
    assert (began.status_code, "refund.yaml 第 1 行：这里没有“sya”" in began.text) == (422, True)


def test_a_trap_and_the_call_into_it_are_told(mei: Editor) -> None:
    mei.post("edits", revision=0, edits=[TRAP])
    found = mei.post("proof", revision=1).get_json()
    assert found["traps"]
    assert told(*(one[name] for one in found["traps"] for name in ("words", "told"))) == []
    assert all(one["told"].endswith(f" → {one['words']}") for one in found["traps"])
    assert any("] 来电，" in one["told"] for one in found["traps"])
    assert told(*found["figures"]["goals"]) == []
    refused = mei.post("publish", revision=1, note="春季").get_json()
    assert [one["told"] for one in refused["traps"]] == [one["told"] for one in found["traps"]]


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ({"do": "remove", "place": "main.nowhere"}, "步骤“main.nowhere”已经不在了：请刷新页面"),
        ({"do": "choice", "place": "main.more", "key": "1", "to_key": "7", "go": 7}, "edits.0.choice.go：应当是文字"),
        ({"do": "dance"}, "edits.0：没有“dance”这种操作"),
        ({"do": "file", "name": "main.yaml", "text": "matter: \ud800"}, "edits.0.file.text：文字里有无效的字符"),
    ],
)
def test_edits_are_refused(mei: Editor, edit: dict[str, Any], words: str) -> None:
    answer = mei.post("edits", revision=0, edits=[edit])
    assert (answer.status_code, told(answer.get_json()["message"])) == (422, [])
    assert answer.get_json()["message"].startswith(words)
    assert told(*(one["words"] for one in answer.get_json().get("problems", ()))) == []


def test_the_lines_of_a_rehearsal_are_told_but_for_what_callers_hear(mei: Editor) -> None:
    inputs = [{"input": {"is": "Silence"}, "at": AT}, {"input": {"is": "HungUp"}, "at": AT}]
    lines = mei.post("rehearse", **CALL, inputs=inputs).get_json()["lines"]
    assert [line["words"] for line in lines if line["mark"] in ">="] == ["（不出声）", "（挂断）", "客户挂断"]
    assert any(line["language"] == "en-US" for line in lines if line["mark"] == "<")
    wrong = mei.post("rehearse", **CALL | {"at": "soon"}, inputs=[]).get_json()["message"]
    assert wrong == "这一步无法排练：“soon”不是有效的时间"


def test_the_page_of_a_rehearsal_that_goes_differently_is_told_but_for_what_callers_hear(mei: Editor) -> None:
    inputs = [{"input": {"is": "Silence"}, "at": AT}, {"input": {"is": "HungUp"}, "at": AT}]
    assert mei.post("rehearsals", name="不出声", **CALL, inputs=inputs).status_code == 200
    words = {"do": "words", "language": "zh-CN", "place": "main.start.say", "value": "早上好。"}
    assert mei.post("edits", revision=1, edits=[words]).status_code == 200
    (found,) = mei.post("proof", revision=2).get_json()["rehearsals"]
    assert (found["words"], "+ < 早上好。" in found["lines"]) == ("排练“不出声”现在走得不一样了。", True)
    assert [line for line in found["lines"] if line[2] in ">="] == ["  > （不出声）", "  > （挂断）", "  = 客户挂断"]


def test_older_menus_and_eyes_are_refused(site: Site, mei: Editor) -> None:
    files = site.publishing.library.files(site.publishing.last().version)
    version = site.publishing.library.keep({**without(files), "refund.yaml": WRONG}, site.clock(), "sam", "", "{}")
    form = {"note": "", "csrf_token": mei.token}
    page = mei.client.post(f"/desk/menus/versions/{version}/back", data=form)
    assert (page.status_code, "refund.yaml 第 1 行：这里没有“sya”" in page.text) == (409, True)
    eyes = {"do": "set", "place": "hotline", "path": ["publish"], "value": "four-eyes"}
    revision = mei.post("edits", revision=0, edits=[eyes]).get_json()["revision"]
    assert mei.post("publish", revision=revision, note="双人复核").status_code == 200
    number = site.publishing.drafts.begin("olga", site.publishing.last().version, site.clock(), "夏季")
    words = {"do": "words", "language": "zh-CN", "place": "main.more.say", "value": "还有事吗？"}
    mei.post("edits", number, revision=0, edits=[words])
    answer = mei.post("publish", number, revision=1, note="夏季")
    assert (answer.status_code, answer.get_json()["message"]) == (409, "双人复核：olga 参与了修改，要由别人发布")


def test_what_is_too_large_or_comes_from_an_old_page_is_refused(mei: Editor) -> None:
    large = mei.post("edits", revision=0, edits=[{"do": "file", "name": "main.yaml", "text": "x" * 1_100_000}])
    assert (large.status_code, large.get_json()["message"]) == (413, "内容太大，无法接收。")
    old = mei.client.post("/desk/menus/drafts/1/edits", json={"revision": 0, "edits": []})
    assert (old.status_code, old.get_json()["message"]) == (400, "这一页已经过期，或请求不完整：请刷新页面再试。")
    shown = mei.client.post("/desk/menus/drafts/1/hours/callbacks", data={"hours": "09:00-18:00"})
    assert (shown.status_code, "这一页已经过期" in shown.text) == (400, True)


def test_hours_and_emergencies_are_refused(mei: Editor) -> None:
    form = {"csrf_token": mei.token, "revision": 0}
    page = mei.client.post("/desk/menus/drafts/1/hours/callbacks", data={**form, "hours": "9-18"})
    assert (page.status_code, "未保存：看不懂时间“9-18”：请写成" in page.text) == (422, True)
    until = {"until": "2h", "queues": "payments", "kind": "divert", "number": "+4930123456"}
    queue = {"name": "V I P", "called.zh-CN": "贵宾"}
    page = mei.client.post("/desk/menus/drafts/1/settings/add_queue", data=form | queue)
    assert (page.status_code, "未保存：请用小写字母、数字和 _ 写队列名" in page.text) == (422, True)
    page = mei.client.post("/desk/menus/emergency/preview", data={**form, **until})
    assert (page.status_code, "“+4930123456”打不通：请写以 +86" in page.text) == (422, True)
