"""Every page for reading is read without JavaScript: its rows and figures are there, and its forms submit."""

from playwright.sync_api import Browser, Page, expect

from ivr.console.menu import ACCOUNT, ENTRIES
from ivr.reports.catalogue import reports
from ivr.store.roles import ADMIN, SUPERVISOR
from tests.browser import let_in
from tests.busy import busy
from tests.desk_site import Clock, Site
from tests.test_desk_page import host, port, site
from tests.test_reports_page import kept
from tests.world import OPEN

__all__ = ["host", "port", "site"]

CALLS = 6
# What is read there; the desk is for acting, which wants scripts.
READ = {
    "account": "section.card",
    "people": ".card:visible",
    "talks": ".staff li",
    "inbox": ".rows article",
    "emergency": "main form",
    "blocked": "main form",
    "reports": ".catalogue li",
    "wallboard": ".board table, .board dl, .board section",
}
USUAL = "main tbody tr"
FORMED = {"calls": "/desk/calls?", "audit": "/desk/audit?"}


def test_every_page_for_reading_is_read_without_scripts(site: Site, browser: Browser, port: int, host: str) -> None:
    assert isinstance(site.clock, Clock)
    site.left_message()
    busy(site, site.clock, CALLS, 7, OPEN)
    kept(site, site.clock)
    password = site.hire("sam", SUPERVISOR, ADMIN)
    with browser.new_context(java_script_enabled=False, locale="en-US", base_url=f"http://{host}:{port}") as context:
        page = context.new_page()
        let_in(page, "sam", password)
        for entry in (*ENTRIES, ACCOUNT):
            if entry.name != "desk":
                page.goto(entry.href)
                expect(page.locator(READ.get(entry.name, USUAL)).first, entry.name).to_be_visible()
                formed(page, FORMED.get(entry.name, ""))
        page.goto("/desk/calls")
        page.locator("main table tbody a").first.click()
        expect(page.locator(".call-lines li").first).to_be_visible()
        for name in reports():
            page.goto(f"/desk/reports/{name}")
            expect(page.locator("main table.figures, main .nobody").first, name).to_be_visible()
            expect(page.locator("figure.chart:visible, .picture:visible"), name).to_have_count(0)
            formed(page, f"/desk/reports/{name}?")


def formed(page: Page, address: str) -> None:
    """Submit the form by which is chosen what is shown, where the page has one, and find that it led on."""
    if address:
        page.locator("form.finder button[type=submit]").first.click()
        page.wait_for_url(lambda url: address in url)
