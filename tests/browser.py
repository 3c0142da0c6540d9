"""Debian's Chromium for tests: how it is started, and with what in its ears."""

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, Playwright, Route, expect, sync_playwright

# Debian's shell of Chromium paints the same pages without a window's furniture, in half the processor's time.
SHELL: Final = Path("/usr/bin/chromium-headless-shell")
CHROMIUM: Final = Path("/usr/bin/chromium")
FLAGS: Final = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
DEVICE: Final = "--use-fake-device-for-media-stream"
# What has to be there at once is there at once, but machines that test do other things, too.
PATIENCE_MS: Final = 60_000
PROBE: Final = "/web/scripts/patience.js?caught"
ALLOWED: Final = "--use-fake-ui-for-media-stream"


@pytest.fixture(scope="session")
def player() -> Iterator[Playwright]:
    """Return what starts browsers; skip without Chromium, but fail where it must be there."""
    if not CHROMIUM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is not installed")
        pytest.skip("chromium is not installed")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as one:
        yield one


@pytest.fixture(scope="session")
def browser(player: Playwright) -> Iterator[Browser]:
    """Return a browser without microphone; each test opens a window of its own."""
    with launched(player) as one:
        yield one


def launched(player: Playwright, *flags: str) -> Browser:
    """Return a browser with these flags besides those of all tests."""
    # What asks for a microphone needs somebody to ask, whom the shell has not, unless all is allowed unasked.
    asks = DEVICE in flags and ALLOWED not in flags
    program = CHROMIUM if asks or not SHELL.exists() else SHELL
    browser = player.chromium.launch(executable_path=program, args=[*FLAGS, *flags])
    browser.on("context", lambda context: context.set_default_timeout(PATIENCE_MS))
    return browser


@contextmanager
def watched(browser: Browser, url: str, expected: str = "409", **options: Any) -> Iterator[Page]:
    """Give a page of a window of its own, at which nothing may go wrong but what this expression finds."""
    with browser.new_context(base_url=url, **options) as context:
        shown, wrong = context.new_page(), list[str]()
        shown.on("pageerror", lambda error: wrong.append(str(error)))
        shown.on(
            "console",
            lambda line: (
                wrong.append(line.text) if line.type == "error" and not re.search(expected, line.text) else None
            ),
        )
        yield shown
        assert not wrong, f"{shown.url} says: {wrong}"


def let_in(page: Page, name: str, password: str, language: str = "en") -> None:
    """Log in, and wait for the page that comes first."""
    page.goto(f"/desk/login?lang={language}")
    page.fill("#name", name)
    page.fill("#password", password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)


def at_the_desk(page: Page) -> None:
    """Wait until the agent's page heeds keys: what is hidden until then is not hidden before its styles come."""
    expect(page.locator(".acts:not([x-cloak])")).to_be_visible()


def caught(page: Page, url: str, handler: Callable[[Route], object]) -> None:
    """Have what an open page asks for be answered here, and wait until it is.

    Chromium says that it is before the page knows: a key pressed then, which goes another way, came first now and then.
    """
    page.route(f"**{PROBE}", lambda route: route.fulfill(status=204))
    page.route(url, handler)
    end = time.monotonic() + PATIENCE_MS / 1000
    while page.evaluate(f"fetch('{PROBE}').then((answer) => answer.status)") != 204:
        assert time.monotonic() < end, f"{page.url} does not ask us"
