"""The reports: their figures, the calls behind each, the files, and how the pages look."""

import csv
import re
from datetime import timedelta
from html import unescape
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from markupsafe import escape
from playwright.sync_api import Page

from ivr.console.texts import TEXTS
from ivr.reports.catalogue import reports
from ivr.reports.keeping import Keeping
from tests.browser import let_in
from tests.busy import busy
from tests.desk_site import Clock, Site
from tests.test_calls_page import entered
from tests.test_desk_page import PAIRS, host, looked_at, page, port
from tests.test_desk_page import site as served_site
from tests.test_people import clock, site
from tests.world import OPEN

__all__ = ["clock", "host", "page", "port", "served_site", "site"]

CALLS = 120


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


@pytest.mark.parametrize(("language", "size"), PAIRS)
def test_axe_finds_nothing_in_any_report(served_site: Site, page: Page, language: str, size: str) -> None:
    seen = looked_at(page, language, size)
    assert isinstance(served_site.clock, Clock)
    busy(served_site, served_site.clock, CALLS, 7, OPEN - timedelta(days=1))
    kept(served_site, served_site.clock)
    let_in(page, "sam", served_site.hire("sam", "supervisor"), language)
    page.goto("/desk/reports")
    seen("reports")
    for name in reports():
        page.goto(f"/desk/reports/{name}")
        seen(f"report-{name}")
    page.goto("/desk/reports/queues")
    page.locator(".figures td a").first.click()
    seen("behind")


@pytest.fixture
def counted(site: Site, clock: Clock) -> Site:
    """Return a site with some calls of one day, counted."""
    busy(site, clock, 25, 3, OPEN)
    kept(site, clock)
    return site


def test_a_figure_opens_its_calls_for_whoever_may_see_calls(counted: Site) -> None:
    for role, links in (("supervisor", True), ("operations", False)):
        client = entered(counted, role)
        shown = client.get("/desk/reports/queues").text
        found = re.findall(r'href="(/desk/reports/calls[^"]*)"[^>]*>(\d+)<', shown)
        assert bool(found) is links
        for address, number in found:
            listed = client.get(unescape(address))
            assert len(re.findall(r'<a href="/desk/calls/[^"]+">', listed.text)) == int(number)
    agent = entered(counted, "agent")
    assert {agent.get(f"/desk/reports{one}").status_code for one in ("", "/queues", "/queues/export/csv")} == {403}


def test_a_file_holds_what_the_page_shows_and_is_audited(counted: Site) -> None:
    sam = entered(counted, "supervisor")
    answer = sam.get("/desk/reports/matters/export/csv?since=2026-11-23&until=2026-11-23")
    title, head, *rows = csv.reader(StringIO(answer.data.decode("utf-8-sig")))
    table = sam.get("/desk/reports/matters?since=2026-11-23&until=2026-11-23").text
    cells = [re.sub(r"<[^>]+>", "", one) for one in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", table)]
    assert (title, head) == (["By matter"], cells[: len(head)])
    assert [row[1] for row in rows] == cells[len(head) + 1 :: len(head)]
    with ZipFile(BytesIO(sam.get("/desk/reports/matters/export/xlsx?since=2026-11-23").data)) as book:
        assert "By matter" in book.read("xl/workbook.xml").decode()
    run = counted.app.test_cli_runner().invoke(args=["audit", "show"])
    assert run.output.count("reports.export") == 2


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("since=yesterday", "calls_bad_day"),
        ("since=2026-11-24&until=2026-11-23", "reports_bad_span"),
        ("since=0001-01-01&until=0001-01-02", "reports_bad_span"),
        ("since=9999-12-30&until=9999-12-31", "reports_bad_span"),
        ("formula=best", "reports_bad_choice"),
        ("within=7", "reports_bad_choice"),
    ],
)
def test_what_cannot_be_shown_is_said(site: Site, asked: str, why: str) -> None:
    answer = entered(site, "supervisor").get(f"/desk/reports/service-level?{asked}")
    assert answer.status_code == 400
    assert str(escape(TEXTS["en"][why])) in answer.text


@pytest.mark.parametrize(
    "asked",
    [
        "of=stays.nothing",
        "of=facts.calls&cut=queue&key=fraud",
        "of=facts.came&cut=place&key=99999999999%3Emain",
        "of=facts.came&cut=place&key=x%3Emain",
        "of=stays.offered&since=0001-01-01T00:00:00%2B14:00",
        "of=stays.offered&since=2026-11-23",
    ],
)
def test_a_figure_that_is_none_is_said(site: Site, asked: str) -> None:
    span = "since=2026-11-23T00:00:00%2B08:00&until=2026-11-24T00:00:00%2B08:00"
    answer = entered(site, "supervisor").get(f"/desk/reports/calls?{asked}&{span}")
    assert answer.status_code == 400
    assert TEXTS["en"]["reports_bad_figure"] in answer.text


def test_a_year_is_told_by_months_which_come_to_its_total(counted: Site) -> None:
    sam = entered(counted, "supervisor")
    table = sam.get("/desk/reports/containment?since=2026-01-15&until=2026-11-30").text.partition("By month")[2]
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", table)[1:]]
    assert [row[0] for row in rows] == [f"2026-{month:02}" for month in range(1, 12)]
    numbers = [re.sub(r"<[^>]+>", "", row[1]) for row in rows]
    assert numbers == [*["0"] * 10, "25"]
    address = unescape(re.findall(r'href="([^"]+)"', rows[-1][1])[0])
    assert "25 calls" in sam.get(address).text
