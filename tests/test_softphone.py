"""What the agent's browser promises as a phone of the carrier: its own token, no farther reach, a bell that rings."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Playwright, Route, WebSocketRoute, expect
from playwright.sync_api import Response as Answer

from ivr.carrier.rehearsal import served
from ivr.console import softphone
from ivr.console.softphone import A_MINUTE, MINUTE
from ivr.factory import create_app
from ivr.parts import Parts
from ivr.settings import SettingsError, read
from ivr.telephony.tokens import Tokens
from ivr.web import POLICY
from tests.browser import ALLOWED, DEVICE, at_the_desk, launched
from tests.desk_site import hired
from tests.desk_site import log_in as log_in_by_form
from tests.pages import until
from tests.world import ACCOUNT, free_port, hotline_settings

pytestmark = pytest.mark.xdist_group("sound")  # Another worker's than what browsers do in silence.

KEY, SECRET = "SK" + "2" * 32, "an API key's secret, of the tests, long enough to sign"
# Names are not looked up, so nothing leaves this machine even where nobody stops it.
ALONE = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
SIGNALS = "wss://voice-js.roaming.twilio.com/signal"
LOOKED = "window.refused = []; addEventListener('securitypolicyviolation', (e) => refused.push(e.blockedURI));"
SOON = 60_000


@dataclass
class Site:
    """A hotline with an API key; not in practice."""

    app: Flask
    url: str
    password: str


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    settings = replace(hotline_settings(tmp_path, free_port()), api_key=KEY, api_secret=SECRET)
    app = create_app(settings)
    parts: Parts = app.extensions["hotline"]
    password = hired(*app.extensions["pages"].made())
    with served(app, settings.port):
        yield Site(app, settings.public_url, password)
    parts.close()


@pytest.fixture(scope="module")
def browser(player: Playwright) -> Iterator[Browser]:
    with launched(player, DEVICE, ALLOWED, ALONE) as one:
        yield one


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(locale="en-US") as context:
        made = context.new_page()
        made.add_init_script(LOOKED)
        yield made
        assert made.evaluate("window.refused") == []


@dataclass
class Outside:
    """What the page asks of others than us; nobody answers."""

    asked: list[str] = field(default_factory=list)

    def __call__(self, route: Route) -> None:
        """Let our own through, and note and stop the rest."""
        if urlsplit(route.request.url).hostname == "127.0.0.1":
            route.continue_()
            return
        self.asked.append(route.request.url)
        route.abort()


def log_in(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/desk")
    page.locator("#name").fill("alice")
    page.locator("#password").fill(site.password)
    page.keyboard.press("Enter")
    at_the_desk(page)


def test_a_token_lets_one_identity_be_rung_for_an_hour_and_no_more() -> None:
    before = int(time.time())
    made = Tokens(ACCOUNT, KEY, SECRET).token("alice")
    claims = jwt.decode(made, SECRET, algorithms=["HS256"])
    assert (claims["iss"], claims["sub"]) == (KEY, ACCOUNT)
    assert before + 3600 <= claims["exp"] <= time.time() + 3600
    assert claims["grants"] == {"identity": "alice", "voice": {"incoming": {"allow": True}}}


def test_a_token_is_for_the_agent_who_is_logged_in_and_asks_by_the_page(site: Site, page: Page) -> None:
    ask = "(token) => fetch('/desk/token', {method: 'POST', body: '{\"identity\": \"bob\"}', headers: "
    ask += "{'Content-Type': 'application/json', ...(token && {'X-CSRFToken': token})}}).then(async (answer) => "
    ask += "[answer.status, await answer.json()])"
    page.goto(f"{site.url}/desk/login")
    assert page.evaluate(ask, "")[0] == 401
    log_in(page, site)
    assert page.evaluate(ask, "")[0] == 400
    status, told = page.evaluate(ask, page.locator("meta[name=csrf-token]").get_attribute("content"))
    assert status == 200
    assert jwt.decode(told["token"], SECRET, algorithms=["HS256"])["grants"]["identity"] == "alice"


def test_the_page_reaches_the_carrier_and_nobody_else(site: Site, page: Page) -> None:
    outside, sockets = Outside(), list[str]()
    page.route("**/*", outside)
    page.on("websocket", lambda one: sockets.append(one.url))
    answers = dict[str, str]()

    def note(answer: Answer) -> None:
        answers[urlsplit(answer.url).path] = answer.headers.get("content-security-policy", "")

    page.on("response", note)
    log_in(page, site)
    with page.expect_websocket(lambda one: one.url.startswith(SIGNALS), timeout=SOON):
        page.reload()
    assert {urlsplit(one).hostname for one in outside.asked} <= {"sdk.twilio.com", "eventgw.twilio.com"}
    assert {urlsplit(one).hostname for one in sockets} == {urlsplit(SIGNALS).hostname}
    assert answers["/desk"].startswith(POLICY)
    assert "unsafe" not in answers["/desk"]
    assert answers["/desk/login"] == POLICY
    expect(page.locator("#softphone")).to_contain_text("cannot be reached", timeout=SOON)


class Network:
    """The carrier's signals as they come by its socket, as far as a bell needs them."""

    def __init__(self, page: Page, seconds: int = 3600) -> None:
        self.seconds = seconds  # that the carrier says a token is good for
        self.told: list[dict[str, Any]] = []
        page.route_web_socket(lambda url: url.startswith(SIGNALS), self._answer)

    def _answer(self, socket: WebSocketRoute) -> None:
        self.socket = socket
        socket.on_message(self._hear)

    def _hear(self, text: str | bytes) -> None:
        if str(text).strip():
            message = json.loads(text)
            self.told.append(message)
            if message["type"] == "listen":
                about = {
                    "region": "US_EAST_VIRGINIA",
                    "edge": "ashburn",
                    "token": {"identity": "alice", "ttl": self.seconds},
                }
                self.tell("connected", about)
            if message["type"] == "register":
                self.tell("ready", {})

    def tell(self, kind: str, payload: dict[str, object]) -> None:
        """Say something to the page."""
        self.socket.send(json.dumps({"type": kind, "payload": payload, "version": "1.6"}))

    def listening(self) -> list[dict[str, Any]]:
        """Return what the tokens say that the page has shown so far."""
        shown = [str(one["payload"]["token"]) for one in self.told if one["type"] == "listen"]
        return [jwt.decode(one, SECRET, algorithms=["HS256"]) for one in shown]

    def about(self) -> list[tuple[str, object]]:
        """Return what was told, and about which call."""
        return [(one["type"], one["payload"].get("callsid")) for one in self.told]

    def ring(self, call: str) -> None:
        """Have a call come in."""
        self.tell("invite", {"callsid": call, "sdp": "v=0\r\n", "parameters": {"From": "+864001234567"}})


