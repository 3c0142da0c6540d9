"""What the page /phone promises: a whole call in a real browser."""

import io
import re
import time
import wave
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Playwright, expect

from ivr.carrier import sounds
from ivr.carrier.company import Carrier
from ivr.carrier.phone_texts import TEXTS
from ivr.carrier.rehearsal import served
from ivr.factory import create_app
from ivr.settings import PRACTICE_SERVICE
from ivr.store.vault import Vault
from ivr.telephony.codes import Codes
from ivr.telephony.rest import Rest
from ivr.telephony.texting import Texting
from tests.browser import ALLOWED, DEVICE, launched
from tests.pages import until
from tests.world import CLOSED, CUSTOMER, OPEN, free_port, hotline_settings

pytestmark = pytest.mark.xdist_group("sound")  # Another worker's than what browsers do in silence.

CUE_SECONDS = 60_000
# A browser with voices, whose first words end at once and whose others go on until they are cut short.
VOICES = """
window.spoken = [];
window.SpeechSynthesisUtterance = class { constructor(text) { Object.assign(this, { text, over: "" }); } };
Object.defineProperty(window, "speechSynthesis", { value: {
  getVoices: () => [{ lang: "fr-FR" }, { lang: "zh_CN" }, { lang: "en-US" }].map((voice) => ({ ...voice })),
  speak(words) {
    window.spoken.push(words);
    const end = words.onend;
    words.onend = () => { words.over = "ended"; end(); };
    if (window.spoken.length === 1) setTimeout(words.onend);
  },
  cancel() { for (const words of window.spoken) words.over ||= "cut"; },
}});
"""


@dataclass
class Site:
    """The hotline with its practice carrier and the page, in pretended time."""

    app: Flask
    carrier: Carrier
    url: str
    messages: Path


def running_from(moment: datetime) -> Callable[[], datetime]:
    """Return a clock that runs like ours, from this moment on."""
    begin = time.monotonic()
    return lambda: moment + timedelta(seconds=time.monotonic() - begin)


