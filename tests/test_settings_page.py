"""A draft's queues, the hotline's own settings, its languages and the words used everywhere are changed by forms."""

from collections.abc import Callable
from difflib import ndiff

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from werkzeug.test import TestResponse

from ivr.editor import settings
from ivr.editor.reading import read
from ivr.folders import menus
from tests.browser import let_in
from tests.desk_site import Site
from tests.pages import until
from tests.test_desk_page import PAIRS, host, looked_at, page, port
from tests.test_desk_page import site as served_site
from tests.test_menus_page import enter, fill, olga
from tests.test_people import clock, site
from tests.world import ROOT

__all__ = ["clock", "enter", "host", "olga", "page", "port", "served_site", "site"]

SETTINGS = "/desk/menus/drafts/1/settings"
MORE = ["+ service_seconds: 30", "+ alarm_wait: 90"]
RENAMED = ['- queues.fraud.name: "Security"', '+ queues.fraud.name: "Fraud desk"']
WRITTEN_TO = ["- email: service@wallet.example", "+ email: help@wallet.example"]
DEPENDENT = {"tongues", "languages"}  # They have the form of voices.


def post(client: FlaskClient, site: Site, way: str, revision: int | None = None, **form: object) -> TestResponse:
    """Send one of the page's forms."""
    return fill(client, site, SETTINGS, way, revision, **form)


def sent(site: Site, part: str, **changed: str | None) -> dict[str, str]:
    """Return a piece's form as a browser sends it, with some fields changed; None is a box that is not ticked."""
    form = {"part": part}
    for row in settings.rows(files(site), part):
        if row.type == "words":
            form |= {f"{row.name}.{tag}": row.value.get(tag, "") for tag in ("zh-CN", "en-US")}
        elif row.type != "flag" or row.value:
            form[row.name] = "1" if row.type == "flag" else row.value
    return {name: value for name, value in {**form, **changed}.items() if value is not None}


def files(site: Site) -> dict[str, str]:
    """Return the draft's files."""
    return site.publishing.drafts.files(1)


