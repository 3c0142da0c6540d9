"""A draft's hours are painted by the week, special days entered, and what a caller hears at a moment is shown."""

from collections.abc import Callable
from datetime import date
from random import Random

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from werkzeug.test import TestResponse

from ivr.editor import opening
from ivr.editor.edits import apply
from ivr.flow.hours import notation
from ivr.folders import menus
from tests.browser import let_in
from tests.desk_site import Site
from tests.test_desk_page import PAIRS, host, looked_at, page, port
from tests.test_desk_page import site as served_site
from tests.test_menus_page import enter, fill, olga
from tests.test_people import clock, site
from tests.world import ROOT

__all__ = ["clock", "enter", "host", "olga", "page", "port", "served_site", "site"]

HOURS = "/desk/menus/drafts/1/hours"
SEED = 7


def post(client: FlaskClient, site: Site, way: str, revision: int | None = None, **form: object) -> TestResponse:
    """Send one of the page's forms."""
    return fill(client, site, HOURS, way, revision, **form)


def written(site: Site) -> str:
    """Return the draft's hours.yaml."""
    return site.publishing.drafts.files(1)["hours.yaml"]


def test_any_week_is_written_as_it_was_meant() -> None:
    chance, files = Random(SEED), menus(ROOT / "menus")
    spans = ["", "", "09:00-18:00", "09:00-12:00, 13:00-18:00", "22:00-02:00", "closed"]
    for _ in range(200):
        days = [chance.choice(spans) for _ in range(7)]
        made = apply(files, opening.set_week("general", days))
        found = opening.read(made)
        assert found.problems == ()
        assert found.schedule
        meant = tuple(notation.spans(day or "closed") for day in days)
        assert found.schedule.weeks["general"].days == meant
        assert [day or "closed" for day in opening.week(found.data["queues"]["general"])] == [
            day or "closed" for day in days
        ]
        before, after = files["hours.yaml"].splitlines(), made["hours.yaml"].splitlines()
        assert [line for line in before if "general:" not in line] == [
            line for line in after if "general:" not in line
        ], "other lines stay as they are"


def test_a_week_is_changed_by_its_form_and_comments_stay(site: Site, olga: FlaskClient) -> None:
    days = {f"day{day}": "09:00-12:00, 13:00-18:00" for day in range(5)} | {"day5": "10:00-12:00"}
    done = post(olga, site, "week", queue="payments", **days)
    assert done.status_code == 303
    line = '  payments: {monday-friday: "09:00-12:00, 13:00-18:00", saturday: "10:00-12:00"}'
    assert line in written(site)
    assert "# 人工接听时间，逐个队列填写。" in written(site)
    assert post(olga, site, "week", queue="payments", always="1").status_code == 303
    assert "  payments: always" in written(site)
    assert 'value="10:00-12:00"' not in olga.get(HOURS).text


@pytest.mark.parametrize(
    ("way", "form", "why"),
    [
        ("week", {"queue": "general", "day0": "9 to 5"}, "is no span of hours"),
        ("week", {"queue": "nobody", "day0": "09:00-10:00"}, "there is no queue nobody"),
        ("callbacks", {"hours": "late"}, "is no span of hours"),
        ("exception", {"first": "2027-02-30", "hours": ""}, "is no date"),
        ("no_exception", {"entry": "4"}, "no such exception"),
        ("day", {"first": "2027-01-01", "kind": "holidays"}, "what is the holiday called"),
        ("no_day", {"year": "2027", "kind": "holidays", "days": "2027-01-01"}, "no such day"),
    ],
)
def test_what_is_no_hours_is_refused_in_words_and_changes_nothing(
    site: Site, olga: FlaskClient, way: str, form: dict[str, str], why: str
) -> None:
    before = written(site)
    done = post(olga, site, way, **form)
    assert (done.status_code, why in done.text) == (422, True), done.text
    assert written(site) == before
    for name, value in form.items():
        if name.startswith("day"):
            assert value in done.text or "nobody" in form.values(), "what was typed is still there"


def test_special_days_are_added_and_taken_away(site: Site, olga: FlaskClient) -> None:
    days = {"first": "2027-02-05", "hours": "09:00-12:00", "queues": ["general"], "why.zh-CN": "除夕"}
    assert post(olga, site, "exception", **days).status_code == 303
    assert 'date: 2027-02-05, hours: "09:00-12:00", queues: [general], why: 除夕' in written(site).replace(
        '"2027-02-05"', "2027-02-05"
    )
    more = {"first": "2027-03-15", "last": "2027-03-16", "why.zh-CN": "升级", "why.en-US": "upgrade"}
    assert post(olga, site, "exception", **more).status_code == 303
    shown = olga.get(f"{HOURS}?at=2027-02-05T12:30").text
    assert "除夕" in shown
    assert "2027-03-15 to 2027-03-16" in shown
    found = opening.read(site.publishing.drafts.files(1))
    assert found.problems == ()
    assert post(olga, site, "no_exception", entry="0").status_code == 303
    assert len(opening.exceptions(opening.read(site.publishing.drafts.files(1)).data)) == 1
    assert post(olga, site, "no_exception", entry="0").status_code == 303
    assert opening.exceptions(opening.read(site.publishing.drafts.files(1)).data) == []


