"""The editor's island where menus ask the wallet: forms by question, and rehearsals that keep nothing secret."""

import re

import pytest
from playwright.sync_api import Page, expect

from ivr.flow.questions import QUESTIONS
from tests.desk_site import Site
from tests.test_desk_page import PAIRS, looked_at
from tests.test_editor_island import node, opened, page, port, saved, site

__all__ = ["page", "port", "site"]

LOOK = "withdrawal.why"
PIN = "246810"


def row(page: Page, answer: str) -> str:
    """Return where an answer leads."""
    return page.get_by_role("combobox", name=answer, exact=True).input_value()


def test_a_look_up_has_a_row_for_each_answer_and_keeps_what_fits_another_question(site: Site, page: Page) -> None:
    opened(page, LOOK)
    before = node(site, LOOK)["outcomes"]
    expect(page.locator(".outcome-row")).to_have_count(len(QUESTIONS["withdrawal"].all))
    assert row(page, "over the limit of one") == f"withdrawal.{before['over_once']}"
    expect(page.get_by_label("Which one of the list")).to_have_count(0)
    page.get_by_label("What the wallet is asked").select_option(label="The subscriptions that still run")
    saved(page)
    made = node(site, LOOK)
    assert (made["ask"], made["nth"]) == ("subscription", "first")
    assert made["outcomes"] == {one: before[one] for one in ("none", "unavailable", "slow")}
    expect(page.get_by_label("Which one of the list")).to_have_value("first")
    found = page.get_by_role("combobox", name="found", exact=True)
    found.fill("withdrawal.paid")
    found.press("Enter")
    saved(page)
    assert node(site, LOOK)["outcomes"]["found"] == "paid"


def test_the_picture_names_ways_by_what_the_wallet_answers(site: Site, page: Page) -> None:
    opened(page, LOOK, "zh")
    expect(page.locator(".react-flow__edges, .react-flow__edgelabel-renderer").first).to_be_attached()
    expect(page.get_by_text("还没有实名认证").first).to_be_attached()
    assert "over_once" not in page.locator(".react-flow").inner_text()


def test_an_sms_tells_how_long_it_is(site: Site, page: Page) -> None:
    opened(page, "stolen.texted")
    counted = page.get_by_text(re.compile(r"^\d+ of 300 characters$"))
    expect(counted).to_have_count(2)
    page.get_by_role("textbox", name="Text of the SMS, English").fill("x" * 301)
    expect(page.get_by_text("301 of 300 characters")).to_have_class("bad")


def rehearsed(page: Page) -> None:
    """Begin a rehearsal and come to where the PIN is asked for."""
    page.get_by_role("tab", name=re.compile("Rehearse|排练")).click()
    page.get_by_role("button", name=re.compile("Begin|开始排练")).click()
    for keys in ("2", "3", "1"):
        page.locator(".keypad").get_by_role("button", name=re.compile(rf"^{keys}")).click()
    typed = page.locator(".several input").first
    typed.fill("8800000001")
    typed.press("Enter")
    page.locator(".keypad").get_by_role("button", name=re.compile(r"^1")).click()
    expect(page.locator(".several input").first).to_have_attribute("type", "password")
    expect(page.locator(".lines li").last).to_be_in_viewport()


def test_what_is_rehearsed_in_confidence_is_dots_and_kept_nowhere(site: Site, page: Page) -> None:
    opened(page, LOOK)
    rehearsed(page)
    secret = page.locator(".several input").first
    secret.fill(PIN)
    secret.press("Enter")
    page.get_by_role("button", name="The wallet answers: right", exact=True).click()
    expect(page.locator(".lines")).to_contain_text("••••")
    page.get_by_role("button", name="The wallet answers: over the limit of one").click()
    expect(page.locator(".lines")).to_contain_text("The wallet answers: over the limit of one")
    with page.expect_request("**/rehearsals") as asked:
        page.get_by_label("Name of the page").fill("over the limit")
        page.get_by_role("button", name="Save as page").click()
    assert PIN not in (asked.value.post_data or PIN), "the page has forgotten it, too"
    expect(page.get_by_text("Saved; publishing will check it.")).to_be_visible()
    written = site.publishing.drafts.files(1)["rehearsals.yaml"]
    assert "outcome: over_once" in written
    assert PIN not in written + page.content()


@pytest.mark.parametrize(("language", "size"), PAIRS)
def test_axe_finds_nothing_where_the_wallet_is_asked(page: Page, language: str, size: str) -> None:
    seen = looked_at(page, language, size)
    for place in ("stolen.start", "stolen.texted", "verify_call.losing", "stolen.line", LOOK):
        page.goto("about:blank")
        opened(page, place, language)
        expect(page.locator(".form-of")).to_be_visible()
        seen(f"editor-{place}")
    rehearsed(page)
    seen("editor-secret")
    page.goto(f"/desk/menus/drafts/1/settings?lang={language}")
    seen("editor-settings")