ENDS = """async ([source, misses]) => {
  const { Softphone } = await import(source);
  const order = [];
  const end = () => {
    order.push("told");
    if (misses < 0) return new Promise(() => null);
    return order.length > misses ? Promise.resolve({}) : Promise.reject(new Error("404"));
  };
  const phone = new Softphone(() => null, end, document.createElement("div"));
  phone.call = { disconnect: () => order.push("hung up"), isMuted: () => false };
  phone.show("talking");
  await phone.hangUp();
  return order;
}"""


@pytest.mark.parametrize("misses", [0, 1, 2, -1])
def test_who_ends_a_talk_says_so_before_the_phone_is_put_down(site: Site, page: Page, misses: int) -> None:
    """So many servers know nothing of it; or the first does not answer at all."""
    page.route("**/*", Outside())
    log_in(page, site)
    source = f"{site.url}/web/scripts/softphone-device.js"
    assert page.evaluate(ENDS, [source, misses]) == ["told"] * (max(misses, 0) + 1) + ["hung up"]


def test_it_registers_rings_and_refuses(site: Site, page: Page) -> None:
    page.route("**/*", Outside())
    network = Network(page)
    log_in(page, site)
    phone = page.locator("#softphone")
    expect(phone).to_have_attribute("data-state", "ready", timeout=SOON)
    network.ring("CA1")
    expect(phone).to_have_attribute("data-state", "ringing")
    expect(phone.get_by_role("button", name="Pick up")).to_be_visible()
    network.tell("cancel", {"callsid": "CA1"})
    expect(phone).to_have_attribute("data-state", "ready")
    network.ring("CA2")
    phone.get_by_role("button", name="Refuse").click()
    expect(phone).to_have_attribute("data-state", "ready")
    assert [one["grants"]["identity"] for one in network.listening()] == ["alice"]
    # The page is ready as soon as it has sent that, which comes here a moment later.
    until(lambda: page.evaluate("1") and ("reject", "CA2") in network.about())
    page.goto("about:blank")


