"""The wallboard in a real browser: drawn as things change, with alarms, a sound, and a word once it is stale."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.desk_site import Clock, Site
from tests.test_desk_page import SIZES, browser, host, looked_at, page, port, site

__all__ = ["browser", "host", "page", "port", "site"]

SOON = 2000  # milliseconds: a second is promised, and machines that run tests do other things meanwhile


@pytest.fixture
def busy(site: Site) -> Site:
    """Return a site on whose board there is something in every place."""
    assert isinstance(site.clock, Clock)
    for name in ("alice", "bob", "carol", "dora"):
        site.hire(name)
    site.left_message()
    site.talking("alice")
    site.clock.on(seconds=40)
    site.desk.over(site.desk.agent("alice").line or "")  # type: ignore[union-attr]
    site.talking("bob")
    site.desk.away("carol", "meal")
    for number in range(3):
        site.queued(caller=f"+861390000111{number}")
    site.clock.on(seconds=130)
    site.call("2", caller="+8613900002222")
    return site


def entered(page: Page, site: Site, language: str = "en") -> None:
    """Log in as a supervisor who looks at the wallboard."""
    page.goto(f"/desk/login?lang={language}")
    page.fill("#name", "sam")
    page.fill("#password", site.hire("sam", "supervisor"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk")
    page.goto("/desk/wallboard")


def figure(page: Page, name: str) -> object:
    """Return a figure of the board."""
    return page.locator(f'[data-figure="{name}"]')


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_on_the_wallboard(busy: Site, page: Page, tmp_path: Path, language: str, size: str) -> None:
    seen = looked_at(page, tmp_path, language, size)
    entered(page, busy, language)
    expect(page.locator("[data-alarm]")).to_have_count(1)
    expect(page.locator(".queues .clock").first).to_have_text(re.compile("2:1"))
    seen("wallboard")
    page.goto("/desk/wallboard?full=1")
    expect(page.locator("header.top")).to_have_count(0)
    seen("wallboard-full")
