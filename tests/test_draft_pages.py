"""Drafts are edited over HTTP: whose they are, who was faster, what cannot be read, what may not be published."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.desk_site import Site, log_in, token
from tests.test_people import clock, site

__all__ = ["clock", "site"]

AT = "2026-11-26T10:00:00+08:00"
CALL = {"at": AT, "caller": "+8613800138000"}
WORDS = {"do": "words", "language": "zh-CN", "place": "main.more.say", "value": "还有事吗？"}


class Editor:
    """Somebody's browser with a draft."""

    def __init__(self, site: Site, name: str, *roles: str) -> None:
        self.client: FlaskClient = site.app.test_client()
        self.client.get("/desk/login?lang=en")
        log_in(self.client, name, site.hire(name, *roles), front="/desk/account")
        self.token = token(self.client.get("/desk/account").text)

    def get(self, path: str, number: int = 1) -> TestResponse:
        """Look at something of a draft."""
        return self.client.get(f"/desk/menus/drafts/{number}/{path}")

    def post(self, path: str, number: int = 1, **body: Any) -> TestResponse:
        """Do something to a draft."""
        return self.client.post(f"/desk/menus/drafts/{number}/{path}", json=body, headers={"X-CSRFToken": self.token})


@pytest.fixture
def olga(site: Site) -> Editor:
    """Who has draft 1, and may publish it."""
    last = site.publishing.last()
    site.publishing.drafts.begin("olga", last.version, site.clock(), "Spring")
    return Editor(site, "olga", "operations")


@pytest.fixture
def hire(site: Site) -> Callable[..., Editor]:
    """Return how others come to the site."""
    return lambda name, *roles: Editor(site, name, *roles)


def test_a_draft_is_shown_and_each_edit_is_a_step_that_can_be_undone(olga: Editor) -> None:
    page = olga.client.get("/desk/menus/drafts/1")
    assert 'id="editor" data-url="/desk/menus/drafts/1"' in page.text
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    state = olga.get("state").get_json()
    assert (state["revision"], state["mine"]) == (0, True)
    assert state["can"] == {"edit": True, "publish": True, "take_over": False}
    assert (state["problems"], state["undo"], state["redo"]) == ([], False, False)
    assert {"zh-CN": "还有什么可以帮您？", "en-US": "Is there anything else we can help with?"} in [
        node["words"]["say"] for node in state["nodes"] if node["place"] == "main.more"
    ]
    after = olga.post("edits", revision=0, edits=[WORDS]).get_json()
    assert (after["revision"], after["undo"]) == (1, True)
    assert "还有事吗？" in after["files"]["main.yaml"]
    lines = olga.get("differences").get_json()["lines"]
    assert [line["place"] for line in lines] == ["main.more"]
    undone = olga.post("undo", revision=1).get_json()
    assert undone["files"] == state["files"]
    assert (undone["undo"], undone["redo"]) == (False, True)
    assert olga.post("redo", revision=2).get_json()["files"] == after["files"]


def test_edits_are_all_made_or_none(olga: Editor) -> None:
    gone = {"do": "remove", "place": "main.gone"}
    refused = olga.post("edits", revision=0, edits=[WORDS, gone])
    assert refused.status_code == 422
    assert "main.gone" in refused.get_json()["message"]
    assert olga.get("state").get_json()["revision"] == 0


def test_an_edit_that_leaves_the_menus_wrong_is_taken_and_told(olga: Editor) -> None:
    broken = {"do": "file", "name": "main.yaml", "text": "start: ["}
    state = olga.post("edits", revision=0, edits=[broken]).get_json()
    assert [one["file"] for one in state["problems"]] == ["main.yaml"]
    assert "person.line" in state["places"]
    refused = olga.post("edits", revision=1, edits=[WORDS])
    assert (refused.status_code, refused.get_json()["problems"][0]["file"]) == (422, "main.yaml")
    assert olga.post("rehearse", **CALL, inputs=[]).status_code == 422
    assert olga.post("undo", revision=1).get_json()["problems"] == []


