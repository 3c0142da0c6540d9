"""What the agent's page promises: in a real browser, by keyboard alone, in two languages, for everybody to read."""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Final, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import APIResponse, Browser, Page, Route, ViewportSize, expect

from ivr.carrier.rehearsal import served
from ivr.console.card import Fact, keyed, path
from ivr.console.texts import TEXTS
from ivr.flow import speech
from ivr.store.desk_tables import wrapups
from tests.browser import at_the_desk, caught, watched
from tests.desk_site import ACCOUNT, ORDER, TO_A_PERSON, TO_AN_ACCOUNT, Clock, Site, desk_site
from tests.pages import until
from tests.stores import CALLER
from tests.world import free_port

# All that moves on a page and comes to an end, such as a button's colour on its way to another, has ended.
ENDED: Final = """() => Promise.allSettled(
    document.getAnimations().filter(one => one.effect.getComputedTiming().endTime < Infinity).map(one => one.finished)
).then(() => true)"""
SIZES: Final[dict[str, ViewportSize]] = {
    "wide": {"width": 1440, "height": 900},
    "narrow": {"width": 390, "height": 844},
}
# Axe is shown each page in either language, size and look, but not in each with each, which would find no more.
LOOKS = (("zh", "wide", "light"), ("zh", "narrow", "dark"), ("en", "wide", "dark"), ("en", "narrow", "light"))
ALL_PAIRS = tuple(product(("zh", "en"), SIZES))
PAIRS = ALL_PAIRS if "PICTURES" in os.environ else (("zh", "wide"), ("en", "narrow"))


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def site(tmp_path: Path, port: int, host: str) -> Iterator[Site]:
    made = desk_site(tmp_path, f"http://{host}:{port}", Clock())
    with served(made.app, port):
        yield made
    made.close()


@pytest.fixture
def host() -> str:
    """Return by which name the browser finds the site."""
    return "127.0.0.1"


@pytest.fixture
def page(browser: Browser, port: int, host: str) -> Iterator[Page]:
    """Return a page in English, at which nothing goes wrong."""
    with watched(browser, f"http://{host}:{port}", locale="en-US") as shown:
        yield shown


def log_in(page: Page, password: str) -> None:
    """Log in by keyboard alone."""
    page.goto("/desk")
    expect(page.locator("#name")).to_be_focused()
    page.keyboard.type("alice")
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text(re.compile("Offline|未上线"))


def opened(page: Page, site: Site) -> None:
    """Log in as a new agent, and wait until the page heeds keys."""
    log_in(page, site.hire())
    at_the_desk(page)


def looked_at(page: Page, language: str, size: str) -> Callable[[str], None]:
    """Give the page this size; return what finds it accessible, at no size too wide, and pictures it."""
    page.set_viewport_size(SIZES[size])
    other = next(one for one in SIZES if one != size)

    def seen(name: str) -> None:
        page.wait_for_load_state()  # A click leads on as soon as the first of the next page is there.
        if pictures := os.environ.get("PICTURES"):
            page.screenshot(path=f"{pictures}/{name}-{language}-{size}.png", full_page=True)
        assert faults(page) == ""
        for one in (other, size):
            page.set_viewport_size(SIZES[one])
            until(lambda: page.evaluate("document.documentElement.scrollWidth <= innerWidth"))

    return seen


# As quick as a person is not, so that the note cannot have been kept before.
TYPES_AND_LEAVES = """words => {
    const note = document.querySelector('textarea');
    note.value = words;
    note.dispatchEvent(new Event('input', { bubbles: true }));
    document.querySelector("form[action$='/logout'] button").click();
}"""


def back_in(page: Page, password: str) -> None:
    """Wait until one is logged out, and log in again."""
    page.wait_for_url("**/desk/login*")
    page.fill("#name", "alice")
    page.fill("#password", password)
    page.keyboard.press("Enter")


def stands(page: Page, words: str) -> None:
    """Wait until the page says this of the agent."""
    expect(page.get_by_role("status")).to_have_text(words)


def faults(page: Page) -> str:
    """Return what axe finds wrong once no colour is on its way to another; of contrast, too."""
    page.evaluate(ENDED)
    # Not by a copy of each style, which axe would put where our policy lets none in.
    wrong = Axe().run(page, options={"preload": False, "resultTypes": ["violations"]}).response["violations"]
    return "\n".join(f"{one['id']}: {node['html']} {node['failureSummary']}" for one in wrong for node in one["nodes"])


