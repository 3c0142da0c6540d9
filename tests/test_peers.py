"""Who asks us is told by our own proxies, never by whoever asks: behind a balancer, too, each is limited alone."""

import ssl
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
import requests
import trustme
from playwright.sync_api import Browser, expect
from twilio.request_validator import RequestValidator
from werkzeug.serving import make_server
from werkzeug.test import Client, EnvironBuilder

from ivr import settings
from ivr.carrier.rehearsal import _Quiet
from ivr.factory import create_app
from ivr.listening import listening
from ivr.settings import SettingsError
from ivr.store.audit import Trail
from ivr.telephony.admission import FORGED, Strangers
from ivr.web.peers import NOWHERE, Proxies, line_of
from tests.browser import at_the_desk, let_in, watched
from tests.desk_site import Clock, desk_site, hired, token
from tests.processes import Server, parts_of, servers
from tests.test_admission import forged
from tests.test_webhooks import ASKED, Site
from tests.test_webhooks import site as line
from tests.world import TOKEN, free_port, hotline_settings

__all__ = ["line"]
BALANCER, MALLORY, CARRIER = "10.0.0.1", "192.0.2.1", "198.51.100.1"


def told(proxies: int, forwarded: str, peer: str = BALANCER) -> str:
    return Proxies(proxies).client(peer, lambda: [("x-forwarded-for", forwarded)] if forwarded else [])


def test_who_asks_is_who_the_outermost_proxy_of_ours_was_asked_by() -> None:
    assert told(0, MALLORY) == BALANCER
    assert told(1, MALLORY) == MALLORY
    assert told(1, f"{CARRIER}, {MALLORY}") == MALLORY, "what was there before the proxy wrote its own is nothing"
    assert told(2, f"{CARRIER}, {MALLORY}, {BALANCER}") == MALLORY
    assert told(1, "") == BALANCER
    assert told(2, MALLORY) == BALANCER, "whoever came past the outer proxy"


@pytest.mark.parametrize("begun", ['"', '"a, ', "'", "a\\", '\\"', "for=", "[", ",,", " "])
def test_nothing_that_is_sent_before_it_hides_what_the_proxy_writes(begun: str) -> None:
    seen = {told(1, f"{begun}{number}, {MALLORY}") for number in range(9)}
    assert seen <= {MALLORY, BALANCER}, "else each request would be somebody new"


def test_headers_that_come_twice_are_read_as_one() -> None:
    twice = [("x-forwarded-for", CARRIER), ("x-forwarded-for", MALLORY)]
    assert Proxies(1).client(BALANCER, lambda: twice) == MALLORY


def test_both_ways_of_asking_tell_the_same() -> None:
    seen = list[str]()
    around = Proxies(1).around(lambda environ, _: seen.append(environ["REMOTE_ADDR"]) or ())
    for forwarded in (MALLORY, f"{CARRIER}, {MALLORY}", '"x', "", "::1", f"{MALLORY}:80"):
        headers = {"X-Forwarded-For": forwarded} if forwarded else {}
        built = EnvironBuilder(headers=headers, environ_base={"REMOTE_ADDR": BALANCER}).get_environ()
        around(built, lambda *_: lambda _: None)
        assert seen.pop() == told(1, forwarded)


LINES: Mapping[str, str] = {
    "192.0.2.1": "192.0.2.1",
    "192.0.2.1:4711": "192.0.2.1",
    "::ffff:192.0.2.1": "192.0.2.1",
    "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
    "[2001:db8:1:2::9]:443": "2001:db8:1:2::/64",
    "2001:db8:1:3::9": "2001:db8:1:3::/64",
    "fe80::1%eth0": "fe80::/64",
    "": NOWHERE,
    "evil": NOWHERE,
    "1.2.3": NOWHERE,
}


def test_limits_count_lines_not_the_addresses_that_one_line_has_by_the_billion() -> None:
    assert {address: line_of(address) for address in LINES} == LINES
    strangers = Strangers()
    for number in range(FORGED):
        strangers.told(f"2001:db8::{number:x}", right=False)
    assert not strangers.heard("2001:db8::ffff")
    assert strangers.heard("2001:db8:0:1::1")


@pytest.mark.parametrize("given", ["-1", "x", "1.5", "10", "true"])
def test_a_number_of_proxies_that_is_none_is_told(tmp_path: Path, given: str) -> None:
    with pytest.raises(SettingsError, match="TRUSTED_PROXIES"):
        settings.read({"TRUSTED_PROXIES": given}, tmp_path)


