"""Where callers leave the menus, on the menus' picture: its figures, how it is drawn, and the calls that it opens."""

import json
import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import let_in
from tests.desk_site import Clock, Site
from tests.test_calls_page import entered
from tests.test_desk_page import PAIRS, host, looked_at, page, port
from tests.test_desk_page import site as served_site
from tests.test_people import clock, site
from tests.test_reports_page import kept

__all__ = ["clock", "host", "page", "port", "served_site", "site"]

REPORT = "/desk/reports/drop-off"
# What was keyed before hanging up, and by how many callers.
HUNG_UP = {("2",): 5, ("2", "4"): 3, ("1",): 2, (): 4, ("2", "*"): 1}
WAYS = {
    ("2",): ("main.start", "main.choose", "main.money"),
    ("2", "4"): ("main.start", "main.choose", "main.money", "refund.start"),
    ("1",): ("main.start", "main.choose", "stolen.start"),
    (): ("main.start", "main.choose"),
    ("2", "*"): ("main.start", "main.choose", "main.money", "main.choose"),
}


def happened(site: Site) -> None:
    """Have all of them call and hang up in the menus, and be counted."""
    assert isinstance(site.clock, Clock)
    for keys, callers in HUNG_UP.items():
        for _ in range(callers):
            call_id = site.call(*keys)
            site.clock.on(seconds=9)
            site.hotline.hang_up(call_id)
    kept(site, site.clock)


def traffic(page: str) -> dict[str, Any]:
    """Return what the page tells its script to draw."""
    found = re.search(r'data-marked>.*?<script type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found, page
    told: dict[str, Any] = json.loads(found[1])
    return told


def counted(by: int) -> Counter[Any]:
    """Return how many calls came by each place (1) or went each step (2)."""
    found = Counter[Any]()
    for keys, places in WAYS.items():
        for one in set(places) if by == 1 else set(pairwise(places)):
            found[one] += HUNG_UP[keys]
    return found


def test_the_picture_tells_who_came_who_hung_up_and_which_way_they_went(site: Site) -> None:
    happened(site)
    sam = entered(site, "supervisor")
    told = traffic(sam.get(f"{REPORT}?lang=en").text)
    marks = {one["id"]: one for one in told["marks"]["nodes"]}
    came, left = counted(1), Counter[str]()
    for keys, places in WAYS.items():
        left[places[-1]] += HUNG_UP[keys]
    assert next(iter(marks)) == "main.start", "where calls begin is where the picture does"
    assert {place: one["note"] for place, one in marks.items()} == {place: f"{n} came" for place, n in came.items()}
    badges = {place: f"{n} hung up · {n / came[place]:.1%}" for place, n in left.items()}
    assert {place: one["badge"] for place, one in marks.items() if "badge" in one} == badges
    assert {place: one["shade"] for place, one in marks.items() if "shade" in one} == {
        place: 1 + sum(n / came[place] >= limit for limit in (0.05, 0.15, 0.3)) for place, n in left.items()
    }
    steps = {(one["from"], one["to"]): one["weight"] for one in told["marks"]["edges"]}
    assert steps == counted(2)
    for place, one in marks.items():
        behind = sam.get(one["href"]).text
        number = left[place] or came[place]
        assert (f"{number} calls<" if number > 1 else "1 call<") in behind
    assert {one["id"] for one in told["picture"]["nodes"]} == set(site.flow.nodes)


def test_whoever_may_not_see_calls_sees_the_picture_without_links(site: Site) -> None:
    happened(site)
    told = traffic(entered(site, "operations").get(REPORT).text)
    assert told["marks"]["nodes"]
    assert not any("href" in one for one in told["marks"]["nodes"])


def test_the_version_with_the_most_calls_is_drawn_unless_another_is_chosen(site: Site) -> None:
    happened(site)
    files = site.publishing.library.files(1)
    site.publishing.library.keep(files | {"main.yaml": files["main.yaml"] + "# newer\n"}, site.clock())
    newer = replace(site, hotline=replace(site.hotline, latest=lambda: 2))
    newer.hotline.hang_up(newer.call("1"))
    assert isinstance(site.clock, Clock)
    kept(site, site.clock)
    sam = entered(site, "supervisor")
    shown = [traffic(sam.get(f"{REPORT}{asked}").text) for asked in ("", "?version=1", "?version=2")]
    assert [one["version"] for one in shown] == ["1", "1", "2"]
    assert {one["note"] for one in shown[2]["marks"]["nodes"]} == {"1 came"}


@pytest.mark.parametrize(("language", "size"), PAIRS)
def test_the_picture_is_drawn_and_opens_its_calls_by_click_and_key(
    served_site: Site, page: Page, language: str, size: str
) -> None:
    seen = looked_at(page, language, size)
    happened(served_site)
    let_in(page, "sam", served_site.hire("sam", "operations", "auditor"), language)
    page.goto(REPORT)
    holder = page.locator(".picture")
    expect(holder.locator("a.box")).to_have_count(5)
    money = holder.locator('a.box[data-id="main.money"]')
    expect(money.locator(".mark")).to_have_text({"zh": "挂机 5 · 55.6%", "en": "5 hung up · 55.6%"}[language])
    widths = holder.locator(".way.strong path").evaluate_all("all => all.map(one => +one.getAttribute('stroke-width'))")
    assert max(widths) == 14
    assert len(widths) == len(counted(2))
    assert min(widths) >= 1.5
    seen("traffic")
    money.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/reports/calls?*")
    expect(page.locator(".calls-table tbody tr")).to_have_count(5)
    page.go_back()
    expect(holder).to_have_attribute("data-drawn", re.compile("."))
    box = holder.locator('a.box[data-id="main.choose"]').bounding_box()
    assert box
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 60, steps=3)
    page.mouse.up()
    assert REPORT in page.url, "the picture was only moved"
    holder.locator('a.box[data-id="main.choose"]').click()
    page.wait_for_url("**/desk/reports/calls?*")
    expect(page.locator(".calls-table tbody tr")).to_have_count(5)
