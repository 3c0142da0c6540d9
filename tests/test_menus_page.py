"""The page of drafts and versions: begun, taken over, put aside and opened again; older menus answer again."""

import io
import json
import re
import zipfile
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from werkzeug.test import TestResponse

from tests.browser import let_in
from tests.desk_site import Site, log_in, token
from tests.test_desk_page import PAIRS, host, looked_at, page, port
from tests.test_desk_page import site as served_site
from tests.test_people import clock, site

__all__ = ["clock", "host", "page", "port", "served_site", "site"]

WORDS = ("您好，数字钱包热线。", "早上好，数字钱包热线。")
PROOF = json.dumps(  # As the gate tells it; to make one takes seconds.
    {
        "nodes": 99,
        "languages": ["zh-CN", "en-US"],
        "states": 3854,
        "steps": 51133,
        "hours": 2,
        "slow": {"place": "main.choose", "seconds": 30.2, "choices": 7},
        "wide": {"place": "main.choose", "seconds": 30.2, "choices": 7},
        "goals": {"fraud": {"seconds": 38.9, "keys": 2}, "message": {"seconds": 51.2, "keys": 3}},
    }
)


@pytest.fixture
def enter(site: Site) -> Callable[..., FlaskClient]:
    """Return how somebody enters; their browser reads English."""

    def entering(name: str, *roles: str) -> FlaskClient:
        client = site.app.test_client()
        client.get("/desk/login?lang=en")
        log_in(client, name, site.hire(name, *roles), front="/desk/menus")
        return client

    return entering


@pytest.fixture
def olga(site: Site, enter: Callable[..., FlaskClient]) -> FlaskClient:
    """Return the browser of somebody who has begun a draft."""
    client = enter("olga", "operations")
    client.post("/desk/menus/drafts", data={"csrf_token": token(client.get("/desk/menus").text), "title": "Spring"})
    return client


def fill(
    client: FlaskClient, site: Site, page: str, way: str, revision: int | None = None, **form: object
) -> TestResponse:
    """Send one of the forms of a page of the first draft, as that is unless a revision is given."""
    at = site.publishing.drafts.draft(1).revision if revision is None else revision
    told = {"csrf_token": token(client.get(page).text), "revision": str(at), **form}
    return client.post(f"{page}/{way}", data=told)


def post(client: FlaskClient, path: str, **form: str) -> TestResponse:
    """Send one of the page's forms."""
    told = {"csrf_token": token(client.get("/desk/menus").text), **form}
    return client.post(f"/desk/menus/{path}", data=told)


def changed(site: Site, number: int, name: str = "olga") -> dict[str, str]:
    """Change the greeting in a draft; return its files."""
    drafts = site.publishing.drafts
    files = drafts.files(number)
    files["main.yaml"] = files["main.yaml"].replace(*WORDS)
    drafts.edit(number, drafts.draft(number).revision, files, name, site.clock(), "")
    return files


def test_a_draft_is_begun_by_its_title_and_listed(site: Site, enter: Callable[..., FlaskClient]) -> None:
    olga = enter("olga", "operations")
    done = post(olga, "drafts", title="Spring")
    assert (done.status_code, done.location) == (303, "/desk/menus/drafts/1")
    told = olga.get("/desk/menus").text
    assert "Spring" in told
    assert "yours" in told
    assert "0 changes" in told


def test_somebody_elses_draft_is_left_alone_until_it_is_taken_over(
    site: Site, enter: Callable[..., FlaskClient]
) -> None:
    olga, sam = enter("olga", "operations"), enter("sam", "supervisor")
    post(olga, "drafts", title="Spring")
    refused = post(sam, "drafts/1/drop")
    assert (refused.status_code, "This draft is olga&#39;s" in refused.text) == (409, True)
    assert post(sam, "drafts/1/over").status_code == 303
    assert site.publishing.drafts.draft(1).owner == "sam"
    assert post(olga, "drafts/1/drop").status_code == 409
    dropped = post(sam, "drafts/1/drop").text
    assert "Nothing of it is lost" in dropped
    assert post(sam, "drafts/1/reopen").status_code == 303
    assert [one.id for one in site.publishing.drafts.open()] == [1]
    assert post(sam, "drafts/7/over").status_code == 404


