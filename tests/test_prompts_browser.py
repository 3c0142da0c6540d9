"""Prompts spoken into a real browser's microphone, by keyboard alone, and heard again; the page looked at."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Playwright, expect

from ivr.carrier.rehearsal import served
from ivr.editor.loudness import loudness
from ivr.editor.manifest import with_spoken
from ivr.editor.texts import TEXTS
from ivr.factory import create_app
from ivr.flow.flow import Spoken
from ivr.flow.load import load
from ivr.folders import menus
from ivr.parts import Parts
from ivr.store.drafts import Drafts
from tests.browser import ALLOWED, DEVICE, launched, let_in, watched
from tests.desk_site import hired
from tests.test_desk_page import PAIRS, host, looked_at, port
from tests.test_phone_page import running_from
from tests.test_sound import AUTOPLAY, tone
from tests.voices import file, read, voice
from tests.world import OPEN, ROOT, hotline_settings

__all__ = ["host", "port"]

pytestmark = pytest.mark.xdist_group("sound")  # Another worker's than what browsers do in silence.

HELLO = "zh-CN/main.start.say"
PITCH = 600  # Hz; what the microphone hears


@dataclass(frozen=True)
class Site:
    """The hotline as `python app.py` starts it, and the drafts of its menus."""

    app: Flask
    parts: Parts
    drafts: Drafts

    @property
    def prompts(self) -> Path:
        """Where what people spoke is kept."""
        return self.parts.settings.recordings / "prompts"

    def begun(self, files: dict[str, str]) -> int:
        """Begin a draft of olga's."""
        return self.drafts.begin("olga", self.parts.live.version, OPEN.astimezone(UTC), "录音", files)

    def spoken(self, number: int) -> dict[str, Spoken]:
        """Return what a draft names as spoken."""
        flow, _ = load(self.drafts.files(number))
        assert flow
        return dict(flow.spoken)


@pytest.fixture
def site(tmp_path: Path, port: int) -> Iterator[Site]:
    app = create_app(replace(hotline_settings(tmp_path, port), practice=True), running_from(OPEN))
    parts: Parts = app.extensions["hotline"]
    with served(app, port):
        yield Site(app, parts, Drafts(parts.engine))
    parts.close()


@pytest.fixture(scope="module")
def browser(player: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    beeps = tone(tmp_path_factory.mktemp("tones") / "beeps.wav", PITCH)
    with launched(player, DEVICE, ALLOWED, AUTOPLAY, f"--use-file-for-fake-audio-capture={beeps}") as one:
        yield one


@pytest.fixture
def page(browser: Browser, port: int, host: str) -> Iterator[Page]:
    """Return a page at which nothing goes wrong."""
    with watched(browser, f"http://{host}:{port}", "422", locale="en-US") as shown:
        yield shown


def opened(page: Page, site: Site, number: int, language: str = "en") -> None:
    let_in(page, "olga", hired(*site.app.extensions["pages"].made(), "olga", "operations"), language)
    page.goto(f"/desk/menus/drafts/{number}/prompts")
    page.locator("summary", has_text="main.yaml").click()


def test_a_prompt_is_spoken_heard_and_removed_by_keyboard_alone(site: Site, page: Page) -> None:
    number = site.begun(menus(ROOT / "menus"))
    opened(page, site, number)
    cell, told = page.locator(f'[data-name="{HELLO}"]'), page.locator("#prompts-told")
    expect(cell.locator(".badge")).to_have_text("voice")
    cell.focus()
    page.keyboard.press("r")
    expect(told).to_contain_text(re.compile(r"Recording, ([2-9]|\d\d) s"))
    page.keyboard.press("r")
    expect(told).to_have_text(f"Recorded: {HELLO}")
    expect(cell.locator(".badge")).to_have_text("recorded")
    expect(cell).to_be_focused()
    expect(page.locator("#prompts-head")).to_contain_text("1 of ")
    one = site.spoken(number)[HELLO]
    samples, rate = read((site.prompts / one.file).read_bytes())
    assert (rate, one.words) == (8000, "您好，数字钱包热线。")
    assert 1.5 < len(samples) / rate < 60
    assert np.abs(np.fft.rfft(samples)).argmax() * rate / len(samples) == pytest.approx(PITCH, abs=3)
    assert loudness(samples, rate) == pytest.approx(-19, abs=1)
    with page.expect_response(f"**/audio/prompts/{one.file}") as played:
        page.keyboard.press("p")
    assert played.value.status in (200, 206)
    page.keyboard.press("Delete")
    expect(told).to_have_text(f"Removed: {HELLO}")
    expect(cell.locator(".badge")).to_have_text("voice")
    assert site.spoken(number) == {}


def test_a_recording_can_be_dropped_and_arrows_lead_from_prompt_to_prompt(site: Site, page: Page) -> None:
    number = site.begun(menus(ROOT / "menus"))
    opened(page, site, number)
    cell = page.locator(f'[data-name="{HELLO}"]')
    cell.focus()
    page.keyboard.press("r")
    expect(cell).to_have_attribute("data-recording", "")
    page.keyboard.press("Escape")
    expect(page.locator("#prompts-told")).to_have_text("Recording dropped.")
    expect(cell).to_be_focused()
    expect(cell.locator("[data-do=record]")).to_have_text("Record")
    assert site.spoken(number) == {}
    page.keyboard.press("ArrowRight")
    expect(page.locator('[data-name="en-US/main.start.say"]')).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator('[data-name="en-US/main.choose.say"]')).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")
    expect(cell).to_be_focused()


