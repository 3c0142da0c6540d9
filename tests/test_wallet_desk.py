"""What agents see of the wallet: who is proven, what was answered, who is under attack; and never a PIN or code."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from ivr.console.view import queues
from ivr.desk.keeping import Place
from ivr.flow import speech
from ivr.flow.inputs import Found, InLine, LeftQueue, NotFound
from ivr.reports.measures import CALLS
from ivr.reports.search import Search
from ivr.store.texts import Texts
from tests.desk_site import Clock, Site, log_in
from tests.test_facts import digest
from tests.wallet_site import (
    ACCOUNT,
    CODE,
    FROZEN,
    HOLD,
    MARK,
    MARK_ENGLISH,
    PHONE,
    PIN,
    TO_FREEZE,
    TO_REASON,
    WRONG_PIN,
    Teller,
    called,
    hire,
    keyed,
    wallet_site,
)

OTHER = "+8613900009876"
SECRETS = (PIN, WRONG_PIN, CODE)
LIMITED = {"check_pin": NotFound("limited"), "send_code": NotFound("limited")}
SPOKEN = [speech.voice_of(language).digits(number) for language in ("zh-CN", "en-US") for number in (ACCOUNT, PHONE)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def teller() -> Teller:
    return Teller()


@pytest.fixture
def site(tmp_path: Path, clock: Clock, teller: Teller) -> Iterator[Site]:
    made = wallet_site(tmp_path, "http://127.0.0.1:8000", clock, teller)
    yield made
    made.close()


def entered(site: Site, name: str = "alice", *roles: str) -> FlaskClient:
    """Return the browser of somebody new, who is logged in and reads English."""
    client = site.app.test_client()
    client.environ_base["HTTP_X_CSRFTOKEN"] = log_in(client, name, hire(site, name, *roles))
    client.get("/desk?lang=en")
    return client


def rung(site: Site, client: FlaskClient, call_id: str) -> Place:
    """Have the agent be rung for this caller."""
    assert client.post("/desk/available", json={}).status_code == 200
    site.ring()
    (place,) = [one for one in site.desk.waiting() if one.call_id == call_id]
    assert place.state == "offered"
    return place


def parts(client: FlaskClient, language: str = "en") -> dict[str, str]:
    """Return the news of the agent's page, by part."""
    client.get(f"/desk?lang={language}")
    told: dict[str, str] = json.loads(client.get("/desk/news").text)["parts"]
    return {name: " ".join(text.split()) for name, text in told.items()}


def unspoilt(text: str) -> None:
    """See that no secret is in it, and no account but by its last four digits."""
    for never in (*SECRETS, ACCOUNT, PHONE, PHONE.removeprefix("+86"), *SPOKEN):
        assert never not in text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            (
                "proven by PIN · 1 wrong before",
                "Why the account is frozen</dt><dd>too many wrong passwords, until 2026-11-24 18:30",
                "Failed payment 1, newest first</dt><dd>¥12,880.50 on 2026-11-20: not enough balance",
            ),
        ),
        (
            "zh",
            (
                "已凭 PIN 核实 · 之前错了 1 次",
                "账户冻结的原因</dt><dd>密码错得太多，冻结到 2026-11-24 18:30",
                "倒数第 1 笔失败的付款</dt><dd>2026-11-20 ¥12,880.50：余额不足",
            ),
        ),
    ],
)
def test_the_card_tells_who_is_proven_and_what_the_wallet_answered_before_the_agent_speaks(
    site: Site, language: str, words: tuple[str, ...]
) -> None:
    alice = entered(site)
    rung(site, alice, called(site, *TO_REASON, WRONG_PIN, PIN))
    shown = parts(alice, language)
    for one in words:
        assert one in shown["caller"], shown["caller"]
    assert 'class="proof"' in shown["caller"]
    assert "••••0001" in shown["caller"]
    assert shown["path"].count("••••</span>") == 2
    unspoilt("".join(shown.values()))
    unspoilt(alice.get("/desk").text)


def test_the_account_is_shown_whole_to_whoever_talks_with_the_caller_and_that_is_audited(site: Site) -> None:
    alice = entered(site)
    place = rung(site, alice, called(site, "1", PHONE.removeprefix("+86"), "1", PIN))
    asks = {name: {"place": place.id, "what": name} for name in ("phone", "holder", "who", "registered", "account")}
    assert alice.post("/desk/show", json=asks["holder"]).status_code == 409
    assert alice.post("/desk/answer", json={}).status_code == 200
    card = parts(alice)["caller"]
    assert 'data-show="holder"' in card
    assert 'data-show="phone"' in card
    assert 'data-show="registered"' not in card  # As it is what the caller keyed.
    assert alice.post("/desk/show", json=asks["holder"]).json == {"whole": ACCOUNT}
    assert alice.post("/desk/show", json=asks["registered"]).json == {"whole": PHONE}
    assert alice.post("/desk/show", json=asks["account"]).status_code == 404
    for secret in ("pin", "code"):
        assert alice.post("/desk/show", json={"place": place.id, "what": secret}).status_code == 404
    trail = site.app.extensions["audit"].page(9, act="number.show")
    assert {one.subject for one in trail} == {"holder", "registered"}
    unspoilt(repr(trail))