def test_a_year_that_is_not_known_yet_is_entered(site: Site, olga: FlaskClient) -> None:
    assert "holidays of 2027 are not decreed" in olga.get(f"{HOURS}?at=2027-01-01T10:00").text
    for first, last, kind, name in (
        ("2027-01-01", "", "holidays", "元旦"),
        ("2027-02-05", "2027-02-11", "holidays", "春节"),
        ("2027-01-30", "", "workdays", ""),
    ):
        done = post(olga, site, "day", first=first, last=last, kind=kind, **{"why.zh-CN": name})
        assert done.status_code == 303, done.text
    found = opening.read(site.publishing.drafts.files(1))
    assert found.problems == ()
    assert found.schedule
    assert found.schedule.calendar.kind(date(2027, 2, 8))[0] == "holiday"
    assert found.schedule.calendar.kind(date(2027, 1, 30))[0] == "workday"
    shown = olga.get(f"{HOURS}?at=2027-02-05T10:00").text
    assert "holidays of 2027 are not decreed" not in shown
    assert "春节" in shown
    assert post(olga, site, "no_day", year="2027", kind="workdays", days="2027-01-30").status_code == 303
    assert post(olga, site, "no_day", year="2027", kind="holidays", days="2027-01-01").status_code == 303
    found = opening.read(site.publishing.drafts.files(1))
    assert [days for _, _, days in opening.entered(found.data)] == ["2027-02-05 to 2027-02-11"]


def test_a_moment_shows_what_is_open_why_and_what_is_heard(site: Site, olga: FlaskClient) -> None:
    shown = olga.get(f"{HOURS}?at=2026-10-01T10:00").text
    assert "National Day" in shown
    assert shown.count(">closed<") == 5, "all but the line for thefts"
    assert "留言" in shown or "回电" in shown
    for wrong in ("yesterday", "1999-01-01T10:00", "9999-01-01T10:00"):
        assert olga.get(f"{HOURS}?at={wrong}").status_code == 400


def test_a_stale_tab_and_somebody_else_change_nothing(
    site: Site, olga: FlaskClient, enter: Callable[..., FlaskClient]
) -> None:
    post(olga, site, "week", queue="general", day0="09:00-10:00")
    stale = post(olga, site, "week", revision=0, queue="general", day0="07:00-08:00")
    assert (stale.status_code, "olga changed this draft" in stale.text, "07:00-08:00" in stale.text) == (
        409,
        True,
        True,
    )
    sam = enter("sam", "supervisor")
    foreign = post(sam, site, "week", queue="general", day0="07:00-08:00")
    assert (foreign.status_code, "olga" in foreign.text) == (409, True)
    assert "07:00" not in written(site)


@pytest.mark.parametrize(("language", "size"), PAIRS)
def test_a_week_is_painted_by_mouse_and_by_keyboard(served_site: Site, page: Page, language: str, size: str) -> None:
    seen, site = looked_at(page, language, size), served_site
    let_in(page, "olga", site.hire("olga", "operations"), language)
    site.publishing.drafts.begin("olga", 1, site.clock(), "春节")
    page.goto(f"{HOURS}?at=2026-10-01T10:00")
    form = page.locator("form[data-week]").first
    field = form.locator("input[name=day5]")
    cells = form.locator(".weekday").nth(5).locator(".cells > i")
    expect(cells).to_have_count(48)
    cells.nth(20).scroll_into_view_if_needed()
    first, last = cells.nth(20).bounding_box(), cells.nth(25).bounding_box()
    assert first
    assert last
    page.mouse.move(first["x"] + 1, first["y"] + 5)
    page.mouse.down()
    page.mouse.move(last["x"] + 1, last["y"] + 5, steps=30)
    page.mouse.up()
    expect(field).to_have_value("10:00-13:00")
    cells.nth(25).focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press(" ")
    expect(field).to_have_value("10:00-13:30, 14:00-14:30")
    seen("hours")
    form.locator("button").click()
    expect(form.locator("input[name=day5]")).to_have_value("10:00-13:30, 14:00-14:30")
    assert 'saturday: "10:00-13:30, 14:00-14:30"' in site.publishing.drafts.files(1)["hours.yaml"]
