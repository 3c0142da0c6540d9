"""A whole call with browsers: a caller at /phone, two agents at their desks, from the first key to the goodbye."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from ivr.carrier.phone_texts import TEXTS as PHONE
from ivr.console.texts import TEXTS as DESK
from ivr.console.view import CODES
from ivr.parts import Parts
from ivr.store.desk_tables import wrapups
from ivr.store.tables import calls, messages
from tests.desk_site import ORDER
from tests.pages import until
from tests.test_phone_page import heard, press
from tests.test_sound import PITCHES, SOON, Site, browsers, hears, log_in, opened, pitch, site

__all__ = ["browsers", "site"]  # Fixtures.

pytestmark = pytest.mark.xdist_group("sound")  # Another worker's than what browsers do in silence.

Seen = Callable[..., None]
SEATS = {
    "caller": ("caller", "en-US", (390, 844)),
    "alice": ("agent", "zh-CN", (1440, 900)),
    "bob": ("agent", "en-US", (1440, 900)),
}
NOTE = "客户要查退款，转给 bob"
TO_THE_LINE = [("英语", "8"), ("Please choose", "2"), ("Payments and money", "4")]


@pytest.fixture
def wrong() -> list[str]:
    """Return what the consoles of the pages say went wrong."""
    return []


@pytest.fixture
def seats(browsers: dict[str, Browser], wrong: list[str]) -> Iterator[dict[str, Page]]:
    """The caller's page and those of two agents, at which nothing goes wrong."""
    made = {}
    for name, (browser, locale, (width, height)) in SEATS.items():
        made[name] = opened(browsers[browser], wrong, locale=locale, viewport={"width": width, "height": height})
    yield made
    for page in made.values():
        page.context.close()
    assert wrong == []


def stands(page: Page, state: str) -> None:
    """Wait until an agent's page says so."""
    expect(page.locator("body")).to_have_attribute("data-state", state, timeout=SOON)


def keyed(page: Page, steps: list[tuple[str, str]]) -> None:
    """Press keys, each set as soon as its words are heard."""
    for words, keys in steps:
        heard(page, words)
        press(page, keys)


def test_a_call_from_the_first_key_to_the_goodbye(site: Site, seats: dict[str, Page], tmp_path: Path) -> None:
    caller, alice, bob = seats["caller"], seats["alice"], seats["bob"]
    pictures = Path(os.environ.get("PICTURES", tmp_path))

    def seen(stage: str, *names: str) -> None:
        for name in names:
            seats[name].screenshot(path=pictures / f"{stage}-{name}.png")

    log_in(alice, site)
    log_in(bob, site, "bob", site.hire("bob"))
    waits_in_line(site, caller)
    expect(alice.locator("[data-part=line]")).to_contain_text("支付", timeout=SOON)
    seen("1-waiting", "caller", "alice")
    taken(alice, caller, seen)
    held_and_back(alice, caller, seen)
    sent_on(alice, bob, caller, seen)
    wrapped(alice, "transferred")
    handed_over(bob, alice, caller, seen)
    wrapped(bob, "follow-up")
    alice.keyboard.type("hh")
    stands(alice, "wrapping")
    seen("8-wrapping", "alice")
    wrapped(alice, "resolved")
    surveyed(caller, seen)
    kept(site)