@pytest.mark.parametrize(
    ("keys", "answers", "words"),
    [
        (("0",), {}, "not proven</b>"),
        ((*TO_REASON, WRONG_PIN, WRONG_PIN, ACCOUNT, "1", WRONG_PIN), {}, "not proven: refused after three tries</b>"),
        ((*TO_REASON, PIN), LIMITED, "not proven: refused, too much was tried before</b>"),
        ((*TO_REASON, PIN, "0"), {"check_pin": NotFound("limited")}, "not proven</b>"),
        ((*TO_REASON, PIN, CODE), {"check_pin": NotFound("limited")}, "proven by a code by SMS</b>"),
        ((*TO_REASON, PIN), {"check_pin": NotFound("slow")}, "not proven</b>"),
        (("1", ACCOUNT, "2", CODE), {}, "proven by a code by SMS</b>"),
    ],
)
def test_the_card_tells_why_a_caller_is_not_proven(
    site: Site, teller: Teller, keys: tuple[str, ...], answers: dict[str, Found | NotFound | None], words: str
) -> None:
    teller.answers |= answers
    alice = entered(site)
    rung(site, alice, called(site, *keys))
    assert words in parts(alice)["caller"]
    if answers:
        assert "Check of the PIN</dt>" in parts(alice)["caller"]


def test_a_caller_under_attack_is_first_and_marked_wherever_they_are_seen(site: Site, clock: Clock) -> None:
    sam, alice = entered(site, "sam", "supervisor", "agent"), entered(site)
    waits = called(site, "0", caller=OTHER)
    clock.on(hours=2)
    call_id = called(site, *TO_FREEZE, CODE)
    assert parts(alice)["line"].count(MARK_ENGLISH) == 1
    assert f"{MARK}</span>" in parts(alice, "zh")["line"]
    clock.on(seconds=-10)
    ordinary = called(site, "2", "0", caller="+8613900009877")  # Before them, but not first.
    clock.on(seconds=10)
    (fraud,) = [one for one in queues(site.flow, "en-US", site.desk.waiting()) if one.name == "Fraud"]
    assert [one.since for one in fraud.people] == sorted((one.since for one in fraud.people), reverse=True)
    site.hotline.hang_up(ordinary)
    board = sam.get("/desk/wallboard?lang=en").text
    assert MARK_ENGLISH in board
    rung(site, alice, call_id)
    (other,) = [one for one in site.desk.waiting() if one.call_id == waits]
    assert other.state == "waiting"
    shown = parts(alice)
    assert MARK_ENGLISH in shown["bell"]
    assert f'⚠</span><span class="visually-hidden">Mark: </span> {MARK_ENGLISH}' in shown["caller"]
    assert f"Freeze the account</dt><dd>frozen until 2026-11-24 18:30, number {HOLD}" in shown["caller"]
    assert f"SMS</dt><dd>to ••••2222: 【钱包】账户••••0001已冻结，编号{HOLD}。" in shown["caller"]
    unspoilt("".join(shown.values()))
    alice.post("/desk/answer", json={})
    assert MARK_ENGLISH in sam.get("/desk/talks?lang=en").text


def test_an_answer_that_comes_late_is_on_the_card_as_soon_as_it_is_there(site: Site, teller: Teller) -> None:
    teller.answers["freeze_reason"] = None
    alice = entered(site)
    call_id = called(site, *TO_REASON, PIN)
    stored = site.hotline.journal.call(call_id)
    assert stored
    teller.late(NotFound("slow"))
    rung(site, alice, call_id)
    assert "Why the account is frozen</dt><dd>no answer in time</dd>" in parts(alice)["caller"]


def test_the_call_page_tells_it_step_by_step_in_both_languages(site: Site, teller: Teller) -> None:
    sam = entered(site, "sam", "supervisor")
    call_id = called(site, *TO_FREEZE, WRONG_PIN, "12", CODE)
    site.hotline.hang_up(call_id)
    for language, words in {
        "en": (
            "Code by SMS: sent, if there is such an account",
            "Check of the code: wrong",
            "Check of the code: right",
        ),
        "zh": ("发送短信验证码：已发送", "核对短信验证码：不对", "冻结账户：已冻结到 2026-11-24 18:30"),
    }.items():
        page = sam.get(f"/desk/calls/{call_id}?lang={language}").text
        unspoilt(page)
        at = 0
        for one in words:
            at = page.index(one, at)
    assert page.count("••••</span>") == 3
    assert "已凭短信验证码核实" in page
    assert "短信</b> 发给 ••••2222" in page
    steps = page[page.index("path-list") :]
    assert "← 冻结账户：已冻结到" in steps
    assert 'data-keys="••••"' not in page


