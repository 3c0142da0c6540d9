"""Measure when each page of the console first shows something: `python -m tests.bench.paint`.

All pages of the console over some busy days, each loaded afresh in headless Chromium without a cache; asked for are
0.5 s to the first contentful paint.
"""

import argparse
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, sync_playwright

from ivr.carrier.rehearsal import served
from ivr.console.menu import ACCOUNT, ENTRIES
from ivr.reports.catalogue import reports
from ivr.store.roles import ADMIN, SUPERVISOR
from tests.browser import launched, let_in
from tests.busy import busy
from tests.desk_site import Clock, Site, desk_site
from tests.test_reports_page import kept
from tests.world import OPEN, free_port

ASKED: Final = 500  # milliseconds
CALLS: Final = 300
SEED: Final = 7
TIMES: Final = 5
PAINTED: Final = """() => new Promise((told) => new PerformanceObserver((list) => {
  const found = list.getEntriesByName("first-contentful-paint");
  if (found.length) told(found[0].startTime);
}).observe({ type: "paint", buffered: true }))"""


@contextmanager
def opened(calls: int) -> Iterator[tuple[Page, Site]]:
    """Give the browser of somebody who may see every page, and a site on which so many calls were made."""
    clock, port = Clock(), free_port()
    with (
        tempfile.TemporaryDirectory(prefix="bench") as folder,
        closing(desk_site(Path(folder), f"http://127.0.0.1:{port}", clock)) as site,
        sync_playwright() as player,
        closing(launched(player)) as browser,
    ):
        busy(site, clock, calls, SEED, OPEN)
        kept(site, clock)
        password = site.hire("sam", SUPERVISOR, ADMIN)
        with served(site.app, port), browser.new_context(base_url=f"http://127.0.0.1:{port}") as context:
            page = context.new_page()
            let_in(page, "sam", password)
            page.context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
            yield page, site


def places(page: Page) -> list[str]:
    """Return the addresses of all pages, the newest call's among them."""
    page.goto("/desk/calls")
    call = page.locator(".calls-table a").first.get_attribute("href") or ""
    listed = [*(one.href for one in ENTRIES), ACCOUNT.href, "/desk/wallboard?full=1", call]
    return [*listed, *(f"/desk/reports/{name}" for name in reports())]


def measured(times: int = TIMES, calls: int = CALLS) -> Iterator[tuple[str, list[float]]]:
    """Yield each page with the milliseconds to its first contentful paint, so many times."""
    with opened(calls) as (page, _):
        for place in places(page):
            found = []
            for _ in range(times):
                page.goto(place, wait_until="commit")
                found.append(page.evaluate(PAINTED))
            yield place, found


def main() -> None:
    """Measure, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=TIMES)
    slow = []
    for place, found in measured(parser.parse_args().times):
        middle = statistics.median(found)
        slow += [place] if middle > ASKED else []
        print(f"{place[:48]:50} {middle:6.0f} ms, at most {max(found):6.0f}")
    print(f"over {ASKED} ms: {', '.join(slow) or 'none'}")


if __name__ == "__main__":
    main()