@pytest.mark.parametrize("how", ["closes the tab", "logs out"])
def test_a_caller_whose_agent_is_gone_is_told_and_goes_to_the_next(
    site: Site, seats: dict[str, Page], wrong: list[str], tmp_path: Path, how: str
) -> None:
    caller, alice, bob = seats["caller"], seats["alice"], seats["bob"]
    log_in(alice, site)
    log_in(bob, site, "bob", site.hire("bob"))
    waits_in_line(site, caller)
    taken(alice, caller, lambda *_: None)
    alice.on("dialog", lambda asks: asks.accept())  # Whether to leave amid a talk.
    if how == "logs out":
        assert wrong == []
        alice.locator("form[action$='/logout'] button").click()
        expect(alice.locator("#password")).to_be_visible()
        wrong[:] = [line for line in wrong if "401" not in line]  # What the page said as it went.
    else:
        alice.close(run_before_unload=True)
    heard(caller, "the line to our agent was cut")
    playing(caller)
    bob.keyboard.press("a")
    stands(bob, "ringing")
    expect(bob.locator("#caller .number")).to_have_text(ORDER)
    caller.screenshot(path=Path(os.environ.get("PICTURES", tmp_path)) / "lost-caller.png")
    bob.keyboard.press("1")
    stands(bob, "talking")
    both_hear(bob, caller)
    bob.keyboard.type("hh")
    heard(caller, "one to five")
    parts: Parts = site.app.extensions["hotline"]
    states = {one.id: one.state for one in parts.desk.agents()}
    assert states == {"alice": "wrapping", "bob": "wrapping"}
    assert parts.desk.waiting() == []
    assert site.carrier.log.codes == []


def waits_in_line(site: Site, caller: Page) -> None:
    """Dial, go through the menus in English to a person about a refund, and stand in line with music."""
    caller.goto(f"{site.url}/phone?lang=en")
    caller.get_by_role("button", name=PHONE["en"]["dial"], exact=True).click()
    heard(caller, "请选服务")
    skip(caller)
    keyed(caller, TO_THE_LINE)
    heard(caller, "Refunds")
    press(caller, "4")
    heard(caller, "order number")
    press(caller, f"{ORDER}#")
    heard(caller, "You entered")
    press(caller, "1")
    heard(caller, "connecting you with someone")
    skip(caller)
    expect(caller.locator(".queue")).to_have_text(re.compile("1"), timeout=SOON)
    playing(caller)


def skip(caller: Page) -> None:
    """Hear the rest of these words no more; what follows is said to its end."""
    caller.get_by_role("button", name=PHONE["en"]["skip"]).click()


def playing(caller: Page) -> None:
    """Wait until the caller's page plays the line's music; who waits in line may hear words first."""
    expect(caller.get_by_role("button", name=PHONE["en"]["skip"])).to_be_visible(timeout=SOON)
    if not caller.get_by_role("status").first.filter(has_text=PHONE["en"]["music"]).count():
        skip(caller)
    expect(caller.get_by_role("status").first).to_have_text(PHONE["en"]["music"], timeout=SOON)


def taken(alice: Page, caller: Page, seen: Seen) -> None:
    """The agent turns available, sees the card, takes the call by key; both hear each other's voice."""
    alice.keyboard.press("a")
    stands(alice, "ringing")
    expect(alice.locator("#caller .number")).to_have_text(ORDER)
    seen("2-ringing", "alice")
    alice.keyboard.press("1")
    stands(alice, "talking")
    both_hear(alice, caller)
    expect(alice.locator(".tape")).to_contain_text(DESK["zh"]["recording_on"])
    seen("3-talking", "alice", "caller")


def both_hear(agent: Page, caller: Page) -> None:
    """Sound arrives both ways: by meter, by bytes, and by the pitch of who speaks."""
    for page in (agent, caller):
        hears(page)
    assert abs(pitch(caller) - PITCHES["agent"]) < 30
    assert abs(pitch(agent) - PITCHES["caller"]) < 30


def held_and_back(alice: Page, caller: Page, seen: Seen) -> None:
    """The caller hears music and nobody, and then the agent again."""
    alice.keyboard.press("p")
    expect(caller.locator("audio.music")).to_have_js_property("paused", False, timeout=SOON)
    expect(caller.locator("audio.voice")).to_have_count(0, timeout=SOON)
    expect(alice.locator(".held")).to_be_visible(timeout=SOON)
    expect(alice.locator(".sound-state")).to_have_text("现在没有人听得到您", timeout=SOON)
    expect(alice.locator("[data-sound=heard]")).to_have_attribute("aria-valuenow", "0", timeout=SOON)
    seen("4-held", "alice", "caller")
    alice.keyboard.press("p")
    both_hear(alice, caller)


