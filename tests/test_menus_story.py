"""A person changes the menus from the idea to every caller hearing it, in a real browser, and takes it back."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from ivr.carrier.rehearsal import served
from ivr.factory import create_app
from ivr.parts import Parts
from tests.browser import let_in, watched
from tests.desk_site import hired
from tests.test_versions import ask
from tests.world import OPEN, free_port, hotline_settings

NEW = {"zh": "早上好，欢迎致电数字钱包服务热线。", "en": "Good morning, and welcome to the Digital Wallet hotline."}
DAY = f"{OPEN:%Y-%m-%d}"
PATIENCE_MS = 60_000  # A proof takes two seconds, on a machine that does nothing else.


@dataclass
class Story:
    """What the person does, step by step, with the seconds that each took."""

    page: Page
    begun: float = field(default_factory=time.monotonic)
    steps: list[tuple[str, float]] = field(default_factory=list)

    def done(self, what: str) -> None:
        """Note that a step is done, and picture it where pictures are wanted."""
        now = time.monotonic()
        self.steps.append((what, now - self.begun))
        if pictures := os.environ.get("PICTURES"):
            self.page.screenshot(path=f"{pictures}/story-{len(self.steps):02}.png")
        self.begun = time.monotonic()

    def told(self) -> str:
        """Return the steps and their seconds."""
        return "\n".join(f"{seconds:6.1f} s  {what}" for what, seconds in self.steps)


@pytest.fixture
def port() -> int:
    """Return the port on which the hotline and its pages are."""
    return free_port()


@pytest.fixture
def app(tmp_path: Path, port: int) -> Iterator[Flask]:
    """Serve the hotline with this project's menus."""
    made = create_app(hotline_settings(tmp_path, port, ""), lambda: OPEN.astimezone(UTC))
    parts: Parts = made.extensions["hotline"]
    parts.begin()
    with served(made, port):
        yield made
    parts.close()


@pytest.fixture
def page(browser: Browser, port: int) -> Iterator[Page]:
    """Return a window of a browser that reads English."""
    size = {"width": 1440, "height": 900}
    with watched(browser, f"http://127.0.0.1:{port}", locale="en-US", viewport=size) as shown:
        shown.set_default_timeout(PATIENCE_MS)
        yield shown


def saved(page: Page) -> None:
    """Wait until the editor says that all is saved."""
    expect(page.locator(".saved")).to_have_text("All saved")


def begin(app: Flask, number: int) -> str:
    """Ring the hotline; return what is heard."""
    return ask(app, "/voice/incoming", f"CA{number:032}")


def test_from_an_idea_to_every_caller_and_back(app: Flask, page: Page) -> None:
    parts: Parts = app.extensions["hotline"]
    console, staff = app.extensions["pages"].made()
    password = hired(console, staff, "olga", "operations")
    for number in range(1, 6):  # Yesterday's callers: four who want a merchant's person, one who hangs up.
        begin(app, number)
        if number > 1:
            ask(app, "/voice/turn/1?language=zh-CN", f"CA{number:032}", "4")
        ask(app, "/voice/status", f"CA{number:032}", CallStatus="completed")
    story = Story(page)
    let_in(page, "olga", password, "en")
    page.goto("/desk/menus")
    page.fill("#title", "Good morning")
    page.get_by_role("button", name="Begin").click()
    expect(page.locator(".box").first).to_be_visible()
    story.done("log in, and begin a draft")
    words_and_a_key(page)
    story.done("change words and a key in both languages")
    a_trap(page)
    story.done("see the proof fail with its counterexample, and play it")
    page.get_by_role("button", name="Undo", exact=True).click()
    saved(page)
    page.get_by_role("tab", name="Proof").click()
    page.get_by_role("button", name="Prove").click()
    expect(page.get_by_text("No trap was found.")).to_be_visible(timeout=PATIENCE_MS)
    story.done("mend it, and see the proof hold")
    rehearse(page)
    story.done("rehearse, and save the call as a page that gates publishing")
    yesterday(page)
    story.done("see yesterday's calls on the draft")
    begin(app, 7)  # It is there before, and goes on after.
    publish(page)
    story.done("publish")
    assert parts.live.version == 2
    assert NEW["zh"] in begin(app, 8)
    assert "您好，数字钱包" in ask(app, "/voice/turn/1?language=zh-CN", f"CA{7:032}", "9") + begin(app, 7)
    assert "商家" in ask(app, "/voice/turn/2?language=zh-CN", f"CA{7:032}", "4")
    assert "没有这个选项" in ask(app, "/voice/turn/1?language=zh-CN", f"CA{8:032}", "4")
    assert "商家" in ask(app, "/voice/turn/2?language=zh-CN", f"CA{8:032}", "6")
    page.goto("/desk/menus")
    page.get_by_role("button", name="Let it answer again").click()
    expect(page.get_by_role("status")).to_contain_text("Version 1 answers every call from now on.", timeout=PATIENCE_MS)
    assert NEW["zh"] not in begin(app, 9)
    story.done("go back")
    print(f"\n{story.told()}")


