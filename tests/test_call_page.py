"""The page of one call in a real browser: recordings heard, with and without scripts."""

import math
import re
import struct
import time
import wave
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from ivr.flow.inputs import Pressed
from ivr.store.messages import Messages
from tests.browser import let_in
from tests.desk_site import ACCOUNT, TO_AN_ACCOUNT, Clock, Site
from tests.pages import until
from tests.test_desk_page import PAIRS, host, looked_at, page, port, site
from tests.test_facts import digest, served

__all__ = ["host", "page", "port", "site"]

SECONDS = 40


def entered(page: Page, site: Site, language: str = "en", role: str = "supervisor") -> None:
    """Log in as somebody with this role."""
    let_in(page, "sam", site.hire("sam", role), language)


def recorded(site: Site) -> tuple[str, str]:
    """Return the call in which a message of some seconds was left, and the recording's id."""
    place = site.left_message()
    site.hotline.hang_up(place.call_id)
    digest(site)
    message = Messages(site.desk.engine).recorded(place.recording or "")
    assert message
    tone = [int(9000 * math.sin(n / 3) * math.sin(n / 9000)) for n in range(8000 * SECONDS)]
    with wave.open(str(site.folder / f"{message.id}.wav"), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(struct.pack(f"<{len(tone)}h", *tone))
    return place.call_id, message.id


def of(page: Page) -> Callable[[str], object]:
    """Return what tells a property of the page's audio element."""
    return lambda name: page.locator("[data-player] audio").evaluate(f"one => one.{name}")


def test_a_recording_is_heard_by_keyboard_with_its_waveform(site: Site, page: Page) -> None:
    call_id, sound = recorded(site)
    entered(page, site)
    page.goto(f"/desk/calls/{call_id}")
    player, audio = page.locator("[data-player]"), of(page)
    expect(player.locator("select")).to_be_visible()
    assert heard(site) == [], "to look is not to hear"
    player.focus()
    page.keyboard.press(" ")
    until(lambda: not audio("paused"))
    expect(page.locator('[data-wave="drawn"]')).to_be_visible()
    page.keyboard.press("ArrowRight")
    until(lambda: float(str(audio("currentTime"))) >= 5)
    page.keyboard.press("ArrowUp")
    assert audio("playbackRate") == 1.25
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert audio("playbackRate") == 0.75
    page.keyboard.press(" ")
    assert audio("paused") is True
    assert heard(site) == [("sam", sound)]
    styled = "one => getComputedStyle(one.querySelector('div').shadowRoot.querySelector('.scroll')).position"
    assert page.locator(".wave").evaluate(styled) == "relative", "the waveform's own style is let in"


def heard(site: Site) -> list[tuple[str, str]]:
    """Return who heard what, by the audit log."""
    trail = site.app.extensions["audit"].page(9, act="recording.hear")
    return [(one.who, one.subject) for one in trail]


def test_without_scripts_a_recording_is_heard_by_the_browsers_own_player(
    site: Site, browser: Browser, page: Page, port: int, host: str
) -> None:
    call_id, _ = recorded(site)
    entered(page, site)
    state, base = page.context.storage_state(), f"http://{host}:{port}"
    with browser.new_context(java_script_enabled=False, storage_state=state, base_url=base) as context:
        plain = context.new_page()
        plain.goto(f"/desk/calls/{call_id}")
        expect(plain.locator("audio")).to_be_visible()
        expect(plain.locator(".player .player-tools")).to_be_hidden()


@pytest.mark.parametrize(("language", "size"), PAIRS)
def test_axe_finds_nothing_in_a_call_with_a_recording(site: Site, page: Page, language: str, size: str) -> None:
    seen = looked_at(page, language, size)
    site.hire("alice")
    assert isinstance(site.clock, Clock)
    served(site, site.clock, "客户说退款没有到账，已经登记。")
    call_id, _ = recorded(site)
    entered(page, site, language)
    page.goto(f"/desk/calls/{call_id}")
    page.locator("[data-player]").focus()
    page.keyboard.press(" ")
    expect(page.locator('[data-wave="drawn"]')).to_be_visible()
    seen("call-sound")


def test_the_way_of_a_call_is_drawn_on_the_picture_of_its_menus(site: Site, page: Page) -> None:
    call_id = site.call("2", "4", "0")
    site.hotline.hang_up(call_id)
    entered(page, site)
    page.goto(f"/desk/calls/{call_id}")
    holder = page.locator(".picture")
    expect(holder.locator(".box.strong")).to_have_count(6)
    way = ["main.start", "main.choose", "main.money", "refund.start", "person.start", "person.line"]
    drawn = holder.locator(".box.strong").evaluate_all(
        "all => Object.fromEntries(all.map(one => [one.dataset.id, one.querySelector('.mark').textContent]))"
    )
    assert drawn == {place: str(number) for number, place in enumerate(way, 1)}
    assert holder.locator(".way.strong").count() == len(way) - 1
    assert holder.locator(".way.beside").count() == 1, "0 is a key everywhere, so no way of the picture"
    expect(holder.locator(".way.beside")).to_have_text("0")
    page.get_by_role("button", name="All menus").click()
    expect(holder).to_have_attribute("data-drawn", str(len(site.flow.nodes)))
    assert holder.locator(".way.strong").count() == len(way) - 1
    holder.focus()
    seen = holder.locator("svg").get_attribute("viewBox")
    page.keyboard.press("+")
    nearer = holder.locator("svg").get_attribute("viewBox")
    page.keyboard.press("ArrowRight")
    moved = holder.locator("svg").get_attribute("viewBox")
    assert len({seen, nearer, moved}) == 3
    holder.hover()
    page.mouse.wheel(0, 240)
    until(lambda: holder.locator("svg").get_attribute("viewBox") != moved)
    page.keyboard.press("Tab")
    focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert str(focused).startswith("1, ")


def test_without_scripts_the_way_of_a_call_is_a_list(
    site: Site, browser: Browser, page: Page, port: int, host: str
) -> None:
    call_id = site.call(*TO_AN_ACCOUNT, ACCOUNT, "1")
    entered(page, site)
    state, base = page.context.storage_state(), f"http://{host}:{port}"
    with browser.new_context(java_script_enabled=False, storage_state=state, base_url=base) as context:
        plain = context.new_page()
        plain.goto(f"/desk/calls/{call_id}")
        expect(plain.locator(".path-list li").nth(3)).to_contain_text("frozen")
        expect(plain.locator(".picture")).to_be_hidden()
        assert ACCOUNT not in plain.content()


VOICES = """() => {
  window.said = [];
  window.tones = [];
  class Words { constructor(text) { this.text = text; } }
  window.held = true; // The first words last until the test has seen that they are said.
  const end = (words) => setTimeout(() => (window.held ? end(words) : words.onend?.()), 20);
  const speak = (words) => { said.push([words.text, words.lang, words.rate]); end(words); };
  const getVoices = () => [{ lang: "zh-CN" }, { lang: "en-US" }];
  Object.defineProperty(window, "SpeechSynthesisUtterance", { value: Words });
  Object.defineProperty(window, "speechSynthesis", { value: { getVoices, speak, cancel() {} } });
  const Tone = window.OscillatorNode;
  window.OscillatorNode = class extends Tone {
    constructor(...told) { super(...told); tones.push(told[1].frequency); }
  };
}"""


def test_a_call_is_heard_as_the_caller_did(site: Site, page: Page) -> None:
    assert isinstance(site.clock, Clock)
    call_id = site.call("8")
    site.clock.on(seconds=3600)
    site.hotline.hear(call_id, "turn/2", Pressed("5"))
    site.hotline.hang_up(call_id)
    page.add_init_script(f"({VOICES})()")
    entered(page, site)
    page.goto(f"/desk/calls/{call_id}")
    page.locator(".hear").focus()
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    page.keyboard.press(" ")
    expect(page.locator(".call-lines [data-now]")).to_have_count(1)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    begun = time.monotonic()
    page.evaluate("window.held = false")
    until(lambda: len(page.evaluate("tones")) == 4)
    expect(page.locator(".call-lines [data-now]")).to_have_count(0)
    assert 2.5 <= time.monotonic() - begun < 60, "an hour of silence is 5 seconds, at double speed half of them"
    said, words = page.evaluate("said"), site.flow.words
    assert said[0] == [words["zh-CN"]["main.start.say"], "zh-CN", 2]
    assert said[-1][1:] == ["en-US", 2]
    assert page.evaluate("tones") == [852, 1336, 770, 1336]  # 8 and 5
    page.keyboard.press(" ")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press(" ")
    expect(page.locator(".call-lines [data-now]")).to_have_count(0)
    expect(page.locator(".hear .time-of")).to_have_text(re.compile("^[3-9] /"))
