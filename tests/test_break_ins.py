"""Ways in that others' hotlines had open: each is tried here, and leads nowhere."""

import re
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import structlog
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, select

from ivr import logs
from ivr.carrier.twiml import Unusable, parse
from ivr.console.export import plain
from ivr.editor.studio import NoFlowError, read
from ivr.flow.load import load
from ivr.folders import menus, write_menus
from ivr.jobs.recordings import Recordings, Source
from ivr.store.messages import Messages
from ivr.store.roles import ROLES
from ivr.store.tables import messages
from tests.desk_site import Clock, Site, log_in
from tests.test_people import clock
from tests.test_people import site as desk
from tests.test_webhooks import ASKED, CALL, URL, site
from tests.test_webhooks import Site as Line
from tests.world import ROOT

__all__ = ["clock", "desk", "site"]

ELSEWHERE = "evil.example"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """Give what the program logs, as it stands in its log."""
    written = StringIO()
    monkeypatch.setattr("sys.stderr", written)
    logs.configure()
    yield written
    structlog.reset_defaults()


def test_no_header_makes_a_page_lead_elsewhere(desk: Site) -> None:
    client, forged = (
        desk.app.test_client(),
        {"Host": ELSEWHERE, "X-Forwarded-Host": ELSEWHERE, "X-Forwarded-Proto": "x"},
    )
    for path in ("/desk", "/desk/", "/desk/login", "/desk/people", "/desk/nothing"):
        answer = client.get(path, headers=forged)
        assert ELSEWHERE not in answer.headers.get("Location", ""), path
        assert ELSEWHERE not in answer.text, path


LURES = (f"https://{ELSEWHERE}/", f"//{ELSEWHERE}", f"/\\{ELSEWHERE}", f"\t//{ELSEWHERE}", f"///{ELSEWHERE}")


@pytest.mark.parametrize("following", LURES)
def test_nobody_is_led_elsewhere_after_logging_in(desk: Site, following: str) -> None:
    client, password = desk.app.test_client(), desk.hire()
    page = client.get(f"/desk/login?next={quote(following)}").text
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found
    form = {"name": "alice", "password": password, "csrf_token": found[1], "next": following}
    answer = client.post(f"/desk/login?next={quote(following)}", data=form)
    place = urlsplit(answer.headers.get("Location", "").strip().replace("\\", "/"))
    assert place.hostname in (None, "localhost"), answer.headers["Location"]


PLACES = (
    "prompts/..%2fmessages/x",
    "prompts/../messages/x",
    "music/..%2fmessages%2fx.wav",
    "prompts/%2e%2e/messages/x",
)


def test_what_callers_left_is_not_among_what_the_carrier_plays(site: Line) -> None:
    folder: Path = site.parts.settings.recordings
    (folder / "messages").mkdir(parents=True, exist_ok=True)
    (folder / "messages" / "x.wav").write_bytes(b"RIFF")
    client = site.app.test_client()  # type: ignore[attr-defined]
    for place in (*PLACES, "prompts//etc/passwd", "music/..", "messages/x"):
        for end in ("", ".wav"):
            assert client.get(f"/audio/{place}{end}").status_code in (404, 308), place


def test_the_address_of_a_recording_that_is_told_is_never_asked(site: Line) -> None:
    site.ask("/voice/incoming")
    told = {"RecordingSid": "RE" + "4" * 32, "RecordingStatus": "completed", "RecordingDuration": "2"}
    lure = {"RecordingUrl": f"http://{ELSEWHERE}/169.254.169.254/latest", "MediaUrl": f"http://{ELSEWHERE}/"}
    assert site.ask("/voice/recording", **told, **lure).status_code == 204
    with site.parts.engine.connect() as connection:
        kept = str(connection.execute(select(messages)).mappings().all())
    assert told["RecordingSid"] in kept
    assert ELSEWHERE not in kept
    source = Source("https://api.twilio.com", ASKED["AccountSid"], "user", "password")
    made = Recordings(Messages(site.parts.engine), source, Path("nowhere"), lambda: None)  # type: ignore[arg-type,return-value]
    assert urlsplit(made._url(told["RecordingSid"])).hostname == "api.twilio.com"


MARK = "zq9'\"--;DROP/*"
FILTERS = (
    *("sort", "order", "order_by", "sort_by", "columns", "direction", "dir", "limit", "offset", "page", "group"),
    *("since", "until", "caller", "number", "agent", "text", "matter", "queue", "outcome", "code", "language"),
    *("version", "seconds", "waited", "before", "who", "act", "show", "place", "lang", "span", "by"),
)