def test_a_whole_call_goes_by_keyboard_alone(site: Site, page: Page) -> None:
    opened(page, site)
    place = site.queued()
    expect(page.locator("[data-part=line]")).to_contain_text("Payments")
    page.keyboard.press("a")
    stands(page, "Ringing")
    assert site.changes
    page.keyboard.press("1")
    stands(page, "On a call")
    page.keyboard.press("n")
    page.keyboard.type("bahn 1")  # Letters that are shortcuts elsewhere.
    page.keyboard.press("Escape")
    page.keyboard.type("hh")
    stands(page, "Wrapping up")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_have_text(TEXTS["en"]["code_missing"])
    page.keyboard.press("2")
    page.keyboard.press("Control+Enter")
    stands(page, "Available")
    with site.desk.engine.connect() as connection:
        kept = connection.execute(wrapups.select()).one()
    assert (kept.line, kept.agent, kept.code, kept.note) == (place.id, "alice", "follow-up", "bahn 1")
    page.keyboard.press("m")
    stands(page, "Away · meal")


def reached(page: Page) -> set[str]:
    """Return the shortcuts of all that the tab key comes to."""
    found = set[str]()
    for _ in range(25):
        page.keyboard.press("Tab")
        found.add(page.evaluate("document.activeElement.getAttribute('aria-keyshortcuts') ?? ''"))
    return found


def test_whatever_has_a_shortcut_is_reached_without_it(site: Site, page: Page) -> None:
    opened(page, site)
    assert {"A", "B", "M", "T", "O"} <= reached(page)
    site.queued()
    page.keyboard.press("a")
    stands(page, "Ringing")
    assert {"1", "H"} <= reached(page)
    page.keyboard.press("1")
    stands(page, "On a call")
    assert {"H", "1", "N"} <= reached(page)
    site.phones.hang_up("client:alice")
    stands(page, "Wrapping up")
    assert {"1", "N", "Control+Enter"} <= reached(page)


def test_old_news_do_not_undo_what_the_agent_did_meanwhile(site: Site, page: Page) -> None:
    opened(page, site)
    old: list[tuple[Route, APIResponse]] = []

    def late(route: Route) -> None:
        if not old:
            site.queued()
        old.append((route, route.fetch()))  # Made now, told later.

    caught(page, "**/desk/news*", late)
    until(lambda: page.evaluate("1") and old)
    page.keyboard.press("a")
    stands(page, "Ringing")
    page.evaluate(
        """() => {
          const status = document.querySelector("[role=status]");
          window.seen = [];
          new MutationObserver(() => seen.push(status.textContent)).observe(status, { childList: true });
        }"""
    )
    ((route, answer),) = old
    assert answer.status == 200
    route.fulfill(response=answer)
    until(lambda: page.evaluate("1") and len(old) > 1)  # The page asks on.
    page.unroute("**/desk/news*")
    assert page.evaluate("seen") == []
    stands(page, "Ringing")


def test_what_was_done_last_stands_though_what_was_done_before_is_answered_later(site: Site, page: Page) -> None:
    opened(page, site)
    site.talking("alice")
    stands(page, "On a call")
    kept: list[tuple[Route, APIResponse]] = []
    caught(page, "**/desk/hang-up", lambda route: kept.append((route, route.fetch())))
    page.keyboard.type("hh")
    stands(page, "Wrapping up")  # As the news say.
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    stands(page, "Available")
    caught(page, "**/desk/news*", lambda _: None)  # Nobody tells the page better.
    ((route, answer),) = kept
    assert answer.json()["state"] == "wrapping"
    with page.expect_response("**/desk/hang-up") as told:
        route.fulfill(response=answer)
    told.value.finished()
    page.evaluate("new Promise((done) => setTimeout(done, 100))")
    stands(page, "Available")


def test_a_key_pressed_before_its_last_answer_came_switches_back(site: Site, page: Page) -> None:
    opened(page, site)
    site.talking("alice")
    stands(page, "On a call")
    kept: list[Route] = []
    caught(page, "**/desk/hold", lambda route: kept.append(route))
    page.keyboard.press("p")
    until(lambda: page.evaluate("1") and kept)
    page.keyboard.press("p")
    kept[0].continue_()
    until(lambda: page.evaluate("1") and len(kept) > 1)
    kept[1].continue_()
    assert [one.request.post_data_json for one in kept] == [{"on": True}, {"on": False}]
    expect(page.get_by_role("button", name="Resume")).to_have_count(0)
    expect(page.get_by_role("button", name="Hold")).to_be_visible()


def test_shortcuts_can_be_switched_off(site: Site, page: Page) -> None:
    opened(page, site)
    page.get_by_label("Shortcuts").uncheck()
    page.keyboard.press("a")
    page.get_by_role("button", name="break").click()
    stands(page, "Away · break")
    state = site.desk.agent("alice")
    assert state is not None
    assert state.misses == 0