def differing(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Return the lines that are in one of two states only, each with - or +."""
    told = list[str]()
    for name in sorted(before.keys() | after.keys()):
        lines = ndiff(before.get(name, "").splitlines(), after.get(name, "").splitlines())
        told += [f"{line[0]} {line[2:].strip()}" for line in lines if line[0] in "+-"]
    return told


def test_every_field_of_the_hotline_and_of_queues_has_a_form() -> None:
    shipped = menus(ROOT / "menus")
    named = {part: {row.name for row in settings.rows(shipped, part)} for part in settings.parts(shipped)}
    for part, kind in settings.parts(shipped).items():
        whole = {info.alias or name for name, info in kind.model_fields.items() if name != "place"}
        assert whole - named[part] == ((set(settings.PARTS) - {"hotline"}) | DEPENDENT if part == "hotline" else set())
    assert len(named["phrases"]) > 30
    for part in named:
        for row in settings.rows(shipped, part):
            assert row.title["zh"].isascii() is False, f"{part}.{row.name} has no Chinese name"


def test_a_form_sent_as_it_is_changes_nothing_and_says_so(site: Site, olga: FlaskClient) -> None:
    before, parts = site.publishing.drafts.draft(1).revision, settings.parts(files(site))
    assert {"hotline", "phrases", "lifeboat", "queues.fraud"} <= parts.keys()
    for part in parts:
        done = post(olga, site, "part", **sent(site, part))
        assert (done.status_code, "Nothing was different" in done.text) == (200, True), part
    assert site.publishing.drafts.draft(1).revision == before


@pytest.mark.parametrize(
    ("part", "changed", "lines"),
    [
        ("queues.fraud", {"limit": "150", "record": None}, ["- limit: 200", "- record: true", "+ limit: 150"]),
        (
            "queues.general",
            {"alarm_wait": "90", "service_seconds": "30"},
            ["+ alarm_wait: 90", "+ service_seconds: 30"],
        ),
        ("queues.fraud", {"alarm_wait": ""}, ["- alarm_wait: 60"]),
        (
            "queues.fraud",
            {"name.en-US": "Fraud desk"},
            ['- queues.fraud.name: "Security"', '+ queues.fraud.name: "Fraud desk"'],
        ),
        ("hotline", {"publish": "four-eyes"}, ["+ publish: four-eyes"]),
        (
            "hotline",
            {"email": "help@wallet.example"},
            ["- email: service@wallet.example", "+ email: help@wallet.example"],
        ),
        ("keys", {"again": "8"}, ['- again: "9"', '+ again: "8"']),
        ("limits", {"misses": "4"}, ["- misses: 3", "+ misses: 4"]),
        ("callbacks", {"prefixes": "+8610, +8621"}, ['- prefixes: ["+86"]', '+ prefixes: ["+8610", "+8621"]']),
        (
            "phrases",
            {"thanks.zh-CN": "谢谢您的留言。再见。", "thanks.en-US": "Thank you. Goodbye."},
            [
                "- thanks: 谢谢您，我们会尽快听取您的留言。再见。",
                "+ thanks: 谢谢您的留言。再见。",
                '- hotline.phrases.thanks: "Thank you. We\'ll listen to your message as soon as we can. Goodbye."',
                '+ hotline.phrases.thanks: "Thank you. Goodbye."',
            ],
        ),
    ],
)
def test_what_is_changed_is_the_line_that_is_meant_and_no_other(
    site: Site, olga: FlaskClient, part: str, changed: dict[str, str | None], lines: list[str]
) -> None:
    before = files(site)
    done = post(olga, site, "part", **sent(site, part, **changed))
    assert done.status_code == 303, done.text
    assert sorted(differing(before, files(site))) == sorted(lines)
    shown = olga.get(SETTINGS).text
    assert "<p>Something here is wrong still" not in shown


def test_what_is_wrong_is_kept_and_told_with_its_line(site: Site, olga: FlaskClient) -> None:
    assert post(olga, site, "part", **sent(site, "queues.general", limit="plenty")).status_code == 303
    shown = olga.get(SETTINGS).text
    assert 'value="plenty"' in shown
    assert "queues.yaml:" in shown
    assert "<p>Something here is wrong still" in shown


def test_a_queue_comes_with_its_hours_and_goes_with_them(site: Site, olga: FlaskClient) -> None:
    before = files(site)
    called = {"called.zh-CN": "贵宾服务", "called.en-US": "Premium"}
    assert post(olga, site, "add_queue", name="vip", **called).status_code == 303
    flow, problems = read(files(site), site.publishing.gate.here())
    assert list(problems) == []
    assert flow
    assert (flow.queues["vip"].name, flow.words["en-US"]["queues.vip.name"]) == ("贵宾服务", "Premium")
    assert flow.schedule.weeks["vip"] == flow.schedule.weeks["general"]
    assert "Premium" in olga.get("/desk/menus/drafts/1/hours").text
    assert post(olga, site, "drop_queue", part="vip").status_code == 303
    assert differing(before, files(site)) == []


def test_a_language_comes_and_goes(site: Site, olga: FlaskClient) -> None:
    before = files(site)
    told = {"tag": "yue-HK", "voice": "Polly.Hiujin-Neural", "called": "粤语"}
    assert post(olga, site, "add_language", **told).status_code == 303
    assert "  yue-HK: Polly.Hiujin-Neural" in files(site)["hotline.yaml"]
    shown = olga.get(SETTINGS).text
    assert "yue-HK" in shown
    voices = {"voice.zh-CN": "Polly.Zhiyu-Neural", "voice.en-US": "Polly.Amy-Neural", "voice.yue-HK": told["voice"]}
    assert post(olga, site, "voices", **voices).status_code == 303
    assert "en-US: Polly.Amy-Neural" in files(site)["hotline.yaml"]
    assert post(olga, site, "voices", **voices | {"voice.en-US": "Polly.Joanna-Neural"}).status_code == 303
    assert post(olga, site, "drop_language", part="yue-HK").status_code == 303
    assert differing(before, files(site)) == []


@pytest.mark.parametrize(
    ("way", "form", "why"),
    [
        ("add_queue", {"name": "V I P", "called.zh-CN": "x"}, "small letters, digits and _"),
        ("add_queue", {"name": "fraud", "called.zh-CN": "x"}, "there is a queue fraud already"),
        ("add_queue", {"name": "vip", "called.zh-CN": " "}, "what the queue is called"),
        ("drop_queue", {"part": "vip"}, "there is no queue vip"),
        ("add_language", {"tag": "en-US", "voice": "x", "called": "x"}, "there is a language en-US already"),
        ("add_language", {"tag": "../x", "voice": "x", "called": "x"}, "no file of a draft has this name"),
        ("add_language", {"tag": "ja-JP", "voice": "", "called": ""}, "write the voice"),
        ("drop_language", {"part": "zh-CN"}, "it is the base language"),
        ("part", {"part": "main.start"}, "there is no main.start"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    site: Site, olga: FlaskClient, way: str, form: dict[str, str], why: str
) -> None:
    before = files(site)
    done = post(olga, site, way, **form)
    assert (done.status_code, why in done.text) == (422, True), done.text
    assert files(site) == before


def test_a_stale_page_and_a_stranger_are_refused_and_what_was_typed_stays(
    site: Site, olga: FlaskClient, enter: Callable[..., FlaskClient]
) -> None:
    form = sent(site, "queues.general", limit="77")
    assert post(olga, site, "part", **sent(site, "limits", misses="2")).status_code == 303
    stale = post(olga, site, "part", revision=0, **form)
    assert (stale.status_code, "olga changed this draft" in stale.text) == (409, True)
    assert 'value="77"' in stale.text
    otto = enter("otto", "operations")
    assert "This draft is olga&#39;s" in otto.get(SETTINGS).text
    assert post(otto, site, "part", **form).status_code == 409


def test_a_closed_draft_is_not_called_somebody_elses(site: Site, olga: FlaskClient) -> None:
    site.publishing.drafts.drop(1, site.clock())
    shown = olga.get(SETTINGS).text
    assert "This draft is closed: you can only look." in shown
    assert "This draft is olga" not in shown
    assert post(olga, site, "part", **sent(site, "limits", misses="2")).status_code == 409


@pytest.mark.parametrize(("language", "size"), PAIRS)
def test_a_queue_is_changed_by_keyboard_alone(served_site: Site, page: Page, language: str, size: str) -> None:
    seen, site = looked_at(page, language, size), served_site
    let_in(page, "olga", site.hire("olga", "operations"), language)
    site.publishing.drafts.begin("olga", 1, site.clock(), "春节")
    page.goto(SETTINGS)
    seen("settings")
    card = page.locator("section.settings-card", has=page.locator("[id='queues.fraud']"))
    card.locator("[name=limit]").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("42")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(card.locator("[name=limit]")).to_have_value("42")
    until(lambda: "  limit: 42" in files(site)["queues.yaml"])
    page.goto(f"/desk/menus/drafts/1{'' if language == 'zh' else '/hours'}")
    page.locator(".draft-tabs a.tab").nth(2).click()
    expect(card.locator("[name=limit]")).to_have_value("42")
