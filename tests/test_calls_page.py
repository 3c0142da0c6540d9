"""The log and the page of one call: found, paged, masked, heard by whoever may, and safe from what people write."""

import csv
import json
import re
from html import unescape
from io import BytesIO, StringIO
from pathlib import Path
from urllib.parse import parse_qsl
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient
from markupsafe import escape
from playwright.sync_api import Page, Route, expect

from ivr.console import export
from ivr.console.calls import FIELDS, MOST
from ivr.console.texts import TEXTS
from ivr.store.filters import Filters
from ivr.store.messages import Messages
from tests.browser import caught, let_in
from tests.desk_site import ORDER, Clock, Site, log_in, token
from tests.stores import CALLER
from tests.test_desk_page import PAIRS, host, looked_at, page, port
from tests.test_desk_page import site as served_site
from tests.test_facts import digest, served
from tests.test_people import clock, site

__all__ = ["clock", "host", "page", "port", "served_site", "site"]

ENGLISH = TEXTS["en"]
ATTACK = "<script>alert(1)</script>{{ 7*7 }}"


def entered(site: Site, role: str) -> FlaskClient:
    """Return the browser of somebody with this role, in English."""
    client = site.app.test_client()
    client.get("/desk/login?lang=en")
    log_in(client, role, site.hire(role, role))
    return client


def listed(client: FlaskClient, **asked: str) -> list[str]:
    """Return the ids of the calls that the log shows, in order."""
    answer = client.get("/desk/calls", query_string=asked)
    assert answer.status_code == 200, answer.text
    return re.findall(r'<a href="/desk/calls/([^"?]+)">', answer.text)


@pytest.fixture
def call_id(site: Site, clock: Clock) -> str:
    """Return a call that was served, and one more that was not stands beside it."""
    site.hire("alice")
    found = served(site, clock, ATTACK)
    site.hotline.hang_up(site.call("8", caller="+8613900000001"))
    digest(site)
    return found


def test_a_supervisor_finds_a_call_by_all_that_the_form_asks(site: Site, call_id: str) -> None:
    sam = entered(site, "supervisor")
    assert len(listed(sam)) == 2
    asked = {"caller": CALLER, "number": ORDER, "agent": "alice", "text": "script", "matter": "refund", "version": "1"}
    asked |= {"queue": "payments", "outcome": "served", "code": "resolved", "language": "zh-CN"}
    asked |= {"seconds": "110", "waited": "20", "since": "2026-01-01", "until": "2027-01-01"}
    assert set(asked) == set(FIELDS)
    for name, value in asked.items():
        found = listed(sam, **{name: value})
        assert found[-1] == call_id
        assert len(found) == (2 if name in ("version", "since", "until") else 1), name
    assert listed(sam, **asked) == [call_id]
    assert listed(sam, caller=CALLER[-4:]) == [call_id]
    assert listed(sam, caller=CALLER.removeprefix("+86")) == [call_id]
    assert listed(sam, **asked | {"agent": "bob"}) == []


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"since": "yesterday"}, "calls_bad_day"),
        ({"until": "9999-12-31"}, "calls_bad_day"),
        ({"caller": "12"}, "calls_bad_caller"),
        ({"waited": "-1"}, "calls_bad_number"),
        ({"version": "9" * 30}, "calls_bad_number"),
        ({"before": "2026-11-26"}, "calls_bad_place"),
        ({"before": "2026-11-26T00:00:00~x"}, "calls_bad_place"),
    ],
)
def test_what_cannot_be_looked_for_is_told_with_what_to_write(site: Site, asked: dict[str, str], why: str) -> None:
    answer = entered(site, "supervisor").get("/desk/calls", query_string=asked)
    assert (answer.status_code, escape(ENGLISH[why]) in answer.text) == (400, True)


def test_the_log_goes_on_page_by_page_and_back_to_the_newest(site: Site, clock: Clock) -> None:
    made = []
    for _ in range(MOST + 3):
        made.insert(0, site.call("8"))
        site.hotline.hang_up(made[0])
        clock.on(seconds=1)
    digest(site)
    sam = entered(site, "supervisor")
    first = sam.get("/desk/calls?language=en-US").text
    assert f"{MOST + 3} calls" in first
    assert listed(sam, language="en-US") == made[:MOST]
    (older,) = re.findall(r'href="([^"]+)" rel="next"', first)
    second = sam.get(older.replace("&amp;", "&")).text
    assert re.findall(r'<a href="/desk/calls/([^"?]+)">', second) == made[MOST:]
    assert 'rel="next"' not in second
    assert 'href="/desk/calls?language=en-US"' in second


