"""Pages that were left without an answer, as at a restart, come back one after another, ever more seldom until then."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.browser import caught, let_in, watched
from tests.desk_site import Site
from tests.pages import until
from tests.test_desk_page import host, port, site

__all__ = ["host", "port", "site"]
# Nobody waits in earnest between two looks; for how long is noted.
HASTY = """(() => {
  const real = window.setTimeout;
  window.waits = [];
  window.setTimeout = (act, ms, ...more) => {
    const looks = ms >= 700 && ms < 12_000;
    if (looks) waits.push(ms);
    return real(act, looks ? 20 : ms, ...more);
  };
})()"""
NEWS = re.compile("/desk/(inbox/)?news")
TIMES = 8
EVERY, MOST = 700, 5000
LATELY = "waits.slice(-3).every((wait) => wait === 700)"


@pytest.fixture
def page(browser: Browser, port: int, host: str) -> Iterator[Page]:
    with watched(browser, f"http://{host}:{port}", "503|ERR_FAILED", locale="en-US") as shown:
        shown.add_init_script(HASTY)
        yield shown
        shown.goto("about:blank")


def away(route: Route) -> None:
    route.fulfill(status=503, content_type="application/json", body='{"error": "away"}')


def refused(route: Route) -> None:
    route.abort()


def noted(page: Page, least: int) -> list[float]:
    """Return for how long it waited, once that was for longer than usual again and again."""
    longer = f"waits.filter((wait) => wait > {least})"
    until(lambda: page.evaluate(f"{longer}.length") >= TIMES)
    found: list[float] = page.evaluate(longer)
    return found[:TIMES]


@pytest.mark.parametrize("fails", [away, refused])
@pytest.mark.parametrize("path", ["/desk", "/desk/inbox"])
def test_a_page_looks_for_news_ever_more_seldom_while_that_is_in_vain(
    site: Site, page: Page, path: str, fails: object
) -> None:
    let_in(page, "alice", site.hire(), "en")
    page.goto(path)
    until(lambda: page.evaluate(LATELY))
    caught(page, NEWS, fails)  # type: ignore[arg-type]
    waits = noted(page, EVERY)
    bounds = [EVERY + min(MOST, EVERY * 2 ** (missed + 1)) for missed in range(TIMES)]
    assert all(wait <= bound for wait, bound in zip(waits, bounds, strict=True)), waits
    assert max(waits) > 2 * EVERY
    assert len({*waits}) == TIMES, "else all pages come back at one moment"
    page.unroute(NEWS)
    until(lambda: page.evaluate(LATELY))


@pytest.mark.parametrize("fails", [away, refused])
def test_a_wallboard_listens_again_ever_more_seldom_while_that_is_in_vain(
    site: Site, page: Page, fails: object
) -> None:
    let_in(page, "sam", site.hire("sam", "supervisor"), "en")
    page.goto("/desk/wallboard?full=1")
    caught(page, "**/desk/wallboard/events*", fails)  # type: ignore[arg-type]
    waits = noted(page, 1000)
    assert max(waits) > 2000, waits
    assert all(wait <= 11_000 for wait in waits)
    assert len({*waits}) == TIMES
    page.unroute("**/desk/wallboard/events*")
    until(lambda: page.evaluate("!document.querySelector('main').classList.contains('stale')"))