def test_the_card_tells_the_matter_who_calls_and_the_order_which_the_path_masks(site: Site, page: Page) -> None:
    opened(page, site)
    site.queued()
    page.keyboard.press("a")
    card = page.locator("#caller")
    expect(card.locator(".matter")).to_have_text(site.flow.words["en-US"]["refund.matter"])
    expect(card).to_contain_text("Payments")
    expect(card.locator("dl")).to_contain_text("Order number")
    expect(card.locator(".number")).to_have_text(ORDER)
    expect(card.locator(".back")).to_have_text(f"••••{CALLER[-4:]}")
    expect(card.locator(".you", has_text="••••0042")).to_be_visible()
    expect(card.locator(".hotline", has_text="您输入的是：••••0042")).to_be_visible()
    assert CALLER not in page.content()
    for voice in ("zh-CN", "en-US"):
        assert speech.voice_of(voice).digits(ORDER) not in page.content()


@pytest.mark.parametrize(("first", "spoken"), [((), "您输入的是：••••0042。"), (("8",), "You entered: ••••0042.")])
def test_a_number_read_back_is_masked_in_the_callers_language(site: Site, first: tuple[str, ...], spoken: str) -> None:
    events = site.hotline.journal.events(site.call(*first, *TO_A_PERSON, ORDER, "1"))
    told = [line.text for line in path(site.flow, events)]
    assert any(spoken in text for text in told)
    assert "••••0042" in told
    assert keyed(site.flow, events) == (Fact("order", ORDER, masked=False),)
    assert not any(ORDER in text or speech.voice_of("zh-CN").digits(ORDER) in text for text in told)


def test_a_masked_number_is_shown_by_key_once_the_caller_is_taken(site: Site, page: Page) -> None:
    opened(page, site)
    place = site.queued(*TO_AN_ACCOUNT, ACCOUNT, "1")
    page.keyboard.press("a")
    stands(page, "Ringing")
    card = page.locator("#caller")
    expect(card.locator(".number")).to_have_text(f"••••{ACCOUNT[-4:]}")
    page.keyboard.press("s")
    page.keyboard.press("1")
    stands(page, "On a call")
    button = card.locator(".number button")
    expect(button).to_contain_text("S")
    button.click()
    expect(card.locator(".number")).to_have_text(ACCOUNT)
    page.keyboard.press("s")
    expect(card.locator(".back")).to_have_text(CALLER)
    expect(card.locator("[data-show]")).to_have_count(0)
    site.desk.over(place.id)
    stands(page, "Wrapping up")


def test_what_others_change_is_seen_within_a_second(site: Site, page: Page) -> None:
    page.clock.install()
    told = Counter[str]()
    for what in ("request", "requestfinished", "requestfailed"):
        page.on(what, lambda _, what=what: told.update([what]))  # type: ignore[call-overload]

    def answered() -> bool:
        return bool(page.evaluate("1")) and told["request"] == told["requestfinished"] + told["requestfailed"]

    opened(page, site)
    until(answered)
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)

    def a_second_later(words: str) -> None:
        """Let a second pass for the page alone, where answers take no time, whatever else the machine does."""
        for _ in range(10):
            page.clock.run_for(100)
            until(answered)
        stands(page, words)

    site.desk.away("alice", "missed")
    a_second_later("Away · missed two calls")
    site.desk.available("alice")
    a_second_later("Available")
    place = site.queued()
    a_second_later("Available")
    expect(page.locator("[data-part=line]")).to_contain_text(site.flow.words["en-US"]["refund.matter"])
    site.ring()
    a_second_later("Ringing")
    site.phones.hang_up("client:alice")
    a_second_later("Available")
    assert [one.id for one in site.desk.waiting()] == [place.id]


def test_an_act_that_comes_too_late_is_told(site: Site, page: Page) -> None:
    opened(page, site)
    site.desk.available("alice")
    stands(page, "Available")
    site.queued()
    site.ring()
    # The page has not yet asked for news, or has: either way the agent stays with the caller.
    page.keyboard.press("b")
    stands(page, "Ringing")


def test_notes_outlive_the_news(site: Site, page: Page) -> None:
    opened(page, site)
    site.queued()
    page.keyboard.press("a")
    stands(page, "Ringing")
    page.keyboard.press("1")
    stands(page, "On a call")
    page.get_by_label("Notes").fill("paid twice")
    site.call("2", "1")
    site.phones.hang_up("client:alice")
    stands(page, "Wrapping up")
    expect(page.get_by_label("Notes")).to_have_value("paid twice")


def test_a_note_is_there_again_after_ones_shift_was_over(site: Site, browser: Browser, port: int) -> None:
    password = site.hire()
    with watched(browser, f"http://127.0.0.1:{port}", "401", locale="en-US") as page:
        log_in(page, password)
        at_the_desk(page)
        site.talking("alice")
        stands(page, "On a call")
        page.get_by_label("Notes").fill("paid twice")
        expect(page.get_by_text("Draft kept", exact=True)).to_be_visible()
        assert isinstance(site.clock, Clock)
        with page.expect_response("**/desk/news*"):
            site.clock.on(hours=13)
        stands(page, "On a call")
        site.phones.hang_up("client:alice")
        back_in(page, password)
        expect(page.get_by_label("Notes")).to_have_value("paid twice")