def test_a_search_says_how_far_it_looked_and_goes_on_from_there(
    site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for _ in range(7):
        made.append(site.call("8"))
        clock.on(seconds=90 if len(made) == 1 else 1)
        site.hotline.hang_up(made[-1])
    digest(site)
    monkeypatch.setattr("ivr.reports.search.COUNTED", 3)
    monkeypatch.setattr("ivr.console.calls.MOST", 2)
    sam = entered(site, "supervisor")
    first = sam.get("/desk/calls?seconds=60").text
    assert f'<p role="status">{ENGLISH["calls_cut"].partition("{")[0]}' in first
    assert f">{ENGLISH['calls_go_on']}<" in first
    assert f"<p>{ENGLISH['calls_none']}" not in first
    (older,) = re.findall(r'href="([^"]+)" rel="next"', first)
    second = sam.get(older.replace("&amp;", "&")).text
    assert re.findall(r'<a href="/desk/calls/([^"?]+)">', second) == made[:1]
    assert f">{ENGLISH['calls_go_on']}<" not in second


def test_a_call_is_shown_whole_with_numbers_masked_and_texts_as_texts(site: Site, call_id: str) -> None:
    shown = entered(site, "supervisor").get(f"/desk/calls/{call_id}").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in shown
    assert "<script>alert" not in shown
    assert CALLER not in shown
    assert f"••••{CALLER[-4:]}" in shown
    for words in ("Payments and money", "alice", "resolved", "1:50", "0:20", "1:30"):
        assert words in shown


def test_a_call_that_goes_on_can_be_looked_at_but_is_not_yet_in_the_log(site: Site) -> None:
    place, sam = site.queued(), entered(site, "supervisor")
    assert listed(sam) == []
    assert ENGLISH["call_live"] in sam.get(f"/desk/calls/{place.call_id}").text


def test_a_recording_is_heard_by_whoever_may_and_each_hearing_is_audited(site: Site) -> None:
    place = site.left_message()
    kept = Messages(site.desk.engine).recorded(place.recording or "")
    assert kept
    sound = kept.id
    way = f"/desk/calls/{place.call_id}/sounds/{sound}"
    auditor = entered(site, "auditor")
    assert f'src="{way}"' in auditor.get(f"/desk/calls/{place.call_id}").text
    with auditor.get(way) as heard:
        assert (heard.status_code, heard.data[:4]) == (200, b"RIFF")
    trail = site.app.extensions["audit"].page(5)
    assert [(one.who, one.subject) for one in trail if one.act == "recording.hear"] == [("auditor", sound)]
    other = site.call("8")
    assert auditor.get(f"/desk/calls/{other}/sounds/{sound}").status_code == 404
    assert auditor.get(f"/desk/calls/{place.call_id}/sounds/..%2F..%2Fetc").status_code == 404
    assert entered(site, "agent").get(way).status_code == 403


def test_the_whole_number_is_a_right_and_each_look_is_audited(site: Site, call_id: str) -> None:
    sam, auditor = entered(site, "supervisor"), entered(site, "auditor")
    way = f"/desk/calls/{call_id}"
    assert f'action="{way}/number"' in sam.get(way).text
    assert f'action="{way}/number"' not in auditor.get(way).text
    shown = sam.post(f"{way}/number", data={"csrf_token": token(sam.get(way).text)})
    assert CALLER in shown.text
    assert CALLER not in sam.get(way).text
    assert sam.post(f"{way}/number").status_code == 400
    assert auditor.post(f"{way}/number", data={"csrf_token": token(auditor.get(way).text)}).status_code == 403
    trail = site.app.extensions["audit"].page(9)
    assert [(one.who, json.loads(one.detail)) for one in trail if one.act == "number.show"] == [
        ("supervisor", {"call": call_id})
    ]


def test_the_log_is_exported_as_it_was_searched_and_that_is_audited(
    site: Site, call_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "CHUNK", 1)  # A piece for each row.
    sam = entered(site, "supervisor")
    told = sam.get("/desk/calls/export/csv", query_string={"agent": "alice", "caller": CALLER})
    rows = list(csv.reader(StringIO(told.data.decode("utf-8-sig"))))
    assert rows[0][0] == ENGLISH["calls_at"]
    assert len(rows[0]) == len(rows[1]) == len(export.HEAD)
    assert (len(rows), rows[1][2], rows[1][5:8], rows[1][-1]) == (2, f"••••{CALLER[-4:]}", ["20", "90", "110"], call_id)
    assert len(list(csv.reader(StringIO(sam.get("/desk/calls/export/csv").data.decode("utf-8-sig"))))) == 3
    with sam.get("/desk/calls/export/xlsx") as book:
        sheet = ZipFile(BytesIO(book.data)).read("xl/worksheets/sheet1.xml").decode()
    assert (sheet.count("<row "), call_id in sheet, "<f>" in sheet) == (3, True, False)
    assert sam.get("/desk/calls/export/pdf").status_code == 404
    assert entered(site, "auditor").get("/desk/calls/export/csv").status_code == 403
    trail = site.app.extensions["audit"].page(9)
    asked = [json.loads(one.detail) for one in trail if one.act == "calls.export"]
    assert asked == [{}, {}, {"agent": "alice", "caller": f"••••{CALLER[-4:]}"}]


@pytest.mark.parametrize("attack", ["=1+1", "+8613", "-2", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://a")'])
def test_no_cell_of_a_file_is_a_formula(attack: str) -> None:
    told = b"".join(export.as_csv(["a"], [[attack, 7, -7, None]])).decode("utf-8-sig")
    assert list(csv.reader(StringIO(told, newline="")))[1] == [f"'{attack}", "7", "-7", ""]
    with export.as_xlsx(["a"], [[attack, 7, -7, None]]) as file:
        sheet = ZipFile(file).read("xl/worksheets/sheet1.xml").decode()
    assert ("<f>" in sheet, "<hyperlink" in sheet, "<v>-7</v>" in sheet) == (False, False, True)


def test_a_file_of_many_rows_goes_on_in_another_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "SHEET", 2)
    with export.as_xlsx(["a"], ([str(number)] for number in range(5))) as file:
        names = [name for name in ZipFile(file).namelist() if name.startswith("xl/worksheets/sheet")]
    assert len(names) == 3


def test_there_is_a_way_to_the_log_for_whoever_may_see_it(site: Site) -> None:
    assert 'href="/desk/calls"' in entered(site, "supervisor").get("/desk").text
    agent = entered(site, "agent")
    assert 'href="/desk/calls"' not in agent.get("/desk").text
    assert agent.get("/desk/calls").status_code == 403


def test_columns_are_chosen_in_the_address_and_stay_there(site: Site, call_id: str) -> None:
    sam = entered(site, "supervisor")
    heads = re.findall(
        r'<th scope="col"[^>]*>([^<]*)', sam.get("/desk/calls?columns=language&columns=caller,nonsense").text
    )
    assert heads == [escape(ENGLISH[f"calls_{name}"]) for name in ("at", "caller", "language")]
    shown = sam.get("/desk/calls?columns=version&agent=alice").text
    assert "/desk/calls/export/csv?agent=alice&amp;columns=at%2Cversion" in shown
    assert 'value="version" checked' in shown
    assert len(re.findall('<th scope="col"', sam.get("/desk/calls").text)) == 10
    assert listed(sam, columns="score") == listed(sam)


def kept(client: FlaskClient) -> dict[str, str]:
    """Return the searches that the page shows above the form: name and address."""
    found = re.findall(r'<a class="chip" href="([^"]+)"[^>]*>([^<]*)', client.get("/desk/calls").text)
    return {unescape(name): unescape(way) for way, name in found}


def kept_by(client: FlaskClient, way: str, **told: str) -> int:
    """Do something with the searches that are kept; return the status."""
    told |= {"csrf_token": token(client.get("/desk/calls?agent=alice").text)}
    return client.post(f"/desk/calls/filters/{way}", data=told).status_code


def test_a_search_is_kept_by_a_name_and_only_for_whoever_keeps_it(site: Site, call_id: str) -> None:
    sam, auditor = entered(site, "supervisor"), entered(site, "auditor")
    query = f"agent=alice&caller=%2B{CALLER[1:]}&columns=at%2Ccode"
    assert kept_by(sam, "save", name=" Alice's  <b> ", query=f"{query}&evil=1") == 303
    assert kept(sam) == {"Alice's <b>": f"/desk/calls?{query}"}
    assert kept(auditor) == {}
    assert listed(sam, **dict(parse_qsl(query))) == [call_id]
    assert kept_by(sam, "save", name="Alice's <b>", query="") == 409
    assert kept_by(sam, "save", name=" ", query=query) == 400
    (one,) = Filters(site.desk.engine, site.clock).of("supervisor")
    assert kept_by(auditor, "rename", filter=one.id, name="mine") == 409
    assert kept_by(auditor, "drop", filter=one.id) == 303
    assert kept_by(sam, "rename", filter=one.id, name="Alice") == 303
    assert list(kept(sam)) == ["Alice"]
    with site.desk.engine.connect() as connection:
        assert CALLER[1:] not in str(connection.exec_driver_sql("SELECT * FROM saved_filters").all())
    assert kept_by(sam, "drop", filter=one.id) == 303
    assert kept(sam) == {}


@pytest.mark.parametrize("kind", ["CSV", "XLSX"])
def test_an_export_shows_how_far_it_is_and_is_saved(served_site: Site, page: Page, tmp_path: Path, kind: str) -> None:
    for _ in range(3):
        served_site.hotline.hang_up(served_site.call("8"))
    digest(served_site)
    supervisor(page, served_site)
    page.goto("/desk/calls")
    with page.expect_download() as download:
        page.get_by_role("link", name=kind).click()
    download.value.save_as(tmp_path / "calls")
    assert re.fullmatch(rf"calls-[\d-]+\.{kind.lower()}", download.value.suggested_filename)
    done = "Rows: 3. Done in" if kind == "CSV" else "Done in"
    expect(page.locator("#export [role=status]")).to_contain_text(done)
    if kind == "CSV":
        assert len((tmp_path / "calls").read_text("utf-8-sig").splitlines()) == 4


def test_an_export_that_takes_long_says_so_and_can_be_cancelled(served_site: Site, page: Page) -> None:
    served_site.hotline.hang_up(served_site.call("8"))
    digest(served_site)
    supervisor(page, served_site)
    page.goto("/desk/calls")
    held: list[Route] = []
    caught(page, "**/export/xlsx*", lambda route: held.append(route))
    page.get_by_role("link", name="XLSX").click()
    status = page.locator("#export [role=status]")
    expect(status).to_contain_text(re.compile(r"The workbook is being made … [1-9]\d* s"))
    expect(page.locator("#export progress")).not_to_have_attribute("value", re.compile(".*"))
    page.get_by_role("button", name="Cancel").click()
    expect(status).to_have_text(ENGLISH["export_cancelled"])
    page.unroute("**/export/xlsx*")
    caught(page, "**/export/csv*", lambda route: route.fulfill(status=409))
    page.get_by_role("link", name="CSV").click()
    expect(status).to_have_text(ENGLISH["export_failed"])


def supervisor(page: Page, site: Site) -> None:
    """Log in as a supervisor, in English."""
    let_in(page, "sam", site.hire("sam", "supervisor"))


@pytest.mark.parametrize(("language", "size"), PAIRS)
def test_axe_finds_nothing_in_the_log_and_a_call(served_site: Site, page: Page, language: str, size: str) -> None:
    seen = looked_at(page, language, size)
    served_site.hire("alice")
    assert isinstance(served_site.clock, Clock)
    call_id = served(served_site, served_site.clock, "客户说退款没有到账，已经登记。")
    served_site.hotline.hang_up(served_site.call("8", caller="+8613900000001"))
    message = served_site.left_message()
    served_site.hotline.hang_up(message.call_id)
    digest(served_site)
    let_in(page, "sam", served_site.hire("sam", "supervisor"), language)
    for name, place in {"calls": "", "filtered": "?outcome=served&waited=10", "call": f"/{call_id}"}.items():
        page.goto(f"/desk/calls{place}")
        seen(name)
    page.goto("/desk/calls?outcome=served")
    page.fill("#filter-name", "已接待")
    page.keyboard.press("Enter")
    page.locator(".chips summary").click()
    page.locator(".finder-more summary").nth(1).click()
    page.locator("[data-export] a").first.click()
    expect(page.locator("#export")).to_be_visible()
    seen("kept")
