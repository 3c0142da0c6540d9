"""What two browsers promise on a call in practice: the caller at /phone and the agent at the desk hear each other."""

import math
import re
import struct
import wave
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Playwright, expect

from ivr.carrier.company import Carrier
from ivr.carrier.conferences import Participant
from ivr.carrier.rehearsal import served
from ivr.factory import create_app
from ivr.parts import Parts
from tests.browser import ALLOWED, DEVICE, at_the_desk, launched
from tests.desk_site import hired
from tests.test_phone_page import running_from
from tests.world import NUMBER, OPEN, free_port, hotline_settings

pytestmark = pytest.mark.xdist_group("sound")  # Another worker's than what browsers do in silence.

PITCHES = {"caller": 500, "agent": 1500}  # Hz; what either microphone hears
AUTOPLAY = "--autoplay-policy=no-user-gesture-required"
SOON = 60_000  # milliseconds
LOUD = 3  # of 100 on the page's meter, where silence is 0
# The pitch of what the page plays: where the spectrum of its audio elements is highest, over ten looks at sound.
PITCH = """async () => {
  const context = new AudioContext();
  await context.resume();
  const analyser = new AnalyserNode(context, { fftSize: 8192 });
  for (const one of document.querySelectorAll("audio")) {
    if (one.srcObject) context.createMediaStreamSource(one.srcObject).connect(analyser);
  }
  const sum = new Float32Array(analyser.frequencyBinCount);
  for (let round = 0, sounds = 0; round < 1000 && sounds < 10; round++) {
    await new Promise((done) => setTimeout(done, 30));
    const now = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(now);
    if (Math.max(...now) > -60) sounds++;
    now.forEach((level, place) => (sum[place] += 10 ** (Math.max(level, -150) / 10)));
  }
  const rate = context.sampleRate;
  await context.close();
  return (sum.indexOf(Math.max(...sum)) * rate) / 8192;
}"""


# How many of the page's players have sound in them.
VOICES = """async () => {
  const context = new AudioContext();
  await context.resume();
  const loud = [...document.querySelectorAll("audio.voice")].filter((one) => !one.muted).map((one) => {
    const analyser = new AnalyserNode(context, { fftSize: 2048 });
    context.createMediaStreamSource(one.srcObject).connect(analyser);
    return { analyser, most: 0 };
  });
  for (let round = 0; round < 15; round++) {
    await new Promise((done) => setTimeout(done, 100));
    for (const one of loud) {
      const samples = new Float32Array(one.analyser.fftSize);
      one.analyser.getFloatTimeDomainData(samples);
      one.most = Math.max(one.most, ...samples.map(Math.abs));
    }
  }
  await context.close();
  return loud.filter((one) => one.most > 0.02).length;
}"""


class Site:
    """The hotline with its practice carrier, as `python app.py` starts it."""

    def __init__(self, app: Flask, url: str) -> None:
        self.app, self.url, self.pages = app, url, app.extensions["pages"]
        self.carrier: Carrier = app.extensions["carrier"]
        self.password = hired(*self.pages.made())

    def hire(self, name: str) -> str:
        """Add another agent; return the password."""
        return hired(*self.pages.made(), name)


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
    made = Site(app, settings.public_url)
    parts.board.start()
    with served(app, settings.port):
        yield made
    parts.close()


@pytest.fixture(scope="module")
def browsers(player: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Browser]]:
    """Two browsers, each with a microphone of its own pitch."""
    folder = tmp_path_factory.mktemp("tones")
    made = {}
    for name, pitch in PITCHES.items():
        file = tone(folder / f"{name}.wav", pitch)
        made[name] = launched(player, DEVICE, ALLOWED, AUTOPLAY, f"--use-file-for-fake-audio-capture={file}")
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
    at_the_desk(page)


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
    expect(page.locator(".sound")).to_have_attribute("data-heard", re.compile(r"^\d{4,}$"), timeout=SOON)


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
        expect(page.locator("audio.voice")).to_have_count(0, timeout=SOON)
        expect(page.locator(".sound")).to_be_hidden()


def test_on_hold_the_caller_hears_music_and_nobody_speaks(site: Site, pages: dict[str, Page]) -> None:
    connected(site, pages)
    hears(pages["caller"])
    (room,) = site.carrier.rooms.values()
    caller = next(one for one in room.participants if one.leg.direction == "inbound")
    room.change(caller, "participant-hold", hold=True)
    expect(pages["caller"].locator("#sound")).to_be_hidden(timeout=SOON)
    expect(pages["caller"].get_by_role("status").first).to_have_text("Hold music is playing")
    expect(pages["caller"].locator("audio.music")).to_have_js_property("paused", False, timeout=SOON)
    assert pages["caller"].locator("audio.music").evaluate("(one) => [one.src, one.muted, one.error]") == [
        f"{site.url}/phone/music.wav",
        False,
        None,
    ]
    for page in pages.values():
        expect(page.locator("audio.voice")).to_have_count(0, timeout=SOON)
    expect(pages["agent"].locator(".sound-state")).to_have_text("Nobody hears you now")
    room.change(caller, "participant-unhold", hold=False)
    for page in pages.values():
        hears(page)


