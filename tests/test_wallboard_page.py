"""The wallboard in a real browser: drawn as things change, with alarms, a sound, and a word once it is stale."""

import re
import time
from itertools import count
from statistics import median

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser import let_in
from tests.desk_site import Clock, Site
from tests.pages import until
from tests.quickest import quickest
from tests.test_desk_page import PAIRS, host, looked_at, page, port, site
from tests.wallboard import counted, shown

__all__ = ["host", "page", "port", "site"]


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
    let_in(page, "sam", site.hire("sam", "supervisor"), language)
    page.goto("/desk/wallboard")


def figure(page: Page, name: str) -> Locator:
    """Return a figure of the board."""
    return page.locator(f'[data-figure="{name}"]')


@pytest.mark.parametrize(("language", "size"), PAIRS)
def test_axe_finds_nothing_on_the_wallboard(busy: Site, page: Page, language: str, size: str) -> None:
    seen = looked_at(page, language, size)
    entered(page, busy, language)
    expect(page.locator("[data-alarm]")).to_have_count(1)
    expect(page.locator(".queues .clock").first).to_have_text(re.compile("2:[1-5]"))
    seen("wallboard")
    page.goto("/desk/wallboard?full=1")
    expect(page.locator("header.top")).to_have_count(0)
    seen("wallboard-full")


def test_a_change_is_on_the_screen_within_a_second_and_clocks_go_on(busy: Site, page: Page) -> None:
    entered(page, busy)
    expect(figure(page, "payments.waiting")).to_have_text("3")
    row = page.locator("tr", has_text="Payments and money").locator(".clock")
    expect(row).to_have_text(re.compile("2:[1-5][0-9]"))
    before = row.inner_text()
    expect(row).not_to_have_text(before)
    numbers = count(4)

    def change() -> float:
        number = next(numbers)
        busy.queued(caller=f"+8613900003{number:03}")
        begun = time.monotonic()
        until(lambda: figure(page, "payments.waiting").inner_text() == str(number))
        return time.monotonic() - begun

    # Not each change: the machine may do something else for a moment.
    assert quickest(lambda: median(change() for _ in range(5)), 1) < 1
    busy.desk.available("carol")
    expect(page.locator('[data-agent="carol"]')).to_contain_text("Available")
    board = page.locator("[data-board]").inner_html()
    figures = counted(busy.desk.engine, busy.flow.zone, busy.clock(), busy.flow.queues)
    assert shown(board) == figures
    expect(page.locator("[data-lost]")).to_be_hidden()


def test_a_new_alarm_is_heard_by_whoever_switched_that_on(busy: Site, page: Page) -> None:
    entered(page, busy)
    sound = page.get_by_role("button", name="Sound for alarms")
    expect(sound).to_have_attribute("aria-pressed", "false")
    sound.click()
    expect(sound).to_have_attribute("data-rung", "1")  # So that one knows how it sounds.
    page.reload()
    expect(sound).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-alarm]")).to_have_count(1)
    busy.call("5", "4", "2")
    clock = busy.clock
    assert isinstance(clock, Clock)
    for number in range(10):
        busy.queued(caller=f"+861390000400{number}")
    expect(page.locator("[data-alarm]")).to_have_count(3)
    assert int(sound.get_attribute("data-rung") or 0) >= 1


def test_a_board_that_hears_nothing_says_since_when_and_goes_on_when_it_does(busy: Site, page: Page) -> None:
    entered(page, busy)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/desk/wallboard/events*", hold)
    lost = page.locator("[data-lost]")
    expect(lost).to_be_visible(timeout=60_000)
    expect(lost).to_have_text(re.compile(r"No connection since [0-9]{2}:[0-9]{2}:[0-9]{2}"))
    expect(page.locator("main")).to_have_class(re.compile("stale"))
    busy.desk.available("carol")
    assert held
    page.unroute("**/desk/wallboard/events*")  # What was held goes on by that.
    expect(lost).to_be_hidden()
    expect(page.locator('[data-agent="carol"]')).to_contain_text("Available")


def test_who_is_logged_out_is_led_to_the_door(busy: Site, browser: Browser, port: int) -> None:
    with browser.new_context(locale="en-US", base_url=f"http://127.0.0.1:{port}") as context:
        watching = context.new_page()
        entered(watching, busy)
        expect(figure(watching, "payments.waiting")).to_have_text("3")
        busy.app.test_cli_runner().invoke(args=["people", "expel", "sam"])
        watching.wait_for_url("**/desk/login", timeout=60_000)


def test_the_wall_is_left_by_a_key_and_shows_all_on_one_screen(busy: Site, page: Page) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    entered(page, busy)
    page.keyboard.press("b")
    page.wait_for_url("**/desk/wallboard?full=1")
    expect(page.locator("[data-agent]").last).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollHeight") <= 1080
    size = page.locator(".big").first.evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
    assert size >= 1920 / 30  # On a screen of 140 cm: letters of three centimetres and more.
    page.keyboard.press("Escape")
    page.wait_for_url("**/desk/wallboard")


def test_without_scripts_the_figures_stand_there(busy: Site, browser: Browser, port: int) -> None:
    with browser.new_context(locale="en-US", base_url=f"http://127.0.0.1:{port}", java_script_enabled=False) as context:
        plain = context.new_page()
        entered(plain, busy)
        assert shown(plain.content())["payments.waiting"] == "3"
        expect(plain.locator(".queues .clock").first).to_have_text("2:10")