def test_nothing_that_is_looked_for_becomes_a_part_of_a_statement(desk: Site) -> None:
    client, asked = desk.app.test_client(), list[str]()
    desk.left_message()
    log_in(client, "sam", desk.hire("sam", *ROLES), front="/desk/password")

    def note(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    engine: Engine = desk.desk.engine
    event.listen(engine, "before_cursor_execute", note)
    pages = ("/desk/calls", "/desk/calls/export/csv", "/desk/audit", "/desk/inbox", "/desk/reports/queues")
    for page in pages:
        for name in FILTERS:
            with client.get(page, query_string={name: MARK}) as answer:
                assert answer.status_code < 500, (page, name)
    event.remove(engine, "before_cursor_execute", note)
    assert len(asked) > len(pages)
    assert [one for one in asked if "zq9" in one] == []


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\u2028", "\x85", "\x1b[2J"])
def test_a_line_of_the_log_is_one_line_whatever_is_asked(site: Line, lines: StringIO, end: str) -> None:
    forged = f"{end}2026-11-27T10:00:00Z level=info event=paid"
    signed = {"X-Twilio-Signature": "made up"}
    site.post(f"/voice/turn/1{quote(forged)}", ASKED, signed)
    site.ask("/voice/fallback", ErrorUrl=f"{URL}/voice/turn/1{forged}", ErrorCode=f"11200{forged}")
    written = lines.getvalue()
    assert "fell back" in written
    assert all(line.startswith("timestamp=") or " event=" in line[:80] for line in written.splitlines()), written
    assert len(written.splitlines()) == written.count("\n")
    assert "\x1b" not in written


def test_whoever_reads_the_log_sees_no_number(lines: StringIO) -> None:
    structlog.get_logger().warning("rang +8613800138000", call=CALL, url="/x?To=13800138000", account="8800000001")
    assert "138001" not in lines.getvalue()
    assert "880000" not in lines.getvalue()


LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
DEEP = "[" * 20_000
BOMBS = {"billion laughs": LAUGHS, "deep": f"start: {DEEP}", "a tag": "start: !!python/object/apply:os.system [id]\n"}


@pytest.mark.parametrize("bomb", BOMBS)
def test_menus_that_are_a_bomb_are_refused_in_words(bomb: str) -> None:
    begun = time.process_time()
    flow, problems = load({**menus(ROOT / "menus"), "extra.yaml": BOMBS[bomb]})
    assert flow is None
    assert {problem.file for problem in problems} == {"extra.yaml"}
    assert time.process_time() - begun < 20


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "9" * 5_000, '{"states": 1e999}'])
def test_a_flow_that_is_a_bomb_is_refused_in_words(text: str) -> None:
    with pytest.raises(NoFlowError):
        read(text, menus(ROOT / "menus"))


@pytest.mark.parametrize(
    "name", ["../x.yaml", "/etc/x.yaml", "languages/../../x.yaml", "x.py", "a/b.yaml", "..yaml", "x\0.yaml"]
)
def test_no_name_of_a_menu_leads_out_of_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no name of a file"):
        write_menus(tmp_path / "into", {"hotline.yaml": "", name: "x"})
    assert not list(tmp_path.rglob("x*"))


@pytest.mark.parametrize(
    "cell", ["=1+1", "+8613800138000", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠x"]
)
def test_no_cell_begins_as_a_formula_does(cell: str) -> None:
    assert plain(cell) == f"'{cell}"


SLOW = ("9" * 60_000, "+1" * 30_000, "1 " * 30_000, "a@" * 30_000, "\r\n" * 30_000, "'" * 60_000, "1" * 30_000 + "x")


def test_no_text_takes_long_to_be_masked(lines: StringIO) -> None:
    begun = time.process_time()
    for text in SLOW:
        structlog.get_logger().warning("x", told=text)
    assert time.process_time() - begun < 2


@pytest.mark.parametrize("role", [*ROLES, "nobody"])
def test_no_method_but_those_of_the_page_is_taken(desk: Site, role: str) -> None:
    client: FlaskClient = desk.app.test_client()
    forgery = log_in(client, "eve", desk.hire("eve", role), front="/desk/password") if role != "nobody" else ""
    for trick in ({"X-HTTP-Method-Override": "DELETE"}, {"X-Original-URL": "/desk/people"}, {"X-Rewrite-URL": "/x"}):
        with client.get("/desk/login", headers=trick | {"X-CSRFToken": forgery}) as answer:
            assert answer.status_code in (200, 302), trick
    for method in ("PUT", "DELETE", "PATCH", "TRACE"):
        assert client.open("/desk/people", method=method, headers={"X-CSRFToken": forgery}).status_code in (
            302,
            401,
            405,
        )


def test_a_session_made_up_elsewhere_is_no_session(desk: Site, clock: Clock) -> None:
    client = desk.app.test_client()
    client.set_cookie("hotline", "eyJfdXNlcl9pZCI6ImFsaWNlIn0.aaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb")
    assert client.get("/desk").headers["Location"] == "/desk/login"


GROWING = "".join(
    f'<!ENTITY {after} "{f"&{before};" * 20}">' for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)
XML = {
    "entities that grow": f'<!DOCTYPE x [<!ENTITY a "{"ha" * 100}">{GROWING}]><Response><Say>&i;</Say></Response>',
    "a file of ours": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Response><Say>&a;</Say></Response>',
}


@pytest.mark.parametrize("bomb", XML)
def test_no_document_grows_or_reads_files_in_the_practice_carrier(bomb: str) -> None:
    begun = time.process_time()
    with pytest.raises(Unusable, match="not well-formed"):
        parse(XML[bomb], "call")
    assert time.process_time() - begun < 1
