"""Pages that say in Chinese what is wrong with menus, in a real browser: accessible, and never too wide."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from ivr.editor.edits import Choice, apply
from ivr.editor.publishing import without
from tests.browser import watched
from tests.desk_site import Site
from tests.test_chinese_pages import TRAP, WRONG
from tests.test_desk_page import SIZES, host, looked_at, port, site
from tests.test_editor_page import draft

__all__ = ["host", "port", "site"]

PATIENCE_MS = 60_000
DRAFT = "/desk/menus/drafts/1"
OUTSIDE = "+4930123456"
SHOWN = tuple(SIZES) if "PICTURES" in os.environ else ("narrow",)  # Each page is tried at both widths anyway.


@pytest.fixture
def page(browser: Browser, port: int, host: str) -> Iterator[Page]:
    """Return a page at which nothing goes wrong, but that what we try is refused."""
    with watched(browser, f"http://{host}:{port}", "409|422", locale="zh-CN") as shown:
        yield shown


def edited(site: Site, **texts: str) -> None:
    """Have files of draft 1 be others."""
    drafts = site.publishing.drafts
    files = {**drafts.files(1), **{f"{name}.yaml": text for name, text in texts.items()}}
    drafts.edit(1, drafts.draft(1).revision, files, "olga", site.clock(), "wrong")


@pytest.mark.parametrize("size", SHOWN)
def test_problems_are_told_in_chinese(page: Page, site: Site, size: str) -> None:
    seen = looked_at(page, "zh", size)
    draft(page, site, "zh")
    edited(site, refund=WRONG, hours="queues: {general: {mondy: 9-18}}\n")
    page.reload()
    page.get_by_role("tab", name="问题").click()
    expect(page.locator(".problems").first).to_contain_text("是不是要写“say”？")
    seen("chinese-problems")
    page.get_by_role("button", name="发布").first.click()
    page.get_by_label("说明").fill("春季")
    page.get_by_role("dialog").get_by_role("button", name="发布").click()
    expect(page.locator(".findings")).to_contain_text("是不是要写“say”？", timeout=PATIENCE_MS)
    seen("chinese-publish")
    page.goto(f"{DRAFT}/hours")
    expect(page.get_by_role("alert")).to_contain_text("不是星期几")
    seen("chinese-hours")
    page.goto(f"{DRAFT}/prompts")
    expect(page.get_by_role("alert")).to_contain_text("是不是要写“say”？")
    seen("chinese-prompts")
    page.goto(f"{DRAFT}/yesterday")
    page.get_by_role("button").last.click()
    expect(page.get_by_role("alert")).to_contain_text("是不是要写“say”？")
    seen("chinese-yesterday")


@pytest.mark.parametrize("size", SHOWN)
def test_a_trap_is_told_and_played_in_chinese(page: Page, site: Site, size: str) -> None:
    seen = looked_at(page, "zh", size)
    draft(page, site, "zh")
    drafts = site.publishing.drafts
    files = apply(drafts.files(1), Choice.model_validate(TRAP))
    drafts.edit(1, 0, files, "olga", site.clock(), "trap")
    page.reload()
    page.get_by_role("tab", name="证明").click()
    page.get_by_role("button", name="证明").click()
    expect(page.locator(".trap").first).to_contain_text("通话被挂断", timeout=PATIENCE_MS)
    seen("chinese-trap")
    page.locator(".trap").first.get_by_role("button", name="演示").click()
    expect(page.locator(".lines")).to_contain_text("（不出声）")
    seen("chinese-played")


@pytest.mark.parametrize("size", SHOWN)
def test_refusals_are_told_in_chinese(page: Page, site: Site, size: str) -> None:
    seen, publishing = looked_at(page, "zh", size), site.publishing
    draft(page, site, "zh")
    page.goto(f"{DRAFT}/hours")
    page.locator("form[data-week] input[name=day5]").first.fill("9-18")
    page.locator("form[data-week] button").first.click()
    expect(page.get_by_role("alert")).to_contain_text("看不懂时间“9-18”")
    seen("chinese-hours-refused")
    page.goto("/desk/menus/emergency")
    form = page.locator("form", has=page.locator("input[name=number]"))
    form.locator("input[name=queues]").first.check()
    form.locator("select[name=to]").select_option("")
    form.locator("input[name=number]").fill(OUTSIDE)
    form.locator("button").first.click()
    expect(page.get_by_role("alert")).to_contain_text(f"“{OUTSIDE}”打不通")
    seen("chinese-emergency-refused")
    files = without(publishing.library.files(publishing.last().version))
    wrong = publishing.library.keep({**files, "refund.yaml": WRONG}, site.clock(), "sam", "", "{}")
    assert publishing.library.publish(wrong, "sam", site.clock(), "", publishing.last().id)
    assert publishing.library.publish(1, "sam", site.clock(), "", publishing.last().id)
    page.goto("/desk/menus")
    page.get_by_role("button", name="重新启用").first.click()
    expect(page.get_by_role("alert")).to_contain_text("是不是要写“say”？", timeout=PATIENCE_MS)
    seen("chinese-shelf-refused")
