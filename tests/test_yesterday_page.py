"""Yesterday on tomorrow as a page: calls are tried on a draft, and shown side by side with nobody's numbers."""

from collections.abc import Callable, Iterator
from threading import Event
from unittest.mock import patch

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from werkzeug.test import TestResponse

from ivr.editor.replaying import Part
from ivr.editor.yesterday import Calls
from tests.browser import let_in
from tests.desk_site import ACCOUNT, Site, token
from tests.test_desk_page import PAIRS, host, looked_at, page, port
from tests.test_desk_page import site as served_site
from tests.test_menus_page import enter
from tests.test_people import clock, site

__all__ = ["clock", "enter", "host", "page", "port", "served_site", "site"]

PATH = "/desk/menus/drafts/1/yesterday"
OLD = "    1: {for: 账户冻结, go: frozen}\n"


def drafted(site: Site, new: str = OLD.replace("1:", "6:")) -> None:
    """Begin a draft in which a choice has another key."""
    files = site.publishing.library.files(1)
    assert OLD in files["main.yaml"]
    files["main.yaml"] = files["main.yaml"].replace(OLD, new)
    site.publishing.drafts.begin("olga", 1, site.clock(), "Renumbered", files)


def called(site: Site) -> str:
    """Have somebody call about a frozen account, and hang up in line."""
    place = site.queued("3", "1", "5", ACCOUNT, "1", caller="+8613912345678")
    site.hotline.hang_up(place.call_id)
    return place.call_id


def today(site: Site) -> dict[str, str]:
    """Return the form's days, both of them today."""
    day = f"{site.clock().astimezone(site.flow.zone):%Y-%m-%d}"
    return {"since": day, "until": day}


def post(client: FlaskClient, path: str, **form: str) -> TestResponse:
    """Send one of the page's forms."""
    return client.post(path, data={"csrf_token": token(client.get(PATH).text), **form})


def ended(site: Site) -> None:
    """Wait for the end of what is tried."""
    assert site.yesterday.run
    site.yesterday.run.join(120)


def test_calls_are_tried_on_a_draft_and_shown_side_by_side(site: Site, enter: Callable[..., FlaskClient]) -> None:
    olga = enter("olga", "operations")
    drafted(site)
    call_id = called(site)
    assert "No call has been tried" in olga.get(PATH).text
    assert post(olga, PATH, **today(site)).status_code == 303
    ended(site)
    told = olga.get(PATH).text
    assert "other words 1" in told
    assert "main.account.choices.frozen" in told
    sides = olga.get(f"{PATH}/{call_id}").text
    assert '<p class="new">&gt; 1</p>' in sides
    assert '<p class="new">&gt; 6</p>' in sides
    assert ACCOUNT not in sides
    assert "912345678" not in sides
    assert "= 客户挂断" in olga.get(f"{PATH}/{call_id}?lang=zh").text
    assert olga.get(f"{PATH}/nobody").status_code == 404
    assert site.publishing.drafts.draft(1).revision == 0


def test_whoever_may_not_edit_menus_is_kept_out(site: Site, enter: Callable[..., FlaskClient]) -> None:
    drafted(site)
    assert enter("alice", "agent").get(PATH).status_code == 403
    assert enter("olga", "operations").get(PATH.replace("/1/", "/7/")).status_code == 404


def test_a_draft_with_something_wrong_is_not_tried(site: Site, enter: Callable[..., FlaskClient]) -> None:
    olga = enter("olga", "operations")
    drafted(site, OLD.replace("frozen", "nowhere"))
    answer = post(olga, PATH, **today(site))
    assert answer.status_code == 422
    assert "nowhere" in answer.text
    assert post(olga, PATH, since="", until="").status_code == 400
    assert site.yesterday.run is None


def test_one_draft_is_tried_at_a_time_and_can_be_stopped(site: Site, enter: Callable[..., FlaskClient]) -> None:
    olga, sam = enter("olga", "operations"), enter("sam", "supervisor")
    drafted(site)
    site.publishing.drafts.begin("sam", 1, site.clock(), "Another")
    called(site)
    hold = Event()

    def slowly(calls: Calls) -> Iterator[Part]:
        while hold.wait(60):
            yield Part(0, 0, ())

    with patch.object(Calls, "__iter__", slowly):
        assert post(olga, PATH, **today(site)).status_code == 303
        told = sam.get(PATH).text
        assert "0 of 1 calls" in told, "whoever looks sees the same"
        assert "data-running" in told
        busy = post(sam, PATH.replace("/1/", "/2/"), **today(site))
        assert (busy.status_code, "being tried on draft 1" in busy.text) == (409, True)
        assert post(sam, f"{PATH}/cancel").status_code == 303
        hold.set()
        ended(site)
    assert "Stopped after 0 of 1 calls." in olga.get(PATH).text


@pytest.mark.parametrize(("language", "size"), PAIRS)
def test_axe_finds_nothing_on_the_page_of_calls_that_were_tried(
    served_site: Site, page: Page, language: str, size: str
) -> None:
    seen, site = looked_at(page, language, size), served_site
    drafted(site, OLD.replace("1:", "4:").replace("账户冻结", "冻结"))
    for _ in range(3):
        called(site)
    site.hotline.hang_up(site.call("2", "1"))
    let_in(page, "olga", site.hire("olga", "operations"), language)
    page.goto(PATH)
    for name, day in today(site).items():
        page.locator(f"#{name}").fill(day)
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(3, timeout=120_000)
    expect(page.locator("[data-running]")).to_have_count(0, timeout=60_000)
    seen("yesterday")
    page.locator("tbody a").first.click()
    expect(page.locator(".sides .differs")).not_to_have_count(0)
    seen("yesterday-call")