def test_a_token_is_renewed_before_it_ends(site: Site, page: Page) -> None:
    page.route("**/*", Outside())
    network = Network(page, seconds=11)
    log_in(page, site)
    with page.expect_response(f"{site.url}/desk/token", timeout=SOON):
        expect(page.locator("#softphone")).to_have_attribute("data-state", "ready", timeout=SOON)
    until(lambda: page.evaluate("1") and len(network.listening()) > 1)
    first, second = network.listening()[:2]
    assert second["exp"] >= first["exp"]
    assert second["grants"] == first["grants"]
    page.goto("about:blank")


def test_a_person_gets_some_tokens_a_minute_and_no_more(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    now, made = [100.0], site.app.extensions["pages"].made()
    monkeypatch.setattr(softphone, "monotonic", lambda: now[0])
    clients = {name: made[0].test_client() for name in ("alice", "bob")}
    passwords = {"alice": site.password, "bob": hired(*made, "bob")}
    headers = {name: {"X-CSRFToken": log_in_by_form(clients[name], name, passwords[name])} for name in clients}

    def asked(name: str) -> int:
        return clients[name].post("/desk/token", json={}, headers=headers[name]).status_code

    assert [asked("alice") for _ in range(A_MINUTE + 2)] == [200] * A_MINUTE + [429] * 2
    assert asked("bob") == 200
    now[0] += MINUTE
    assert asked("alice") == 200


HASTY = """(() => {
  const real = window.setTimeout;
  window.waits = [];
  window.setTimeout = (act, ms, ...more) => {
    const ours = ms >= 5000 && waits.length < 6;
    if (ours) waits.push(ms);
    return real(act, ours ? 0 : ms, ...more);
  };
})()"""  # Nobody waits in earnest for the first times; for how long is noted.


def test_a_browser_that_is_given_no_token_asks_again_ever_more_seldom(site: Site, page: Page) -> None:
    page.route("**/*", Outside())
    network, refused = Network(page), list[str]()

    def refuse(route: Route) -> None:
        refused.append(route.request.url)
        if len(refused) > 6:
            route.continue_()
        else:
            route.fulfill(status=503, body="away")

    page.route("**/desk/token", refuse)
    page.add_init_script(HASTY)
    log_in(page, site)
    expect(page.locator("#softphone")).to_have_attribute("data-state", "ready", timeout=SOON)
    waits = page.evaluate("waits")
    assert all(5000 <= wait <= 5000 + min(60_000, 5000 * 2 ** (missed + 1)) for missed, wait in enumerate(waits))
    assert len(set(waits)) == 6, "all browsers come at the same moment otherwise"
    assert [one["grants"]["identity"] for one in network.listening()] == ["alice"]
    page.goto("about:blank")


def test_half_an_api_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="belong together"):
        read({"TWILIO_API_KEY": KEY}, tmp_path)


def test_without_an_api_key_nothing_is_reached_and_nothing_fetched(tmp_path: Path) -> None:
    settings = hotline_settings(tmp_path, free_port())
    app = create_app(settings)
    pages = app.extensions["pages"]
    password = hired(*pages.made())
    client = pages.made()[0].test_client()
    found = log_in_by_form(client, "alice", password)
    answer = client.get("/desk")
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert "softphone" not in answer.text
    assert client.post("/desk/token", json={}, headers={"X-CSRFToken": found}).status_code == 404
    app.extensions["hotline"].close()