def test_who_is_muted_is_not_heard_and_hears(site: Site, pages: dict[str, Page]) -> None:
    connected(site, pages)
    for page in pages.values():
        hears(page)
    (room,) = site.carrier.rooms.values()
    agent = next(one for one in room.participants if one.leg.direction != "inbound")
    room.change(agent, "participant-mute", muted=True)
    expect(pages["agent"].locator(".sound-state")).to_have_text("You are only listening; nobody hears you")
    expect(pages["caller"].locator("[data-sound=heard]")).to_have_attribute("aria-valuenow", "0", timeout=SOON)
    hears(pages["agent"])
    room.change(agent, "participant-unmute", muted=False)
    hears(pages["caller"])
    pages["agent"].get_by_role("button", name="Mute").click()
    expect(pages["agent"].locator(".sound-state")).to_have_text("You are muted; nobody hears you")
    expect(pages["caller"].locator("[data-sound=heard]")).to_have_attribute("aria-valuenow", "0", timeout=SOON)


@pytest.mark.parametrize("mode", ["listen", "coach", "join"])
def test_a_third_hears_both_and_is_heard_as_the_mode_says(site: Site, pages: dict[str, Page], mode: str) -> None:
    connected(site, pages)
    alice = site.carrier.phone("client:alice").talking
    (room,) = site.carrier.rooms.values()
    password = site.hire("bob")
    with pages["agent"].context.browser.new_context(locale="en-US") as context:
        third = context.new_page()
        log_in(third, site, "bob", password)
        phone = site.carrier.phone("client:bob")  # In practice it is there a second after bob, which may be too late.
        leg = site.carrier.leg(NUMBER, "client:bob", "outbound-api")
        coach = alice.sid if mode == "coach" else ""
        site.carrier.invite(Participant(leg, muted=mode == "listen", coach=coach), room, 10, 20)
        phone.answer()
        state = {"listen": "You are only listening; nobody hears you", "coach": "Not everybody hears you"}
        expect(third.locator(".sound-state")).to_have_text(state.get(mode, "You hear each other"), timeout=SOON)
        expect(third.locator("audio.voice")).to_have_count(2)
        hears(third)
        voices = {"listen": (1, 1), "coach": (2, 1), "join": (2, 2)}
        for name, count in zip(("agent", "caller"), voices[mode], strict=True):
            flows(pages[name], count)
        leg.hang_up()
        for page in pages.values():
            expect(page.locator("audio.voice")).to_have_count(1, timeout=SOON)


def flows(page: Page, count: int) -> None:
    """Wait until sound comes in by so many of the page's players, and by no other."""
    expect(page.locator("audio.voice")).to_have_count(2, timeout=SOON)
    for _ in range(100):
        heard = page.evaluate(VOICES)
        if heard == count:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{heard} voices are heard")


def test_who_has_no_microphone_still_hears_and_is_told(site: Site, player: Playwright, pages: dict[str, Page]) -> None:
    with launched(player, DEVICE, AUTOPLAY) as deaf:
        agent = deaf.new_context(locale="en-US").new_page()
        connected(site, {"agent": agent, "caller": pages["caller"]})
        hears(agent)
        expect(agent.locator(".sound-trouble")).to_contain_text("they cannot hear you")
        expect(pages["caller"].locator("[data-sound=heard]")).to_have_attribute("aria-valuenow", "0")


def test_another_window_of_the_agent_takes_the_sound(site: Site, pages: dict[str, Page]) -> None:
    connected(site, pages)
    hears(pages["agent"])
    other = pages["agent"].context.new_page()
    other.goto(f"{site.url}/desk")
    hears(other)
    expect(pages["agent"].locator(".sound-state")).to_have_text("The sound is in another window of yours.")
    expect(pages["agent"].locator("audio.voice")).to_have_count(0)
    pages["agent"].get_by_role("button", name="Bring it here").click()
    hears(pages["agent"])
    expect(other.locator("audio.voice")).to_have_count(0)


def test_the_agents_own_key_holds_and_brings_back(site: Site, pages: dict[str, Page]) -> None:
    connected(site, pages)
    hears(pages["caller"])
    pages["agent"].keyboard.press("p")
    expect(pages["caller"].locator("audio.music")).to_have_js_property("paused", False, timeout=SOON)
    expect(pages["caller"].locator("audio.voice")).to_have_count(0)
    expect(pages["agent"].locator(".sound-state")).to_have_text("Nobody hears you now", timeout=SOON)
    pages["agent"].keyboard.press("p")
    for page in pages.values():
        hears(page)
    expect(pages["caller"].locator("audio.music")).to_have_js_property("paused", True)