def find(page: Page, place: str) -> None:
    """Choose a box by its place."""
    page.get_by_role("tab", name="Form").click()
    finder = page.get_by_role("combobox", name="Find words or a place")
    finder.fill(place)
    finder.press("Enter")
    expect(page.locator(".panel code").first).to_have_text(place)


def words_and_a_key(page: Page) -> None:
    """Change the greeting in both languages, and the merchants' key from 4 to 6."""
    find(page, "main.start")
    page.get_by_label("Says, 中文").fill(NEW["zh"])
    page.get_by_label("Says, English").fill(NEW["en"])
    page.keyboard.press("Control+S")
    saved(page)
    find(page, "main.choose")
    page.get_by_label("Choice 4: Key").select_option("6")
    expect(page.get_by_label("Choice 6: Key")).to_be_visible()
    saved(page)


def a_trap(page: Page) -> None:
    """Ask for marks before any talk, prove that, and play the call that is cut off by it."""
    find(page, "main.more")
    page.get_by_role("combobox", name="Choice 2: Leads to").fill("person.survey")
    page.keyboard.press("Enter")
    saved(page)
    page.get_by_role("tab", name="Proof").click()
    page.get_by_role("button", name="Prove").click()
    trap = page.locator(".trap").first
    expect(trap).to_contain_text("cut off", timeout=PATIENCE_MS)
    trap.get_by_role("button", name="Play it").click()
    expect(page.locator(".lines")).to_contain_text("(silence)")
    expect(page.get_by_text("The call is over")).to_be_visible()


def rehearse(page: Page) -> None:
    """Call the draft, hear the new greeting, press a key, and keep that as a page."""
    page.get_by_role("tab", name="Rehearse").click()
    page.get_by_role("button", name="Begin anew").click()
    lines = page.locator(".lines")
    expect(lines).to_contain_text(NEW["zh"])
    page.get_by_role("group", name="Keypad").get_by_role("button", name="6").click()
    expect(lines).to_contain_text("商家")
    page.get_by_placeholder("Name of the page").fill("merchants by 6")
    page.get_by_role("button", name="Save as page").click()
    expect(page.get_by_text("Saved; publishing will check it.")).to_be_visible()


def yesterday(page: Page) -> None:
    """Try the calls of the day on the draft: all go on to where their callers wanted."""
    page.get_by_role("link", name="Yesterday's calls").click()
    page.fill("#since", DAY)
    page.fill("#until", DAY)
    page.get_by_role("button", name="Try them on this draft").click()
    marks = page.locator(".marks")
    expect(marks).to_contain_text("Are cut off", timeout=PATIENCE_MS)
    expect(page.locator("[data-running]")).to_have_count(0, timeout=PATIENCE_MS)
    expect(marks.locator("dd")).to_have_text(["5", "5", "0"])
    page.locator("tbody a").last.click()
    expect(page.locator("main")).to_contain_text(NEW["zh"])
    expect(page.locator("main")).to_contain_text("> 6")
    page.go_back()
    page.get_by_label("Good morning").get_by_role("link", name="Menus", exact=True).last.click()


def publish(page: Page) -> None:
    """Say why, and let the draft answer."""
    page.get_by_role("button", name="Publish").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("6")
    dialog.get_by_label("Note").fill("A friendlier greeting")
    dialog.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Published as version 2.")).to_be_visible(timeout=PATIENCE_MS)