def test_a_file_is_uploaded_and_a_bad_one_is_refused_in_words(site: Site, page: Page) -> None:
    number = site.begun(menus(ROOT / "menus"))
    opened(page, site, number)
    cell, told = page.locator(f'[data-name="{HELLO}"]'), page.locator("#prompts-told")
    for name, data, words in (
        ("x.txt", b"no sound", TEXTS["en"]["prompts_sound_unreadable"]),
        ("hello.mp3", file(voice(3, 44100), 44100, "MP3"), f"Recorded: {HELLO}"),
    ):
        with page.expect_file_chooser() as chosen:
            cell.get_by_role("button", name="Upload").click()
        chosen.value.set_files({"name": name, "mimeType": "application/octet-stream", "buffer": data})
        expect(told).to_have_text(words)
    expect(cell.locator(".badge")).to_have_text("recorded")
    assert list(site.spoken(number)) == [HELLO]


def test_who_has_no_microphone_is_told(site: Site, player: Playwright, port: int, host: str) -> None:
    number = site.begun(menus(ROOT / "menus"))
    with launched(player) as deaf, deaf.new_context(locale="en-US", base_url=f"http://{host}:{port}") as context:
        page = context.new_page()
        opened(page, site, number)
        page.locator(f'[data-name="{HELLO}"] [data-do=record]').click()
        expect(page.get_by_role("alert")).to_have_text(
            re.compile(f"{TEXTS['en']['prompts_microphone_refused']}|{TEXTS['en']['prompts_microphone_missing']}")
        )


@pytest.mark.parametrize(("language", "size"), PAIRS)
def test_axe_finds_nothing_on_the_page_of_recordings(site: Site, page: Page, language: str, size: str) -> None:
    files, seen = menus(ROOT / "menus"), looked_at(page, language, size)
    flow, _ = load(files)
    assert flow
    for place, words in (
        ("main.start.say", ""),
        ("main.choose.say", "请选择。"),
        ("main.gone.say", "这句话已经没有了。"),
    ):
        now = flow.words["zh-CN"].get(place, "")
        files = with_spoken(files, f"zh-CN/{place}", Spoken(file=f"{'a' * 64}.wav", words=words or now))
    site.prompts.mkdir()
    (site.prompts / f"{'a' * 64}.wav").write_bytes(file(voice(2, 8000), 8000))
    number = site.begun(files)
    opened(page, site, number, language)
    expect(page.locator(".prompt-cell").first).to_be_visible()
    seen("prompts")
    page.goto(f"/desk/menus/drafts/{number}/prompts?show=outdated")
    page.locator(".prompt-cell").first.focus()
    seen("prompts-outdated")
