"""What two browsers promise on a call in practice: the caller at /phone and the agent at the desk hear each other."""

import math
import os
import re
import struct
import wave
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from ivr.carrier.company import Carrier
from ivr.carrier.rehearsal import served
from ivr.factory import Parts, create_app
from tests.test_phone_page import CHROMIUM, FLAGS, running_from
from tests.world import OPEN, free_port, hotline_settings

PITCHES = {"caller": 500, "agent": 1500}  # Hz; what either microphone hears
ALLOWED = ["--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required"]
SOON = 20_000  # milliseconds
LOUD = 3  # of 100 on the page's meter, where silence is 0
# The pitch of what the page plays: where the spectrum of its audio elements is highest.
PITCH = """async () => {
  const context = new AudioContext();
  await context.resume();
  const analyser = new AnalyserNode(context, { fftSize: 8192 });
  for (const one of document.querySelectorAll("audio")) {
    if (one.srcObject) context.createMediaStreamSource(one.srcObject).connect(analyser);
  }
  const sum = new Float32Array(analyser.frequencyBinCount);
  for (let round = 0; round < 20; round++) {
    await new Promise((done) => setTimeout(done, 100));
    const now = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(now);
    now.forEach((level, place) => (sum[place] += 10 ** (Math.max(level, -150) / 10)));
  }
  const rate = context.sampleRate;
  await context.close();
  return (sum.indexOf(Math.max(...sum)) * rate) / 8192;
}"""


class Site:
    """The hotline with its practice carrier, as `python app.py` starts it."""

    def __init__(self, parts: Parts, carrier: Carrier, url: str, password: str) -> None:
        self.parts, self.carrier, self.url, self.password = parts, carrier, url, password


def tone(file: Path, pitch: int) -> Path:
    """Write beeps of this pitch, three a second: a steady tone would be taken for noise and be suppressed."""
    rate, seconds = 48_000, 3

    def sample(step: int) -> int:
        beat = step % (rate // 3) / (rate // 3)
        return round(12000 * math.sin(2 * math.pi * pitch * step / rate)) if beat < 0.6 else 0

    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(b"".join(struct.pack("<h", sample(step)) for step in range(rate * seconds)))
    return file


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    settings = replace(hotline_settings(tmp_path, free_port()), practice=True)
    app = create_app(settings, running_from(OPEN))
    parts: Parts = app.extensions["hotline"]
    password = app.extensions["pages"].hire_first()
    parts.board.start()
    with served(app, settings.port):
        yield Site(parts, app.extensions["carrier"], settings.public_url, password)
    parts.close()


@pytest.fixture(scope="module")
def player() -> Iterator[Playwright]:
    if not CHROMIUM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is not installed")
        pytest.skip("chromium is not installed")
    with sync_playwright() as one:
        yield one


@pytest.fixture(scope="module")
def browsers(player: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Browser]]:
    """Two browsers, each with a microphone of its own pitch."""
    folder = tmp_path_factory.mktemp("tones")
    made = {}
    for name, pitch in PITCHES.items():
        file = tone(folder / f"{name}.wav", pitch)
        flags = [*FLAGS, *ALLOWED, f"--use-file-for-fake-audio-capture={file}"]
        made[name] = player.chromium.launch(executable_path=CHROMIUM, args=flags)
    yield made
    for one in made.values():
        one.close()


def opened(browser: Browser, wrong: list[str], **more: object) -> Page:
    page = browser.new_context(**more).new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
    return page


@pytest.fixture
def pages(browsers: dict[str, Browser]) -> Iterator[dict[str, Page]]:
    """The caller's page and the agent's, at which nothing goes wrong."""
    wrong: list[str] = []
    made = {name: opened(browser, wrong, locale="en-US") for name, browser in browsers.items()}
    yield made
    for page in made.values():
        page.context.close()
    assert wrong == []


def log_in(page: Page, site: Site, name: str = "alice", password: str = "") -> None:
    page.goto(f"{site.url}/desk")
    page.locator("#name").fill(name)
    page.locator("#password").fill(password or site.password)
    page.keyboard.press("Enter")
    expect(page.locator(".acts")).to_be_visible()


def queue_up(page: Page, site: Site) -> None:
    """Dial, and ask for a person."""
    page.goto(f"{site.url}/phone?lang=en")
    page.get_by_role("button", name="Call", exact=True).click()
    expect(page.locator(".hotline").first).to_be_visible(timeout=SOON)
    page.get_by_role("button", name="0", exact=True).click()


def connected(site: Site, pages: dict[str, Page]) -> None:
    """Put the caller through to the agent, by the buttons and keys of both pages."""
    log_in(pages["agent"], site)
    queue_up(pages["caller"], site)
    pages["agent"].keyboard.press("a")
    expect(pages["agent"].locator("body")).to_have_attribute("data-state", "ringing", timeout=SOON)
    pages["agent"].keyboard.press("1")
    expect(pages["agent"].locator("body")).to_have_attribute("data-state", "talking", timeout=SOON)


def hears(page: Page) -> None:
    """Wait until sound comes in: by the page's own meter, and by the bytes it counts."""
    meter = page.locator("[data-sound=heard]")
    expect(meter).to_have_attribute("aria-valuenow", re.compile(rf"^([{LOUD}-9]|[1-9]\d+)$"), timeout=SOON)
    expect(page.locator(".sound-bytes")).to_have_attribute("data-heard", re.compile(r"^\d{4,}$"), timeout=SOON)


def pitch(page: Page) -> float:
    return float(page.evaluate(PITCH))


def test_caller_and_agent_hear_each_other(site: Site, pages: dict[str, Page]) -> None:
    connected(site, pages)
    for page in pages.values():
        hears(page)
        expect(page.locator(".sound-state")).to_have_text("You hear each other")
    assert abs(pitch(pages["caller"]) - PITCHES["agent"]) < 30
    assert abs(pitch(pages["agent"]) - PITCHES["caller"]) < 30
    pages["caller"].get_by_role("button", name="Hang up", exact=True).click()
    for page in pages.values():
        expect(page.locator("audio")).to_have_count(0, timeout=SOON)
        expect(page.locator(".sound")).to_be_hidden()