@pytest.fixture
def site(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    moment = getattr(request, "param", CLOSED)
    settings = replace(hotline_settings(tmp_path, free_port()), practice=True)
    app = create_app(settings, running_from(moment))
    app.extensions["hotline"].jobs[0].start()
    with served(app, settings.port):
        yield Site(app, app.extensions["carrier"], settings.public_url, settings.recordings / "messages")
    app.extensions["hotline"].close()


@pytest.fixture(scope="module")
def browser(player: Playwright) -> Iterator[Browser]:
    with launched(player, DEVICE, ALLOWED) as one:
        yield one


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(locale="zh-CN") as context:
        shown = context.new_page()
        wrong: list[str] = []
        shown.on("pageerror", lambda error: wrong.append(str(error)))
        shown.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
        yield shown
        assert wrong == []


def press(page: Page, keys: str) -> None:
    """Click keys of the keypad."""
    names = {"*": "Star", "#": "Hash"} if page.url.endswith("lang=en") else {"*": "星号键", "#": "井号键"}
    for key in keys:
        page.get_by_role("button", name=names.get(key, key), exact=True).click()


def heard(page: Page, words: str) -> None:
    """Wait until the transcript shows these words of the hotline."""
    expect(page.locator(".hotline", has_text=words).last).to_be_visible(timeout=CUE_SECONDS)


def dial(page: Page, texts: Mapping[str, str]) -> None:
    """Dial, and let the greeting be over as soon as it begins."""
    page.get_by_role("button", name=texts["dial"], exact=True).click()
    heard(page, "您好")
    page.get_by_role("button", name=texts["skip"]).click()


def leave_a_message(page: Page, texts: dict[str, str], keys: list[tuple[str, str]], notice: str, thanks: str) -> None:
    """Dial, go by keys to the recorder (each pressed once its words are heard), speak, and stay to the end."""
    dial(page, texts)
    for words, key in keys:
        heard(page, words)
        press(page, key)
    heard(page, notice)
    page.get_by_role("button", name=texts["skip"]).click()
    expect(page.locator(".tape-time")).to_have_text(re.compile(r"^0:0[2-9] / "), timeout=CUE_SECONDS)
    press(page, "#")
    heard(page, thanks)
    page.get_by_role("button", name=texts["skip"]).click()
    expect(page.locator(".note", has_text=texts["ended_hotline"])).to_be_visible(timeout=CUE_SECONDS)
    expect(page.get_by_role("button", name=texts["redial"], exact=True)).to_be_visible()


def kept(site: Site) -> bytes:
    """Return the one message, once the hotline has fetched it from the carrier and put it away."""
    until(lambda: list(site.messages.rglob("*.sealed")))
    (file,) = site.messages.rglob("*.sealed")
    vault: Vault = site.app.extensions["hotline"].vault
    return vault.open(f"messages/{file.name}").read()


def assert_spoken(site: Site) -> None:
    """The message is put away as the microphone heard it: 8 kHz, mono, 16 bit, two seconds or more, and not silent."""
    with wave.open(io.BytesIO(kept(site))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        assert file.getnframes() >= 2 * 8000
        samples = memoryview(file.readframes(file.getnframes())).cast("h")
        assert max(samples) > 3000


def test_a_caller_leaves_a_message_in_chinese(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/phone")
    keys = [("请选服务", "5"), ("其他问题。", "4"), ("谢谢您帮我们改进", "1")]
    leave_a_message(page, dict(TEXTS["zh"]), keys, "留言会被录音", "我们会尽快听取您的留言")
    assert_spoken(site)
    assert site.carrier.log.codes == []


def test_a_caller_leaves_a_message_in_english(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/phone?lang=en")
    keys = [("请选服务", "8"), ("Please choose", "5"), ("Other questions", "4")]
    keys.append(("Thank you for helping us", "1"))
    leave_a_message(page, dict(TEXTS["en"]), keys, "Your message will be recorded", "listen to your message")
    assert_spoken(site)
    assert page.locator(".hotline [lang=en-US]").count() >= 4


def test_the_computers_keyboard_dials_keys_and_hangs_up(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/phone")
    expect(page.locator(".hotline")).to_have_count(0)
    page.locator("body").press("Enter")
    heard(page, "请选服务")
    page.keyboard.press("5")
    heard(page, "其他问题。")
    page.keyboard.press("Escape")
    expect(page.locator(".note", has_text=TEXTS["zh"]["ended_you"])).to_be_visible()
    (leg,) = site.carrier.legs.values()
    until(lambda: leg.status == "completed")


def test_a_key_interrupts_a_menu_but_no_notice(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/phone")
    dial(page, TEXTS["zh"])
    heard(page, "请选服务")
    press(page, "0")
    heard(page, "人工客服现在休息")
    press(page, "1")
    heard(page, "留言会被录音")
    press(page, "7")
    expect(page.locator(".lost", has_text=TEXTS["zh"]["lost"])).to_be_visible()
    (leg,) = site.carrier.legs.values()
    assert "留言会被录音" in getattr(leg.cue, "text", "")


@pytest.mark.parametrize("site", [OPEN], indirect=True)
def test_a_waiting_caller_sees_the_place_in_the_queue(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/phone")
    dial(page, TEXTS["zh"])
    heard(page, "请选服务")
    press(page, "0")
    heard(page, "正在为您转接人工客服")
    page.get_by_role("button", name=TEXTS["zh"]["skip"]).click()
    expect(page.locator(".queue")).to_have_text(re.compile("排队第 1 位"), timeout=CUE_SECONDS)
    page.get_by_role("button", name="挂断", exact=True).click()
    expect(page.locator(".note", has_text=TEXTS["zh"]["ended_you"])).to_be_visible()
    until(lambda: all(not queue.members for queue in site.carrier.queues.values()))


def test_without_a_microphone_a_test_tone_can_be_sent(site: Site, player: Playwright) -> None:
    with launched(player, DEVICE) as browser, browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{site.url}/phone?lang=en")
        dial(page, TEXTS["en"])
        for words, key in [("请选服务", "5"), ("其他问题。", "4"), ("谢谢您帮我们改进", "1")]:
            heard(page, words)
            press(page, key)
        heard(page, "留言会被录音")
        page.get_by_role("button", name="Skip this part").click()
        expect(page.get_by_text(TEXTS["en"]["microphone_refused"])).to_be_visible(timeout=CUE_SECONDS)
        page.get_by_role("button", name=TEXTS["en"]["send_tone"]).click()
        heard(page, "我们会尽快听取您的留言")
    assert sounds.length(kept(site)) == 5


def test_hanging_up_while_speaking_keeps_what_was_said(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/phone")
    dial(page, TEXTS["zh"])
    for words, key in [("请选服务", "5"), ("其他问题。", "4"), ("谢谢您帮我们改进", "1")]:
        heard(page, words)
        press(page, key)
    heard(page, "留言会被录音")
    page.get_by_role("button", name=TEXTS["zh"]["skip"]).click()
    expect(page.locator(".tape-time")).to_have_text(re.compile(r"^0:0[2-9] / "), timeout=CUE_SECONDS)
    page.get_by_role("button", name="挂断", exact=True).click()
    expect(page.locator(".note", has_text=TEXTS["zh"]["ended_you"])).to_be_visible()
    assert_spoken(site)


def test_words_are_spoken_in_their_language_until_a_key_silences_them(site: Site, browser: Browser) -> None:
    with browser.new_context(locale="zh-CN") as context:
        page = context.new_page()
        page.add_init_script(VOICES)
        page.goto(f"{site.url}/phone")
        page.get_by_role("button", name="拨打", exact=True).click()
        heard(page, "English, press")
        expect(page.locator(".hotline")).to_have_count(2)
        page.evaluate("window.spoken.at(-1).onend()")
        heard(page, "英语")
        press(page, "8")
        heard(page, "Please choose")
        spoken = page.evaluate("window.spoken.map((one) => [one.voice.lang, one.over])")
    first = [["zh_CN", "ended"], ["en-US", "ended"], ["zh_CN", "cut"]]
    assert spoken[:5] == [*first, ["zh_CN", "cut"], ["en-US", ""]], "the way back is told in Mandarin first"


def test_a_number_that_nobody_has_is_said_plainly(site: Site, browser: Browser) -> None:
    with browser.new_context(locale="zh-CN") as context:
        page = context.new_page()
        page.goto(f"{site.url}/phone")
        page.get_by_label(TEXTS["zh"]["to"]).fill("10086")
        page.get_by_role("button", name="拨打", exact=True).click()
        expect(page.get_by_role("alert")).to_have_text(TEXTS["zh"]["wrong_number"])
        expect(page.get_by_role("button", name="拨打", exact=True)).to_be_enabled()


def test_a_line_that_is_lost_is_told_in_the_words_of_the_page_alone(site: Site, browser: Browser) -> None:
    with browser.new_context(locale="zh-CN") as context:
        page = context.new_page()
        page.goto(f"{site.url}/phone")
        dial(page, TEXTS["zh"])
        heard(page, "请选服务")
        context.set_offline(True)
        expect(page.get_by_role("alert")).to_have_text(TEXTS["zh"]["lost_line"], timeout=CUE_SECONDS)
        assert not re.search("[A-Za-z]", TEXTS["zh"]["lost_line"])


def test_a_closed_page_hangs_up(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/phone")
    dial(page, TEXTS["zh"])
    heard(page, "请选服务")
    (leg,) = site.carrier.legs.values()
    turn = leg.turn
    page.goto("about:blank")
    assert leg.wait_beyond(turn, 60)
    assert leg.over


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_sms_shows_on_the_phone_it_came_to(site: Site, page: Page, language: str) -> None:
    page.goto(f"{site.url}/phone?lang={language}")
    rest = Rest(site.carrier.account_sid, site.carrier.auth_token, site.url)
    Texting(rest, "+861069012345").send("+8613900139000", "Somebody else's")
    dial(page, TEXTS[language])
    Texting(rest, "+861069012345").send(CUSTOMER, "您的受理编号是 20260302。")
    Codes(rest.account, rest.token, site.url, PRACTICE_SERVICE).send(CUSTOMER, language)
    bubbles = page.locator(".sms .bubble")
    expect(bubbles).to_have_count(2, timeout=CUE_SECONDS)
    expect(bubbles.first).to_contain_text(TEXTS[language]["sms"])
    expect(bubbles.first).to_contain_text("您的受理编号是 20260302。")
    expect(bubbles.last.locator(".number")).to_have_text("135790")
    page.get_by_role("button", name=TEXTS[language]["hang_up"], exact=True).click()
    expect(page.get_by_role("button", name=TEXTS[language]["redial"], exact=True)).to_be_visible()
    Texting(rest, "+861069012345").send(CUSTOMER, "After the call")
    expect(page.locator(".sms", has_text="After the call")).to_be_visible(timeout=CUE_SECONDS)
