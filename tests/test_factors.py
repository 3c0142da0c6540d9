"""Second factors: an authenticator app's codes, recovery codes, passkeys, and who must have one."""

import re
from dataclasses import dataclass
from html import unescape
from time import time

import pytest
from flask.testing import FlaskClient
from passlib.totp import TOTP
from playwright.sync_api import Page, expect

from ivr.console.texts import TEXTS
from ivr.store.audit import Trail
from tests.browser import at_the_desk
from tests.desk_site import Site, log_in, token
from tests.test_desk_page import PAIRS, looked_at, page, port
from tests.test_desk_page import site as served_site
from tests.test_people import clock, enter, site

__all__ = ["clock", "page", "port", "served_site", "site"]

ENGLISH = TEXTS["en"]
LATER = 30  # seconds: the next code


def client_of(site: Site, password: str, name: str = "alice") -> FlaskClient:
    """Return a browser in which somebody has given name and password."""
    client = site.app.test_client()
    enter(client, name, password)
    return client


def send(client: FlaskClient, path: str, **form: str) -> str:
    """Send a form with the token of its page; return where it leads, or else what it says."""
    pages = (client.get(one) for one in (path, "/desk/account"))
    forgery = next(token(one.text) for one in pages if one.status_code == 200)
    answer = client.post(path, data={**form, "csrf_token": forgery})
    return answer.location or answer.text


@dataclass
class App:
    """An authenticator app, set up at a moment with the code that it showed then."""

    codes: TOTP
    at: float


def with_app(client: FlaskClient) -> App:
    """Set up an authenticator app."""
    shown = send(client, "/desk/tf-setup", setup="authenticator")
    key, action = re.search(r"<code[^>]*>([^<]+)</code>", shown), re.search(r'action="(/desk/tf-setup/[^"]+)"', shown)
    assert key
    assert action
    app = App(TOTP(key=key[1].strip(), format="base32"), time())
    assert send(client, unescape(action[1]), code=code(app, 0)) == "/desk/account"
    return app


def code(app: App, later: int = LATER) -> str:
    return str(app.codes.generate(app.at + later).token)


def acts(site: Site) -> list[str]:
    log: Trail = site.app.extensions["audit"]
    return [one.act for one in reversed(log.page(50))]


def test_whoever_has_an_app_needs_its_code_after_the_password_and_each_code_once(site: Site) -> None:
    password = site.hire()
    app = with_app(client_of(site, password))
    client = client_of(site, password)
    assert client.get("/desk").location == "/desk/login", "the password alone lets nobody in"
    assert ENGLISH["not_confirmed"] in send(client, "/desk/tf-validate", code=code(app, 0)), "used at setting up"
    assert send(client, "/desk/tf-validate", code=code(app)) == "/desk"
    assert client.get("/desk").status_code == 200
    again = client_of(site, password)
    assert ENGLISH["not_confirmed"] in send(again, "/desk/tf-validate", code=code(app))
    assert acts(site)[-3:] == ["login.wrong", "login", "login.wrong"]


def test_the_secret_of_an_app_is_not_in_the_database(site: Site) -> None:
    app = with_app(client_of(site, site.hire()))
    kept = b"".join(file.read_bytes() for file in site.folder.parent.glob("desk.db*"))
    assert app.codes.base32_key.encode() not in kept
    assert b"v1" in kept or b"enckey" in kept


def test_five_wrong_codes_make_a_pause_though_the_password_is_right(site: Site) -> None:
    password = site.hire()
    app = with_app(client_of(site, password))
    for _ in range(5):
        send(client_of(site, password), "/desk/tf-validate", code="000000")
    assert "lockout" in acts(site)
    client = client_of(site, password)
    assert client.get("/desk/tf-validate").location == "/desk/login"
    site.clock.on(minutes=2)
    client = client_of(site, password)
    assert send(client, "/desk/tf-validate", code=code(app)) == "/desk"


def test_a_recovery_code_is_good_once(site: Site) -> None:
    password = site.hire()
    client = client_of(site, password)
    with_app(client)
    codes = re.findall(r"<li><code>([^<]+)</code>", send(client, "/desk/mf-recovery-codes", generate_new_codes="1"))
    assert (len(codes), acts(site)[-1]) == (8, "factor.codes")
    assert ENGLISH["factor_recovery_left"].format(count=8) in client.get("/desk/account?lang=en").text
    kept = b"".join(file.read_bytes() for file in site.folder.parent.glob("desk.db*"))
    assert codes[0].encode() not in kept
    assert send(client_of(site, password), "/desk/mf-recovery", code=codes[0]) == "/desk"
    assert ENGLISH["not_confirmed"] in send(client_of(site, password), "/desk/mf-recovery", code=codes[0])


