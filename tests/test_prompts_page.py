"""What the page of recordings promises: who may speak which prompt, what is kept, and why something is refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ivr import folders
from ivr.editor import voices
from ivr.editor.texts import TEXTS
from ivr.flow.flow import Flow
from ivr.flow.load import load
from ivr.store.audit import Trail
from ivr.store.drafts import Drafts
from ivr.store.library import Library
from tests.desk_site import Clock, Site, desk_site, log_in
from tests.small import MAIN, small
from tests.test_people import clock
from tests.voices import about, file, voice

__all__ = ["clock"]

HELLO, GOODBYE = "zh-CN/main.start.say", "en-US/person.goodbye.say"
WAV = file(voice(2, 44100), 44100)


@pytest.fixture
def site(tmp_path: Path, clock: Clock) -> Iterator[Site]:
    made = desk_site(tmp_path, "http://127.0.0.1:8000", clock)
    yield made
    made.close()


class Desk:
    """Somebody at the page of a draft of the small menus."""

    def __init__(self, site: Site, name: str = "olga", number: int = 0) -> None:
        self.site, self.name, self.drafts = site, name, Drafts(site.desk.engine)
        self.client: FlaskClient = site.app.test_client()
        self.client.environ_base["HTTP_X_CSRFTOKEN"] = log_in(
            self.client, name, site.hire(name, "operations"), "/desk/password"
        )
        self.client.get("/desk/reports?lang=en")
        version = Library(site.desk.engine).keep(small(), site.clock())
        self.number = number or self.drafts.begin(name, version, site.clock(), "new words")
        self.recordings = site.folder.parent

    @property
    def revision(self) -> int:
        return self.drafts.draft(self.number).revision

    @property
    def flow(self) -> Flow:
        """The draft as callers would hear it."""
        flow, problems = load(self.drafts.files(self.number), folders.prompts(self.recordings))
        assert flow, problems
        return flow

    def page(self, show: str = "all") -> str:
        return self.client.get(f"/desk/menus/drafts/{self.number}/prompts?show={show}").text

    def send(self, way: str, name: str, data: bytes = b"", revision: int | None = None) -> TestResponse:
        path = f"/desk/menus/drafts/{self.number}/prompts/{way}"
        query = {"name": name, "revision": str(self.revision if revision is None else revision)}
        return self.client.post(path, query_string=query, data=data, content_type="application/octet-stream")

    def words(self, main: str) -> None:
        """Change the main menu's file in the draft."""
        files = self.drafts.files(self.number) | {"main.yaml": main}
        self.drafts.edit(self.number, self.revision, files, self.name, self.site.clock(), "words")


@pytest.fixture
def desk(site: Site) -> Desk:
    return Desk(site)


def test_what_is_sent_is_kept_as_telephones_play_it_and_the_draft_says_whose_words_it_is(desk: Desk) -> None:
    answer = desk.send("record", HELLO, WAV)
    assert answer.status_code == 200, answer.text
    assert (answer.json["revision"], desk.revision) == (1, 1)
    assert "recorded" in answer.json["cell"]
    spoken = desk.flow.spoken[HELLO]
    assert (spoken.words, desk.flow.audio("zh-CN", "main.start.say")) == ("您好。", spoken.audio)
    kept = (desk.recordings / "prompts" / spoken.file).read_bytes()
    assert (about(kept).samplerate, about(kept).channels) == (8000, 1)
    assert f'data-audio="/audio/prompts/{spoken.audio}.wav"' in desk.page("recorded")
    trail: Trail = desk.site.app.extensions["audit"]
    (entry,) = trail.page(1)
    assert (entry.who, entry.act, entry.subject) == ("olga", "prompt.record", HELLO)


def test_a_step_can_be_undone_and_a_recording_removed(desk: Desk) -> None:
    desk.send("record", HELLO, WAV)
    desk.drafts.undo(desk.number, 1, "olga", desk.site.clock())
    assert HELLO not in desk.flow.spoken
    desk.drafts.redo(desk.number, 2, "olga", desk.site.clock())
    assert HELLO in desk.flow.spoken
    answer = desk.send("remove", HELLO)
    assert (answer.status_code, "prompts.yaml" in desk.drafts.files(desk.number)) == (200, False)
    assert len(list((desk.recordings / "prompts").iterdir())) == 1, "older versions name it still"


def test_changed_words_are_listed_until_they_are_spoken_anew(desk: Desk) -> None:
    desk.send("record", HELLO, WAV)
    assert "您好。" not in desk.page("outdated")
    desk.words(MAIN.replace("您好。", "早上好。"))
    page = desk.page("outdated")
    assert ("早上好。" in page, '<q lang="zh-CN">您好。</q>' in page) == (True, True)
    assert desk.flow.audio("zh-CN", "main.start.say") == ""
    desk.send("record", HELLO, WAV)
    assert TEXTS["en"]["prompts_nothing"] in desk.page("outdated")