def test_without_proxies_no_header_is_believed(line: Site) -> None:
    client = Client(line.app.wsgi_app)  # type: ignore[attr-defined]
    statuses = []
    for number in range(FORGED + 1):
        headers = {"X-Twilio-Signature": "made up", "X-Forwarded-For": f"192.0.2.{number}"}
        base = {"REMOTE_ADDR": BALANCER}
        statuses.append(client.post("/voice/incoming", data=ASKED, headers=headers, environ_base=base).status_code)
    assert statuses[-1] == 429
    assert forged(line, MALLORY).status_code == 403


@pytest.mark.parametrize(("page", "taken"), [("https://hotline.example/desk/login", True), ("https://evil/", False)])
def test_behind_tls_a_form_is_taken_from_our_own_pages_alone(tmp_path: Path, page: str, taken: bool) -> None:
    made = desk_site(tmp_path, "https://hotline.example", Clock())
    password = made.hire("alice")
    client = Client(Proxies(1).around(made.app.wsgi_app))
    asked = {"base_url": "http://hotline.example", "headers": {"X-Forwarded-Proto": "https", "Referer": page}}
    form = {"name": "alice", "password": password}
    form["csrf_token"] = token(client.get("/desk/login", **asked).text)  # type: ignore[arg-type]
    answer = client.post("/desk/login", data=form, **asked)  # type: ignore[arg-type]
    made.close()
    assert (answer.headers.get("Location") is not None) is taken, answer.text


def test_agents_work_in_a_browser_behind_a_tls_proxy(tmp_path: Path, browser: Browser) -> None:
    secure = free_port()
    url, context = f"https://localhost:{secure}", ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    app = create_app(replace(hotline_settings(tmp_path, free_port()), public_url=url, proxies=1))
    password = hired(*app.extensions["pages"].made())

    def proxy(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        return app(environ | {"HTTP_X_FORWARDED_FOR": MALLORY, "HTTP_X_FORWARDED_PROTO": "https"}, start)

    server = make_server("localhost", secure, proxy, threaded=True, request_handler=_Quiet, ssl_context=context)
    with listening(server), watched(browser, url, ignore_https_errors=True) as page:
        let_in(page, "alice", password)
        at_the_desk(page)
        page.keyboard.press("a")
        expect(page.get_by_role("status")).to_have_text("Available")
        page.goto("about:blank")
    log: Trail = app.extensions["pages"].made()[0].extensions["audit"]
    assert {one.remote for one in log.page(9) if one.act == "login"} == {MALLORY}
    app.extensions["hotline"].close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give a real server that believes the proxy before it, which the tests are."""
    folder = tmp_path_factory.mktemp("peers")

    def behind(copy: Path) -> None:
        (copy / ".env").write_text("TRUSTED_PROXIES=1\n", "utf-8")

    with servers(folder, f"sqlite:///{folder}/hotline.db", change=behind) as (made,):
        yield made


def post(server: Server, forwarded: str, signature: str) -> int:
    headers = {"X-Forwarded-For": forwarded} | ({"X-Twilio-Signature": signature} if signature else {})
    return requests.post(
        f"http://127.0.0.1:{server.port}/voice/incoming", ASKED, headers=headers, timeout=30
    ).status_code


@pytest.mark.parametrize("signature", ["made up", ""], ids=["by the quick way", "by the plain way"])
def test_each_stranger_behind_the_balancer_is_limited_alone(server: Server, signature: str) -> None:
    mallory, honest = ("192.0.2.7", "192.0.2.8") if signature else ("192.0.2.17", "192.0.2.18")
    statuses = [post(server, f"198.51.100.{number}, {mallory}", signature) for number in range(FORGED + 2)]
    assert statuses == [403] * FORGED + [429] * 2
    assert post(server, honest, signature) == 403


def test_the_carrier_is_known_by_its_own_address_not_by_the_balancers(server: Server) -> None:
    url = f"http://127.0.0.1:{server.port}/voice/incoming"
    assert post(server, CARRIER, RequestValidator(TOKEN).compute_signature(url, ASKED)) == 200
    assert {post(server, CARRIER, "made up") for _ in range(FORGED + 2)} == {403}


def test_the_audit_log_says_from_where_somebody_tried_to_log_in(server: Server) -> None:
    with requests.Session() as browser:
        browser.headers["X-Forwarded-For"] = f"{CARRIER}, {MALLORY}"
        url = f"http://127.0.0.1:{server.port}/desk/login"
        form = {"name": "nobody", "password": "a guess", "csrf_token": token(browser.get(url, timeout=60).text)}
        assert browser.post(url, form, timeout=60).status_code == 200
    with parts_of(server) as parts:
        (entry,) = Trail(parts.engine, parts.settings.secrets, parts.hotline.now).page(1)
    assert (entry.act, entry.remote) == ("login.unknown", MALLORY)