def test_a_stale_tab_is_told_who_was_faster_and_nothing_is_lost(olga: Editor) -> None:
    assert olga.post("edits", revision=0, edits=[WORDS]).status_code == 200
    for path, body in (("edits", {"edits": [WORDS]}), ("undo", {}), ("redo", {}), ("publish", {"note": "x"})):
        late = olga.post(path, revision=0, **body)
        assert (late.status_code, late.get_json()["by"], late.get_json()["revision"]) == (409, "olga", 1)
        assert "olga" in late.get_json()["message"]


def test_two_editors_at_once_have_the_draft_one_after_the_other(
    site: Site, olga: Editor, hire: Callable[..., Editor]
) -> None:
    sam = hire("sam", "supervisor")
    state = sam.get("state").get_json()
    assert (state["owner"], state["mine"]) == ("olga", False)
    assert state["can"] == {"edit": False, "publish": False, "take_over": True}
    refused = sam.post("edits", revision=0, edits=[WORDS])
    assert (refused.status_code, refused.get_json()["by"]) == (409, "olga")
    taken = sam.post("owner").get_json()
    assert (taken["owner"], taken["mine"], taken["can"]["edit"], taken["can"]["take_over"]) == (
        "sam",
        True,
        True,
        False,
    )
    assert sam.post("edits", revision=0, edits=[WORDS]).status_code == 200
    late = olga.post("edits", revision=0, edits=[WORDS])
    assert (late.status_code, late.get_json()["by"]) == (409, "sam")


def test_who_may_not_publish_or_edit_is_kept_out(olga: Editor, hire: Callable[..., Editor]) -> None:
    sam, alice = hire("sam", "supervisor"), hire("alice", "agent")
    assert sam.post("publish", revision=0, note="x").status_code == 403
    assert alice.get("state").status_code == 403
    assert alice.post("edits", revision=0, edits=[WORDS]).status_code == 403
    assert alice.post("owner").status_code == 403
    forged = olga.client.post("/desk/menus/drafts/1/edits", json={"revision": 0, "edits": [WORDS]})
    assert forged.status_code == 400


def test_an_unknown_draft_is_not_there(olga: Editor) -> None:
    for number in (2, 2**31, 2**70):
        assert olga.get("state", number).status_code == 404
        assert olga.get("differences", number).status_code == 404
        for path in ("edits", "undo", "owner", "proof", "rehearse", "rehearsals", "publish"):
            body = {"revision": 0, "edits": [WORDS], **CALL, "name": "x", "note": "x"}
            assert olga.post(path, number, **body).status_code == 404


BAD: list[Any] = [
    None,
    [],
    "text",
    {},
    {"revision": "one", "edits": [WORDS]},
    {"revision": -1, "edits": [WORDS]},
    {"revision": 2**64, "edits": [WORDS]},
    {"revision": 0, "edits": []},
    {"revision": 0, "edits": [{"do": "explode"}]},
    {"revision": 0, "edits": [{**WORDS, "more": 1}]},
    {"revision": 0, "edits": [{**WORDS, "value": 7}]},
    {"revision": 0, "edits": [{**WORDS, "value": "\ud800"}]},
    {"revision": 0, "edits": [{"do": "set", "place": "main.more", "path": ["a"], "value": {"b": "\ud800"}}]},
    {"revision": 0, "edits": [{"do": "set", "place": "main.more", "path": [{}], "value": 1}]},
    {"revision": 0, "edits": [{"do": "set", "place": "main.more", "path": [], "value": "x"}]},
    {"revision": 0, "edits": [{"do": "set", "place": "main", "path": [], "value": "x"}]},
    {"revision": 0, "edits": [{"do": "set", "place": "main.more", "path": ["say", "x"], "value": "x"}]},
    {"revision": 0, "edits": [{"do": "set", "place": "main.more", "path": [3], "value": "x"}]},
]