def test_the_recording_of_a_prompt_that_is_gone_can_be_removed(desk: Desk) -> None:
    name = "zh-CN/main.start.help"
    desk.send("record", name, WAV)
    desk.words(MAIN.replace("  help: 请在键盘上按一个数字。\n", ""))
    files = desk.drafts.files(desk.number)
    english = files["languages/en-US.yaml"].replace('main.start.help: "Press a key."\n', "")
    files["languages/en-US.yaml"] = english
    desk.drafts.edit(desk.number, desk.revision, files, "olga", desk.site.clock(), "words")
    assert "请在键盘上按一个数字。" in desk.page("outdated")
    assert desk.send("record", name, WAV).status_code == 404
    assert desk.send("remove", name).status_code == 200
    assert "请在键盘上按一个数字。" not in desk.page()


def test_a_sound_that_is_lost_can_be_spoken_anew(desk: Desk) -> None:
    desk.send("record", HELLO, WAV)
    (kept,) = (desk.recordings / "prompts").iterdir()
    kept.unlink()
    assert TEXTS["en"]["prompts_why_lost"] in desk.page("outdated")
    assert desk.send("record", HELLO, WAV).status_code == 200
    assert desk.flow.audio("zh-CN", "main.start.say")


def test_progress_is_counted_by_language(desk: Desk) -> None:
    assert desk.page().count("0 of 46 recorded") == 2
    desk.send("record", HELLO, WAV)
    assert (desk.page().count("1 of 46 recorded"), desk.page().count("0 of 46 recorded")) == (1, 1)
    assert desk.send("record", GOODBYE, WAV).json["head"].count("1 of 46 recorded") == 2


def test_nobody_records_in_somebody_elses_draft_or_over_what_changed(desk: Desk) -> None:
    bob = Desk(desk.site, "bob", desk.number)
    assert "This draft is olga&#39;s" in bob.page()
    assert 'data-do="record"' not in bob.page()
    assert (bob.send("record", HELLO, WAV).status_code, bob.send("remove", HELLO).status_code) == (409, 409)
    assert not (desk.recordings / "prompts").exists()
    assert desk.send("record", HELLO, WAV).status_code == 200
    stale = desk.send("record", GOODBYE, WAV, revision=0)
    assert (stale.status_code, "changed by olga" in stale.json["error"]) == (409, True)
    desk.drafts.drop(desk.number, desk.site.clock())
    assert TEXTS["en"]["prompts_closed"] in desk.page()
    assert desk.send("record", GOODBYE, WAV).status_code == 409


@pytest.mark.parametrize(
    "name", ["", "zh-CN", "fr-FR/main.start.say", "zh-CN/main.start.choices.frozen", "en-US/person.closed.say", "../x"]
)
def test_what_cannot_be_recorded_is_refused(desk: Desk, name: str) -> None:
    assert desk.send("record", name, WAV).status_code == 404
    assert desk.send("remove", name).status_code == 404
    assert desk.revision == 0


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_bad_sound_is_refused_in_the_readers_words(desk: Desk, language: str) -> None:
    desk.client.get(f"/desk/reports?lang={language}")
    told = {why: desk.send("record", HELLO, data) for why, data in (("unreadable", b"no"), ("short", WAV[:4000]))}
    assert {why: one.json["error"] for why, one in told.items()} == {
        why: TEXTS[language][f"prompts_sound_{why}"] for why in told
    }
    assert {one.status_code for one in told.values()} == {422}


def test_two_minutes_are_taken_and_what_is_larger_is_refused_unread(desk: Desk) -> None:
    long = file(voice(119, 44100), 44100, subtype="PCM_24")
    assert desk.send("record", HELLO, long).status_code == 200
    assert desk.send("record", HELLO, bytes(40_000_001)).status_code == 413
    path = f"/desk/menus/drafts/{desk.number}/prompts"
    assert desk.client.post(f"{path}/record?name={HELLO}", data={"x": "y" * 30_000}).status_code == 413
    large = desk.client.post(f"{path}/remove", data=bytes(30_000), content_type="application/octet-stream")
    assert large.status_code == 413


def test_menus_in_disorder_are_told_of_in_place_of_prompts(desk: Desk) -> None:
    desk.words("start: {kind: dance}\n")
    page = desk.page()
    assert (TEXTS["en"]["prompts_broken"] in page, "main.yaml:1" in page, 'data-do="play"' in page) == (
        True,
        True,
        False,
    )
    assert desk.send("record", HELLO, WAV).status_code == 404
    assert desk.client.get("/desk/menus/drafts/999/prompts").status_code == 404


def test_a_prompt_is_heard_by_the_servers_voice_where_it_has_one(desk: Desk) -> None:
    path = f"/desk/menus/drafts/{desk.number}/prompts/voice"
    answer = desk.client.get(path, query_string={"name": HELLO})
    assert (answer.status_code, answer.mimetype) == (
        (200, "audio/wav") if voices.speaks("zh-CN") else (404, "application/json")
    )
    assert desk.client.get(path, query_string={"name": "zh-CN/nothing"}).status_code == 404
    assert ("data-server" in desk.page()) == voices.speaks("zh-CN")


def test_without_a_token_nothing_is_taken(desk: Desk) -> None:
    del desk.client.environ_base["HTTP_X_CSRFTOKEN"]
    assert desk.send("record", HELLO, WAV).status_code == 400
    assert desk.revision == 0