def sent_on(alice: Page, bob: Page, caller: Page, seen: Seen) -> None:
    """The agent sends the caller to a colleague, by keyboard; the colleague takes the call."""
    bob.keyboard.press("a")
    stands(bob, "available")
    alice.keyboard.press("n")
    alice.keyboard.type(NOTE)
    alice.keyboard.press("Escape")
    alice.keyboard.press("t")
    alice.keyboard.press("2")
    option = alice.locator("option[value=bob]")
    expect(option).to_be_enabled(timeout=SOON)
    alice.locator("dialog [data-part=colleagues]").select_option("bob")
    seen("5-sending", "alice")
    alice.locator("button[value=transfer]").click()
    stands(alice, "wrapping")
    heard(caller, "transferring you")
    stands(bob, "ringing")
    expect(bob.locator(".passed")).to_contain_text(NOTE)
    seen("5-sent", "alice", "bob", "caller")
    bob.keyboard.press("1")
    stands(bob, "talking")
    both_hear(bob, caller)
    seen("6-talking", "bob", "caller")


def handed_over(bob: Page, alice: Page, caller: Page, seen: Seen) -> None:
    """Bob asks alice while the caller hears music, then leaves the caller to her."""
    bob.keyboard.press("t")
    bob.keyboard.press("2")
    expect(bob.locator("option[value=alice]")).to_be_enabled(timeout=SOON)
    bob.locator("dialog [data-part=colleagues]").select_option("alice")
    bob.locator("button[value=consult]").click()
    stands(alice, "ringing")
    alice.keyboard.press("1")
    stands(alice, "talking")
    expect(caller.locator("audio.music")).to_have_js_property("paused", False, timeout=SOON)
    for page in (alice, bob):
        hears(page)
    expect(caller.locator("audio.voice")).to_have_count(0)
    expect(bob.locator("[aria-keyshortcuts=G]")).to_be_enabled(timeout=SOON)
    seen("7-asking", "bob", "alice")
    bob.keyboard.type("gg")
    stands(bob, "wrapping")
    both_hear(alice, caller)
    seen("7-handed-over", "alice", "bob")


def wrapped(agent: Page, code: str) -> None:
    """Wrap up by keyboard, and be available again."""
    agent.keyboard.press(str(CODES.index(code) + 1))
    seen = agent.locator(f"input[value='{code}']")
    expect(seen).to_be_checked()
    agent.keyboard.press("Control+Enter")
    stands(agent, "available")


def surveyed(caller: Page, seen: Seen) -> None:
    """The caller gives five, adds a remark, and hears goodbye."""
    heard(caller, "one to five")
    seen("9-survey", "caller")
    press(caller, "5")
    heard(caller, "anything you'd like to add")
    skip(caller)
    expect(caller.locator(".tape-time")).to_have_text(re.compile(r"^0:0[2-9] / "), timeout=SOON)
    seen("9-remark", "caller")
    caller.get_by_role("button", name=PHONE["en"]["done"]).click()
    heard(caller, "oodbye")
    skip(caller)
    expect(caller.locator(".note", has_text=PHONE["en"]["ended_hotline"])).to_be_visible(timeout=SOON)
    seen("9-over", "caller")


def recorded(parts: Parts) -> list[str]:
    """Return what the carrier has told to be recorded."""
    with parts.engine.connect() as connection:
        return sorted(connection.scalars(select(messages.c.kind)))


def kept(site: Site) -> None:
    """The database tells what was: served, five, three wrap-ups, the recordings, agents available, nobody in line."""
    parts: Parts = site.app.extensions["hotline"]
    until(lambda: recorded(parts) == ["remark", "talk", "talk"])
    with parts.engine.connect() as connection:
        (call,) = connection.execute(select(calls)).all()
        ends = sorted((row.agent, row.code) for row in connection.execute(select(wrapups)))
    assert (call.outcome, call.score, call.queue) == ("served", 5, "payments")
    assert ends == [("alice", "resolved"), ("alice", "transferred"), ("bob", "follow-up")]
    assert {one.id: one.state for one in parts.desk.agents()} == {"alice": "available", "bob": "available"}
    assert parts.desk.waiting() == []
    assert site.carrier.log.codes == []