@pytest.mark.parametrize("number", range(len(BAD)))
def test_what_is_no_edit_is_a_clear_422_and_never_an_error_of_ours(olga: Editor, number: int) -> None:
    headers = {"X-CSRFToken": olga.token}
    answer = olga.client.post("/desk/menus/drafts/1/edits", json=BAD[number], headers=headers)
    assert answer.status_code == 422, answer.text
    assert answer.get_json()["message"]


def test_what_is_too_large_is_refused(olga: Editor) -> None:
    text = {"do": "file", "name": "main.yaml", "text": "# " + "x" * 150_000}
    assert olga.post("edits", revision=0, edits=[text]).status_code == 200
    assert olga.post("edits", revision=1, edits=[text] * 9).status_code == 413
    text["text"] = "x" * 200_001
    assert olga.post("edits", revision=1, edits=[text]).status_code == 422


def test_a_rehearsal_is_played_kept_and_stands_against_publishing_once_it_goes_differently(
    site: Site, olga: Editor
) -> None:
    begun = olga.post("rehearse", **CALL, inputs=[]).get_json()
    offer = next(one for one in begun["offers"] if one["input"] == {"is": "Pressed", "keys": "1"})
    assert offer["label"] == {"zh": "钱包被盗、可疑交易", "en": "Stolen wallet or strange payment"}
    inputs = [{"input": offer["input"], "at": "2026-11-26T10:00:05+08:00"}]
    went = olga.post("rehearse", **CALL, inputs=inputs).get_json()
    assert (went["place"], went["ended"]) == ("stolen.start", "")
    kept = olga.post("rehearsals", name="stolen", **CALL, inputs=inputs).get_json()
    assert "  page:\n" in kept["files"]["rehearsals.yaml"]
    assert kept["problems"] == []
    words = {**WORDS, "place": "stolen.start.say", "value": "请等一下。"}
    assert olga.post("edits", revision=1, edits=[words]).status_code == 200
    refused = olga.post("publish", revision=2, note="try")
    assert refused.status_code == 422
    (one,) = refused.get_json()["rehearsals"]
    assert (one["name"], one["lines"].count("+ < 请等一下。")) == ("stolen", 1)
    assert olga.post("rehearsals", name="stolen", **CALL, inputs=inputs).status_code == 200
    done = olga.post("publish", revision=3, note="calmer")
    assert done.get_json() == {"version": site.publishing.last().version}
    assert site.publishing.last().by == "olga"
    audited = [(one.act, one.subject) for one in site.app.extensions["audit"].page(9, act="menus.publish")]
    assert audited == [("menus.publish", "draft 1")] * 2


def test_a_trap_is_told_with_a_call_that_can_be_played_into_it(olga: Editor) -> None:
    trap = {"do": "set", "place": "person.waited", "path": ["missed"], "value": "goodbye"}
    lost = {"do": "set", "place": "person.survey", "path": ["then"], "value": "person.waited"}
    olga.post("edits", revision=0, edits=[trap, lost])
    proof = olga.post("proof", revision=1).get_json()
    assert not proof["holds"]
    assert proof["problems"] or proof["traps"]
    for one in proof["traps"][:1]:
        played = olga.post("rehearse", at=one["at"], caller=one["caller"], inputs=one["inputs"])
        assert played.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"at": "soon"},
        {"at": "2026-11-26T10:00:00"},
        {"inputs": [{"input": {"is": "Pressed"}, "at": AT}]},
        {"inputs": [{"input": {"is": "Pressed", "keys": 5}, "at": AT}]},
        {"inputs": [{"input": {"is": "Ended", "reason": "served"}, "at": AT}]},
        {"inputs": [{"input": {"is": "Nothing"}, "at": AT}]},
        {"inputs": [{"input": "1", "at": AT}]},
        {"inputs": [{"at": AT}]},
        {"inputs": [7]},
        {"caller": 7},
    ],
)
def test_what_is_no_rehearsal_is_a_clear_422(olga: Editor, body: dict[str, Any]) -> None:
    answer = olga.post("rehearse", **{**CALL, "inputs": [], **body})
    assert answer.status_code == 422, answer.text
    assert answer.get_json()["message"]