def test_the_call_page_tells_what_became_of_an_sms(site: Site, clock: Clock) -> None:
    sam, texts = entered(site, "sam", "supervisor"), Texts(site.desk.engine)
    call_id = called(site, *TO_FREEZE, CODE)
    site.hotline.hang_up(call_id)
    (text,) = texts.of_call(call_id)

    def told(words: str, language: str = "en") -> None:
        page = sam.get(f"/desk/calls/{call_id}?lang={language}").text
        unspoilt(page)
        assert words in " ".join(page[page.index("texts-title") :].split())

    told("<b>Not sent yet</b> ••••2222")
    assert texts.claim(text.id, clock())
    told("<b>Being sent</b> ••••2222")
    texts.later(text, "the carrier answered 429", clock() + timedelta(minutes=5), False)
    told("the carrier answered 429</span> 已试 1 次", "zh")
    clock.at += timedelta(minutes=6)
    assert texts.claim(text.id, clock())
    texts.sent(text.id, "SM1", clock())
    told("<b>已发出</b> ••••2222", "zh")


def test_what_nobody_answered_up_to_the_end_is_told_and_what_came_after_it_too(site: Site, teller: Teller) -> None:
    teller.answers["freeze"] = None
    sam = entered(site, "sam", "supervisor")
    call_id = called(site, *TO_FREEZE, CODE)
    site.hotline.hang_up(call_id)
    assert "Freeze the account: no answer yet" in sam.get(f"/desk/calls/{call_id}?lang=en").text
    teller.late(NotFound("slow"))
    page = sam.get(f"/desk/calls/{call_id}?lang=en").text
    assert page.index("Freeze the account: no answer yet") < page.index("Freeze the account: no answer in time; it may")


def test_no_file_and_no_search_tells_a_secret_and_a_call_is_found_by_its_account_and_receipt(site: Site) -> None:
    sam = entered(site, "sam", "supervisor")
    call_id = called(site, *TO_FREEZE, WRONG_PIN, CODE)
    other = called(site, "1", PHONE.removeprefix("+86"), "1", PIN, caller=OTHER)
    for one in (call_id, other):
        site.hotline.hang_up(one)
    digest(site)
    for number, found in {
        ACCOUNT: {call_id, other},
        HOLD: {call_id},
        PIN: set(),
        CODE: set(),
        WRONG_PIN: set(),
    }.items():
        page = sam.get("/desk/calls", query_string={"number": number}).text
        assert set(re.findall(r'href="/desk/calls/([^"?]+)">', page)) == found, number
    table = sam.get("/desk/calls/export/csv").text
    assert table.count("\n") == 3
    with sam.get("/desk/calls/export/xlsx") as answer:
        sheet = ZipFile(BytesIO(answer.data))
    unspoilt(table + "".join(sheet.read(name).decode() for name in sheet.namelist()))
    unspoilt(repr(site.app.extensions["audit"].page(99)))
    unspoilt(sam.get(f"/desk/calls/{call_id}/test").text)


def test_a_call_back_says_that_the_proof_was_of_the_call_before(site: Site, clock: Clock) -> None:
    alice = entered(site)
    call_id = called(site, *TO_FREEZE, CODE)
    turn = site.hotline.journal.turn(call_id)
    site.hotline.hear(call_id, f"wait/{turn}", InLine(1, 20, agents=1))
    site.hotline.hear(call_id, f"wait/{site.hotline.journal.turn(call_id)}", InLine(1, 40, "2", agents=1))
    site.hotline.hear(call_id, f"turn/{turn}", LeftQueue("leave"))
    keyed(site, call_id, "1")
    site.hotline.hang_up(call_id)
    assert MARK_ENGLISH in alice.get("/desk/inbox?lang=en").text
    clock.on(minutes=1)
    place = rung(site, alice, call_id)
    assert (place.kind, place.rank) == ("callback", 0)
    assert "proven by a code by SMS</b> <small>in the call that was made then</small>" in parts(alice)["caller"]


def test_a_matter_that_ends_by_keypad_after_an_answer_counts_as_settled_by_keypad(
    tmp_path: Path, clock: Clock, teller: Teller
) -> None:
    ends = FROZEN.replace("then: person}", "then: person.goodbye}")
    with closing(wallet_site(tmp_path, "http://127.0.0.1:8000", clock, teller, frozen=ends)) as site:
        call_id = called(site, *TO_REASON, PIN)
        digest(site)
        found = Search(site.desk.engine).one(call_id)
        assert found
        assert found.outcome == "finished"
        with site.desk.engine.connect() as connection:
            assert connection.scalar(select(func.count()).where(CALLS["contained"].where)) == 1