def test_a_draft_takes_in_what_was_published_since(site: Site, enter: Callable[..., FlaskClient]) -> None:
    olga, publishing = enter("olga", "operations"), site.publishing
    post(olga, "drafts", title="Spring")
    mine = changed(site, 1)
    theirs = publishing.library.files(1)
    theirs["main.yaml"] = theirs["main.yaml"].replace("请选服务。", "请选择服务。")
    publishing.library.publish(publishing.library.keep(theirs, site.clock()), "sam", site.clock(), "", 1)
    assert "begun from version 1; version 2 has been published since" in olga.get("/desk/menus").text
    assert "Version 2 is taken in." in post(olga, "drafts/1/take_in").text
    both = publishing.drafts.files(1)["main.yaml"]
    assert WORDS[1] in both
    assert "请选择服务。" in both
    clashing = dict(theirs)
    clashing["main.yaml"] = theirs["main.yaml"].replace(WORDS[0], "晚上好。")
    publishing.library.publish(publishing.library.keep(clashing, site.clock()), "sam", site.clock(), "", 2)
    assert "Both changed the same in main.yaml" in post(olga, "drafts/1/take_in").text
    assert publishing.drafts.files(1)["main.yaml"] == both
    assert publishing.drafts.files(1, 1) == mine


def test_older_menus_answer_again_for_whoever_may_publish(site: Site, enter: Callable[..., FlaskClient]) -> None:
    olga, sam, publishing = enter("olga", "operations"), enter("sam", "supervisor"), site.publishing
    post(olga, "drafts", title="Spring")
    files = changed(site, 1)
    assert publishing.draft(1, 1, "olga", "spring") == 2
    assert publishing.live.flow.words["zh-CN"]["main.start.say"] == WORDS[1]
    assert publishing.drafts.open() == []
    page = olga.get("/desk/menus").text
    assert "answers now" in page
    assert "3 keys" not in page
    assert re.search(r"\d[\d,]* states of a call walked", page)
    assert post(sam, "versions/1/back").status_code == 403
    assert "Version 1 answers every call from now on." in post(olga, "versions/1/back", note="sorry").text
    assert publishing.live.flow.words["zh-CN"]["main.start.say"] == WORDS[0]
    assert post(olga, "versions/9/back").status_code == 404
    answer = olga.get("/desk/menus/versions/2.zip")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        told = {name.removeprefix("menus/"): archive.read(name).decode() for name in archive.namelist()}
    assert told == files
    assert WORDS[1] in olga.get("/desk/menus/versions/2").text


@pytest.mark.parametrize(("language", "size"), PAIRS)
def test_axe_finds_nothing_on_the_pages_of_drafts_and_versions(
    served_site: Site, page: Page, language: str, size: str
) -> None:
    seen, site = looked_at(page, language, size), served_site
    publishing, now = site.publishing, site.clock()
    files = publishing.library.files(1)
    files["main.yaml"] = files["main.yaml"].replace(*WORDS)
    publishing.drafts.begin("olga", 1, now, "春节的问候" if language == "zh" else "The greeting of spring")
    publishing.drafts.begin("sam", 1, now, "")
    publishing.library.publish(publishing.library.keep(files, now, "sam", "", PROOF), "sam", now, "早上的问候", 1)
    let_in(page, "olga", site.hire("olga", "operations"), language)
    page.goto("/desk/menus")
    expect(page.locator("article")).to_have_count(2)
    seen("menus")
    page.locator("a[href$='/versions/2']").first.click()
    expect(page.locator("details")).not_to_have_count(0)
    seen("menus-version")
