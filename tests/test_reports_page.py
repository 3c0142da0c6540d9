"""The reports: their figures, the calls behind each, the files, and how the pages look."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page

from ivr.reports.catalogue import reports
from ivr.reports.keeping import Keeping
from tests.busy import busy
from tests.desk_site import Clock, Site
from tests.test_desk_page import SIZES, browser, host, looked_at, page, port
from tests.test_desk_page import site as served_site
from tests.test_people import clock, site
from tests.world import OPEN

__all__ = ["browser", "clock", "host", "page", "port", "served_site", "site"]

CALLS = 300


def kept(site: Site, clock: Clock) -> Keeping:
    """Have all that is due digested and counted."""
    made = Keeping(site.desk.engine, site.hotline.journal.events, site.flow.zone, clock)
    for _ in range(CALLS):
        clock.on(seconds=6)
        jobs = made.due()
        for job in jobs:
            made.take(job)
        if not jobs:
            break
    return made


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_in_any_report(
    served_site: Site, page: Page, tmp_path: Path, language: str, size: str
) -> None:
    seen = looked_at(page, tmp_path, language, size)
    assert isinstance(served_site.clock, Clock)
    busy(served_site, served_site.clock, CALLS, 7, OPEN - timedelta(days=1))
    kept(served_site, served_site.clock)
    page.goto(f"/desk/login?lang={language}")
    page.fill("#name", "sam")
    page.fill("#password", served_site.hire("sam", "supervisor"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk")
    page.goto("/desk/reports")
    seen("reports")
    for name in reports():
        page.goto(f"/desk/reports/{name}")
        seen(f"report-{name}")
        if (figure := page.locator(".figures td a, .marks a").first).count():
            figure.click()
            seen(f"behind-{name}")