@pytest.mark.parametrize("way", ["person", "role"])
def test_whoever_must_have_a_second_factor_does_nothing_before_they_have_it(site: Site, way: str) -> None:
    password, people = site.hire(), site.staff.people
    client = client_of(site, password)
    with site.app.app_context():
        site.staff.strengthen("alice", True) if way == "person" else site.staff.strengthen_roles(["agent"])
    assert client.get("/desk").location == "/desk/account"
    assert client.get("/desk/news").status_code == 403
    assert ENGLISH["account_owes"] in client.get("/desk/account?lang=en").text
    with_app(client)
    assert client.get("/desk").status_code == 200
    assert send(client, "/desk/tf-setup", setup="disable") == "/desk/account"
    assert client.get("/desk").location == "/desk/account"
    people.close()


def test_an_admin_takes_a_lost_second_factor_away(site: Site) -> None:
    password = site.hire()
    client = client_of(site, password)
    with_app(client)
    root = client_of(site, site.hire("root", "admin"), "root")
    assert ENGLISH["people_has_factor"] in root.get("/desk/people?lang=en").text
    send(root, "/desk/people/weaken", name="alice")
    assert client.get("/desk").status_code == 302
    assert log_in(site.app.test_client(), "alice", password)


def test_whoever_logged_in_a_while_ago_proves_again_who_they_are(site: Site) -> None:
    client = client_of(site, site.hire())
    with client.session_transaction() as kept:
        kept["fs_paa"] = time() - 16 * 60
    asked = client.get("/desk/wan-register")
    assert asked.location.startswith("/desk/verify")
    with client.get(asked.location) as page:
        assert page.status_code == 200


@pytest.fixture
def host() -> str:
    """Return a name, as no passkey is for a number."""
    return "localhost"


@pytest.fixture
def device(page: Page) -> Page:
    """Give the browser a device that keeps passkeys, and whose owner touches it at once."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    told = {"isUserVerified": True, "automaticPresenceSimulation": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options | told})
    return page


@pytest.mark.parametrize("usage", ["first", "secondary"])
def test_a_passkey_logs_in_instead_of_the_password_or_after_it(served_site: Site, device: Page, usage: str) -> None:
    password = served_site.hire()
    fill(device, password)
    at_the_desk(device)
    device.goto("/desk/wan-register")
    device.locator("#name").fill("laptop")
    device.locator(f"[name=usage][value={usage}]").check()
    device.locator("button").click()
    expect(device.get_by_text("laptop").first).to_be_visible()
    device.locator("form[action='/desk/logout'] button").click()
    if usage == "first":
        device.get_by_role("link", name=ENGLISH["passkey_use"]).click()
    else:
        fill(device, password)
    device.get_by_role("button", name=ENGLISH["passkey_use"]).click()
    at_the_desk(device)
    log: Trail = served_site.app.extensions["audit"]
    assert [one.act for one in log.page(3)] == ["login", "logout", "factor.passkey"]
    device.goto("/desk/account")
    device.get_by_role("button", name=ENGLISH["passkey_delete"]).click()
    expect(device.locator("h1")).to_be_visible()
    device.goto("/desk/account")
    expect(device.get_by_text("laptop")).to_have_count(0)


def fill(page: Page, password: str) -> None:
    page.goto("/desk/login?lang=en")
    page.locator("#name").fill("alice")
    page.locator("#password").fill(password)
    page.keyboard.press("Enter")


@pytest.mark.parametrize(("language", "size"), PAIRS)
def test_axe_finds_nothing_on_ones_own_account(served_site: Site, page: Page, language: str, size: str) -> None:
    seen = looked_at(page, language, size)
    fill(page, served_site.hire())
    at_the_desk(page)
    page.goto(f"/desk/account?lang={language}")
    seen("account")
    for path in ("tf-setup", "mf-recovery-codes", "wan-register", "verify"):
        page.goto(f"/desk/{path}")
        seen(path)
    page.goto("/desk/tf-setup")
    page.locator("button").first.click()
    expect(page.locator(".qr")).to_be_visible()
    seen("tf-setup-code")
    page.goto("/desk/mf-recovery-codes")
    page.locator("button").first.click()
    expect(page.locator(".codes")).to_be_visible()
    seen("recovery-codes")
