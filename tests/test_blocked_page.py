"""The page of blocked numbers: supervisors block and let in again, in both languages, at both widths."""

import pytest
from playwright.sync_api import Page, expect

from ivr.console.texts import TEXTS
from ivr.store.blocked import Blocks
from tests.browser import let_in
from tests.desk_site import Site, log_in
from tests.stores import NOON
from tests.test_desk_page import PAIRS, host, looked_at, page, port
from tests.test_desk_page import site as served_site
from tests.test_people import clock, site

__all__ = ["clock", "host", "page", "port", "served_site", "site"]


@pytest.mark.parametrize(("language", "size"), PAIRS)
def test_a_supervisor_blocks_a_number_and_lets_it_in_again(
    served_site: Site, page: Page, language: str, size: str
) -> None:
    words, see = TEXTS[language], looked_at(page, language, size)
    let_in(page, "sam", served_site.hire("sam", "supervisor"), language)
    page.goto("/desk/blocked")
    expect(page.get_by_text(words["blocked_empty"])).to_be_visible()
    for number, why, days in (
        ("95588", "x", "7"),
        ("159 7346 2815", "反复辱骂客服", "30"),
        ("+12025550123", "robot", "0"),
    ):
        page.get_by_label(words["blocked_number"], exact=True).fill(number)
        page.get_by_label(words["blocked_reason"]).fill(why)
        page.get_by_label(words["blocked_days"]).select_option(days)
        page.get_by_role("button", name=words["blocked_add"], exact=True).click()
        if number == "95588":
            expect(page.get_by_role("alert")).to_have_text(words["blocked_no_number"])
    expect(page.get_by_role("article")).to_have_count(2)
    see("blocked")
    page.get_by_role("button", name=f"{words['blocked_remove']}: ••••2815").click()
    expect(page.get_by_role("article")).to_have_count(1)
    expect(page.get_by_role("article")).to_contain_text("robot")


def test_nobody_else_blocks(site: Site) -> None:
    Blocks(site.desk.engine, lambda: NOON).add("+8615973462815", "x", "sam", None)
    client = site.app.test_client()
    log_in(client, "alice", site.hire("alice"))
    assert client.get("/desk/blocked").status_code == 403