def test_a_note_is_there_again_after_logging_out_with_its_last_word(site: Site, browser: Browser, port: int) -> None:
    password = site.hire()
    with watched(browser, f"http://127.0.0.1:{port}", locale="en-US") as page:
        log_in(page, password)
        at_the_desk(page)
        site.talking("alice")
        stands(page, "On a call")
        page.evaluate(TYPES_AND_LEAVES, "paid twice")
        back_in(page, password)
        stands(page, "Wrapping up")
        expect(page.get_by_label("Notes")).to_have_value("paid twice")


def test_the_page_can_be_read_without_javascript(site: Site, browser: Browser, port: int) -> None:
    password = site.hire()
    with browser.new_context(locale="zh-CN", base_url=f"http://127.0.0.1:{port}", java_script_enabled=False) as context:
        page = context.new_page()
        log_in(page, password)
        site.desk.available("alice")
        site.queued()
        site.ring()
        page.reload()
        expect(page.get_by_role("status")).to_have_text("电话响了")
        expect(page.locator(".matter")).to_have_text("退款、误操作")
        expect(page.locator(".number")).to_have_text(ORDER)


@pytest.mark.parametrize(("language", "size", "look"), LOOKS)
def test_axe_finds_nothing_at_the_door_and_the_desk(
    site: Site, page: Page, language: str, size: str, look: Literal["light", "dark"]
) -> None:
    seen = looked_at(page, language, size)
    page.emulate_media(color_scheme=look, reduced_motion="reduce")
    page.goto(f"/desk/login?lang={language}")
    seen("door")
    opened(page, site)
    seen("offline")
    for _ in range(3):
        site.queued()
    texts = TEXTS[language]
    page.keyboard.press("a")
    stands(page, texts["state_ringing"])
    seen("ringing")
    page.keyboard.press("1")
    stands(page, texts["state_talking"])
    seen("talking")
    page.keyboard.type("hh")
    stands(page, texts["state_wrapping"])
    seen("wrapping")


@pytest.mark.parametrize(("language", "size"), PAIRS)
def test_axe_finds_nothing_in_a_talk_the_inbox_and_the_talks(site: Site, page: Page, language: str, size: str) -> None:
    seen, texts = looked_at(page, language, size), TEXTS[language]
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"/desk/login?lang={language}")
    site.hire("bob")
    site.desk.available("bob")
    place = site.talking("bob")
    opened_as(page, site, "supervisor")
    site.left_message()
    other = site.left_message(here=False)
    page.goto("/desk/talks")
    expect(page.locator("[data-row]").first).to_be_visible()
    page.keyboard.press("l")
    expect(page.locator("[data-part=ring]")).to_contain_text(texts["ring_supervisor"])
    seen("talks")
    page.keyboard.press("x")
    page.goto("/desk/inbox")
    page.keyboard.press("t")
    expect(page.locator("audio").first).to_be_visible()
    heading = page.locator("h1").bounding_box()
    assert heading
    assert heading["height"] < 40  # One line.
    seen("inbox")
    page.keyboard.press("x")
    expect(page.get_by_role("dialog")).to_be_visible()
    seen("inbox-done")
    page.keyboard.press("Escape")
    site.desk.inbox.close(other.id, "bob", "other", "")
    page.goto("/desk/password")
    seen("password")
    page.goto("/desk")
    at_the_desk(page)
    page.keyboard.press("a")
    stands(page, texts["state_working"])
    seen("working")
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    stands(page, texts["state_available"])
    site.desk.over(place.id)
    site.desk.wrap_up("bob", "follow-up", "asked for the bank's receipt")
    site.desk.away("bob", "break")
    mine = site.talking("alice")
    site.desk.available("bob")
    site.desk.talks.recording(mine.id, "on")
    stands(page, texts["state_talking"])
    page.keyboard.press("t")
    page.keyboard.press("2")
    expect(page.get_by_role("dialog")).to_contain_text("bob")
    seen("sending")
    page.locator("dialog [data-part=colleagues]").select_option("bob")
    page.get_by_role("button", name=texts["ask_first"]).click()
    expect(page.locator("[data-part=guests]")).to_contain_text("bob")
    page.keyboard.press("p")
    expect(page.locator(".held")).to_be_visible()
    seen("asking")


def opened_as(page: Page, site: Site, role: str) -> None:
    """Log in as a new supervisor, and wait until the page heeds keys."""
    log_in(page, site.hire("alice", role))
    at_the_desk(page)
