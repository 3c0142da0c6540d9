"""A ringing call is told and heard on every page of the desk, taken there by its key, and lost by no single key."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from ivr.console.texts import TEXTS
from tests.desk_site import Site
from tests.pages import until
from tests.stores import CALLER
from tests.test_desk_page import faults, host, log_in, opened, opened_as, page, port, site, stands

__all__ = ["host", "page", "port", "site"]  # Fixtures.

pytestmark = pytest.mark.xdist_group("sound")  # Another worker's than what browsers do in silence.

ENGLISH = TEXTS["en"]
# Whatever is to be heard goes by a meter.
METER = """
const connect = AudioNode.prototype.connect;
const meters = [];
AudioNode.prototype.connect = function (to, ...more) {
  if (to !== this.context.destination) return connect.call(this, to, ...more);
  const meter = new AnalyserNode(this.context);
  meters.push(meter);
  const clock = new ConstantSourceNode(this.context, { offset: 0 }); // A meter that nothing comes to keeps its last.
  connect.call(clock, meter);
  clock.start();
  connect.call(this, meter);
  return connect.call(this, to, ...more);
};
const loudness = (meter) => {
  const samples = new Float32Array(meter.fftSize);
  meter.getFloatTimeDomainData(samples);
  return Math.max(...samples.map(Math.abs));
};
window.loud = () => Math.max(0, ...meters.map(loudness));
window.silent = async (milliseconds) => {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    if (window.loud() > 0.001) return false;
    await new Promise((done) => setTimeout(done, 20));
  }
  return true;
};
"""
# A browser that has not been asked, is asked, and shows what it is given; its window is behind another.
NOTICES = """
window.asked = 0;
window.notices = [];
window.Notification = class {
  static permission = "default";
  static async requestPermission() { window.asked += 1; return (Notification.permission = "granted"); }
  constructor(words) { this.words = words; window.notices.push(words); }
  close() { window.notices = window.notices.filter((words) => words !== this.words); }
};
document.hasFocus = () => false;
"""


def rung(site: Site) -> None:
    """Ring alice, who takes calls, for a caller."""
    site.desk.available("alice")
    site.queued()
    site.ring()


@pytest.mark.parametrize("place", ["/desk", "/desk/inbox", "/desk/talks", "/desk/password"])
def test_a_call_is_told_and_heard_on_every_page_and_taken_there(site: Site, page: Page, place: str) -> None:
    page.add_init_script(METER)
    opened_as(page, site, "supervisor")
    page.goto(place)
    page.locator("h1").click()
    title = page.title()
    site.left_message()
    rung(site)
    bar = page.get_by_role("alert").filter(has_text=ENGLISH["bell_call"])
    expect(bar).to_contain_text(f"{site.flow.words['en-US']['refund.matter']} · ••••{CALLER[-4:]}")
    expect(page).to_have_title(re.compile(f"^☎ .*••••{CALLER[-4:]}"))
    until(lambda: page.evaluate("loud()") > 0.01)
    assert CALLER not in page.content()
    page.keyboard.press("1")
    expect(page.locator("body")).to_have_attribute("data-state", "talking")
    expect(page).to_have_url(re.compile("/desk$"))
    expect(bar).to_have_count(0)
    expect(page).to_have_title(title if place == "/desk" else ENGLISH["title"])
    until(lambda: page.evaluate("loud()") < 0.001)
    if place == "/desk":  # Whither all were led; the bell would ring every third second.
        assert page.evaluate("silent(3500)")


def test_the_tone_waits_for_the_first_click_where_the_browser_wants_one(
    site: Site, browser: Browser, page: Page, port: int
) -> None:
    opened(page, site)
    known = page.context.storage_state()
    rung(site)
    # Opened anew as by a browser that was closed: nobody has clicked or typed there when it begins to ring. (Whatever
    # the test asks of a page counts as a click for its next sounds, so it rings from the first.)
    with browser.new_context(
        locale="en-US", base_url=f"http://127.0.0.1:{port}", storage_state=known, viewport={"width": 390, "height": 844}
    ) as context:
        fresh = context.new_page()
        fresh.add_init_script(METER)
        fresh.goto("/desk/inbox")
        expect(fresh.locator("[data-tone=suspended]")).to_be_visible()
        expect(fresh.get_by_text(ENGLISH["bell_mute"])).to_be_visible()
        assert faults(fresh) == ""
        fresh.locator("h1").click()
        expect(fresh.locator("[data-tone=running]")).to_be_visible()
        expect(fresh.get_by_text(ENGLISH["bell_mute"])).to_be_hidden()
        until(lambda: fresh.evaluate("loud()") > 0.01)


def test_notifications_are_asked_for_by_a_button_only(site: Site, page: Page) -> None:
    page.add_init_script(NOTICES)
    opened(page, site)
    rung(site)
    stands(page, "Ringing")
    assert (page.evaluate("asked"), page.evaluate("notices")) == (0, [])
    page.keyboard.type("hh")
    stands(page, "Available")
    button = page.get_by_role("button", name=ENGLISH["notify"])
    page.keyboard.press("l")
    expect(button).to_be_hidden()
    assert page.evaluate("asked") == 1
    site.ring()
    until(lambda: len(page.evaluate("notices")) == 1)
    assert site.flow.words["en-US"]["refund.matter"] in page.evaluate("notices")[0]
    page.keyboard.press("1")
    stands(page, "On a call")
    until(lambda: page.evaluate("notices") == [])


def test_a_note_typed_without_focus_neither_hangs_up_nor_sends_anybody_up(site: Site, page: Page) -> None:
    opened(page, site)
    site.talking()
    stands(page, "On a call")
    end = page.get_by_role("button", name=ENGLISH["hang_up"])
    page.keyboard.type("he")
    expect(page.locator("[aria-keyshortcuts=E]")).to_contain_text("Once more: Escalate")
    expect(end).to_have_text(re.compile(r"^Hang up\s+H H$"))
    page.keyboard.down("h")
    for _ in range(5):
        page.keyboard.down("h")  # It is held: the keyboard repeats it.
    page.keyboard.up("h")
    expect(end).to_contain_text("Once more: Hang up")
    expect(end).to_have_text(re.compile(r"^Hang up\s+H H$"))  # It no longer waits for the second.
    page.keyboard.press("h")
    stands(page, "On a call")
    assert site.board.asked == []
    page.keyboard.press("h")
    stands(page, "Wrapping up")


def test_who_is_sent_up_is_asked_for_twice(site: Site, page: Page) -> None:
    opened(page, site)
    site.talking()
    stands(page, "On a call")
    page.keyboard.type("ee")
    stands(page, "Wrapping up")
    assert site.board.asked == [("transfer", "", "", "", 2)]


def test_the_note_is_in_sight_during_a_talk_and_a_message_tells_its_length(
    site: Site, browser: Browser, port: int, tmp_path: Path
) -> None:
    password = site.hire("alice", "supervisor")
    with browser.new_context(
        locale="zh-CN", base_url=f"http://127.0.0.1:{port}", viewport={"width": 1440, "height": 900}
    ) as context:
        page = context.new_page()
        log_in(page, password)
        place = site.talking()
        site.desk.talks.recording(place.id, "on")
        site.hire("bob")
        site.desk.available("bob")
        site.board.consult(place.id, "alice", agent="bob")
        expect(page.locator("[data-part=guests]")).to_contain_text("bob")
        for seen in (page.locator("#note"), page.locator("form button[type=submit]").first):
            expect(seen).to_be_in_viewport(ratio=1)
        site.desk.over(place.id)
        site.desk.wrap_up("alice", "resolved", "")
        site.left_message()
        site.ring()
        expect(page.locator("[data-part=caller] dl")).to_contain_text("0:02")
        # It is not fetched before it is played, as each hearing stands in the audit log.
        expect(page.locator("audio")).to_have_attribute("preload", "none")


def test_b_in_the_inbox_rings_the_agent_for_whoever_left_a_message(site: Site, page: Page) -> None:
    opened(page, site)
    site.left_message()
    page.goto("/desk/inbox")
    expect(page.get_by_role("button", name=ENGLISH["ring_back"])).to_be_visible()
    page.keyboard.press("b")
    expect(page.locator("[data-part=bell]")).to_contain_text("call back")
    assert [one[:3] for one in site.board.asked] == [("ring", "alice", "callback")]
    expect(page.get_by_role("button", name=ENGLISH["ring_back"])).to_have_count(1)
    assert faults(page) == ""
