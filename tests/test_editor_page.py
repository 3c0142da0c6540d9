"""A person edits the real menus in a real browser: words and a key are changed, undone, and rehearsed."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import let_in
from tests.desk_site import Site
from tests.test_desk_page import PAIRS, host, looked_at, page, port, site
from tests.test_edits import data

__all__ = ["host", "page", "port", "site"]


def draft(page: Page, site: Site, language: str = "en", name: str = "olga") -> None:
    """Log in as operations, and open a new draft."""
    last = site.publishing.last()
    number = site.publishing.drafts.begin("olga", last.version, site.clock(), "Spring")
    let_in(page, name, site.hire(name, "operations"), language)
    page.goto(f"/desk/menus/drafts/{number}?lang={language}#main.more")
    expect(page.locator(".box-here")).to_be_visible()


def saved(page: Page) -> None:
    """Wait until the page says that all is saved."""
    expect(page.locator(".saved")).to_have_text("All saved")


def test_words_and_a_key_are_changed_undone_and_rehearsed(page: Page, site: Site) -> None:
    draft(page, site)
    page.get_by_label("Says, 中文").fill("还有事吗？")
    page.get_by_label("Says, English").fill("Anything else?")
    page.keyboard.press("Control+S")
    saved(page)
    page.get_by_label("Choice 2: Key").select_option("3")
    expect(page.get_by_label("Choice 3: Key")).to_be_visible()
    saved(page)
    drafts = site.publishing.drafts
    files = data(drafts.files(1))
    more = files["main.yaml"]["more"]
    assert (more["say"], list(more["choices"])) == ("还有事吗？", ["1", "3"])
    assert files["languages/en-US.yaml"]["main.more.say"] == "Anything else?"
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_label("Choice 2: Key")).to_be_visible()
    page.get_by_role("tab", name="Rehearse").click()
    page.get_by_role("button", name="Begin", exact=True).click()
    page.get_by_role("button", name="Hangs up").click()
    expect(page.get_by_text("The call is over: hung up")).to_be_visible()


def test_somebody_elses_draft_can_be_looked_at_only(page: Page, site: Site) -> None:
    draft(page, site, name="sam")
    expect(page.get_by_text("You can only look: this is olga's draft.")).to_be_visible()
    expect(page.get_by_label("Says, English")).to_have_js_property("readOnly", True)


def test_somebody_elses_draft_is_taken_over_and_edited(page: Page, site: Site) -> None:
    draft(page, site, name="sam")
    page.get_by_role("button", name="Take over").click()
    expect(page.get_by_text("You can only look")).to_have_count(0)
    page.get_by_label("Says, English").fill("Anything else?")
    page.keyboard.press("Control+S")
    saved(page)
    assert site.publishing.drafts.draft(1).owner == "sam"
    assert data(site.publishing.drafts.files(1))["languages/en-US.yaml"]["main.more.say"] == "Anything else?"


@pytest.mark.parametrize(("language", "size"), PAIRS)
def test_the_editor_is_accessible_and_never_too_wide(page: Page, site: Site, language: str, size: str) -> None:
    seen = looked_at(page, language, size)
    draft(page, site, language)
    seen("editor")
