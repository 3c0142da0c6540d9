"""What people say, key and write is shown as text everywhere: on each page, and in files that a spreadsheet opens."""

import csv
import os
import shutil
import subprocess
import unicodedata
from io import StringIO
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from ivr.flow.inputs import LeftQueue, Pressed, Recorded
from ivr.replies import Caller
from ivr.reports.catalogue import reports
from ivr.store.fact_tables import facts
from ivr.store.filters import Filters
from ivr.store.roles import ROLES
from ivr.store.tables import messages
from tests.browser import let_in
from tests.desk_site import Clock, Site, log_in
from tests.stores import new_call_id
from tests.test_desk_page import host, page, port, site
from tests.test_facts import digest

__all__ = ["host", "page", "port", "site"]

ATTACKS = (
    "<script>document.title = 'broken in'</script>",
    "<img src=x onerror=\"document.title = 'broken in'\">",
    "\"'><svg onload=document.title='broken in'>",
    "</script></textarea><iframe srcdoc='<script>top.document.title=1</script>'>",
    "javascript:document.title='broken in'",
    "{{ 7*7 }} ${7*7} {% raw %}",
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://127.0.0.1/","here")',
    "+1+1",
    "-1+1",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    "\u202egpj.exe\u2066\u200f",
    "a\0b\x01\x07\x1b[31m\x7f\x85\ufffe",
    "💣👩‍👩‍👧‍👦 e\u0301 \u00ad",
    "長" * 5_000,
)
# What a page of the console shows of it; a page that others add goes here.
PAGES = (
    *("/desk", "/desk/inbox", "/desk/inbox?show=mine", "/desk/inbox?show=done", "/desk/talks", "/desk/people"),
    *("/desk/audit", "/desk/account", "/desk/calls?agent=%3Cb%3E", "/desk/wallboard"),
    *("/desk/reports", *(f"/desk/reports/{name}" for name in reports())),
    "/desk/calls?columns=at,matter,caller,queue,agent,outcome,code,language",
)
SHOWN = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false"  # UTF-8, with commas, as shown


def planted(site: Site) -> list[str]:
    """Store each of the strings wherever people can put one, and where they cannot, too; return the calls."""
    assert isinstance(site.clock, Clock)
    site.hire("alice")
    noted = [_noted(site, attack) for attack in ATTACKS]
    keyed = [_keyed(site, attack) for attack in ATTACKS]
    digest(site)
    for attack, *calls in zip(ATTACKS, noted, keyed, strict=True):
        _forced(site, attack, calls)
    site.desk.enrol(ATTACKS[0], "client:x", frozenset())
    return [*noted, *keyed]


def _noted(site: Site, attack: str) -> str:
    """Return a call that was wrapped up with this code, note and case."""
    place = site.talking()
    site.hotline.hear(place.call_id, "turn/6", LeftQueue("bridged"))
    site.desk.over(place.id)
    case = site.desk.cases.open(place.caller_hash, attack, "alice").id
    assert site.desk.wrap_up("alice", attack, attack, case)
    site.hotline.hang_up(place.call_id)
    return place.call_id


def _keyed(site: Site, attack: str) -> str:
    """Return a call from and to such a number, in which it is keyed, and a message is left."""
    call_id = new_call_id()
    site.hotline.answer(call_id, Caller(attack, attack))
    for turn, key in enumerate((attack, "5", "4", "2", "2"), 1):
        site.hotline.hear(call_id, f"turn/{turn}", Pressed(key))
    site.hotline.hear(call_id, "turn/6", Recorded(f"RE{call_id[2:]}", 2))
    return call_id


def _forced(site: Site, attack: str, calls: list[str]) -> None:
    """Store it where only a fault of ours could put it, and in the audit log, a transcript and a kept search."""
    told = dict.fromkeys(("matter", "queue", "agent", "code", "outcome", "language"), attack)
    with site.desk.engine.begin() as connection:
        connection.execute(update(facts).where(facts.c.call_id.in_(calls)).values(told))
        connection.execute(update(messages).where(messages.c.call_id.in_(calls)).values(transcript=attack))
    site.app.extensions["audit"].add(attack[:64], "number.show", attack, "127.0.0.1", detail=attack)
    Filters(site.desk.engine, site.clock).save("sam", attack[:80], f"text={attack[:20]}")


def test_no_page_takes_what_people_write_for_its_own(site: Site, page: Page) -> None:
    planted(site)
    entered(site, page, *ROLES)
    for way in PAGES:
        visit(page, way)


def entered(site: Site, page: Page, *roles: str) -> None:
    """Log in as somebody new, at whom no page may shout."""
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    let_in(page, "sam", site.hire("sam", *roles))


def visit(page: Page, way: str) -> None:
    """Open a page that holds nothing but what is ours, and is not too wide."""
    assert page.goto(way).status == 200, way  # type: ignore[union-attr]
    expect(page.locator("main")).to_be_visible()
    foreign = "script:not([src], [type='application/json']), img[src=x], svg[onload], iframe"
    assert page.locator(foreign).count() == 0, way
    assert page.title() != "broken in", way
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{way} is too wide"


def plain(text: str) -> str:
    """Return what is left of a text once what nobody sees is gone."""
    return "".join(sign for sign in text if unicodedata.category(sign)[0] not in "CZ").removeprefix("'")


def test_a_call_shows_what_was_written_letter_by_letter(site: Site, page: Page) -> None:
    calls = planted(site)
    entered(site, page, "supervisor")
    for attack, noted, keyed in zip(ATTACKS, calls, calls[len(ATTACKS) :], strict=False):
        visit(page, f"/desk/calls/{noted}")
        assert plain(attack) in plain(page.locator(".note").inner_text())
        visit(page, f"/desk/calls/{keyed}")
        for shown in (page.locator(".transcript"), page.locator(".call-lines .you").first):
            assert plain(attack) in plain(shown.text_content() or "")


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """Return LibreOffice's program; skip without it, but fail where it must be there."""
    found = shutil.which("soffice")
    if not found and os.environ.get("CI") == "true":
        pytest.fail("libreoffice-calc-nogui is not installed")
    return Path(found) if found else pytest.skip("libreoffice-calc-nogui is not installed")


def opened(office: Path, file: Path) -> list[list[str]]:
    """Return the cells that LibreOffice shows of a file."""
    folder = file.with_suffix("")
    read = ["--infilter=CSV:44,34,76,1"] if file.suffix == ".csv" else []
    told = [f"-env:UserInstallation=file://{folder}/profile", "--headless", *read, "--convert-to", SHOWN]
    subprocess.run([office, *told, "--outdir", folder, file], check=True, capture_output=True, timeout=120)
    return list(csv.reader(StringIO((folder / f"{file.stem}.csv").read_text("utf-8"))))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_spreadsheet_opens_an_export_without_reckoning(site: Site, office: Path, tmp_path: Path, kind: str) -> None:
    planted(site)
    client = site.app.test_client()
    log_in(client, "sam", site.hire("sam", "supervisor"))
    file = tmp_path / f"export.{kind}"
    with client.get(f"/desk/calls/export/{kind}") as told:
        file.write_bytes(told.data)
    rows = opened(office, file)[1:]
    assert len(rows) == 2 * len(ATTACKS)
    assert {plain(row[4]) for row in rows} == {plain(attack) for attack in ATTACKS}
    assert {plain(row[9]) for row in rows} == {plain(attack) for attack in ATTACKS}
