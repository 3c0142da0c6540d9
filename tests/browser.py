"""Debian's Chromium for tests: how it is started, and with what in its ears."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

CHROMIUM: Final = Path("/usr/bin/chromium")
FLAGS: Final = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
DEVICE: Final = "--use-fake-device-for-media-stream"
PATIENCE_MS: Final = (
    10_000  # What has to be there at once is there at once, but machines that test do other things, too.
)
ALLOWED: Final = "--use-fake-ui-for-media-stream"


@pytest.fixture(scope="module")
def player() -> Iterator[Playwright]:
    """Return what starts browsers; skip without Chromium, but fail where it must be there."""
    if not CHROMIUM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is not installed")
        pytest.skip("chromium is not installed")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as one:
        yield one


def launched(player: Playwright, *flags: str) -> Browser:
    """Return a browser with these flags besides those of all tests."""
    return player.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])


def let_in(page: Page, name: str, password: str, language: str = "en") -> None:
    """Log in, and wait for the page that comes first."""
    page.goto(f"/desk/login?lang={language}")
    page.fill("#name", name)
    page.fill("#password", password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)
