"""Logging in by the company's own accounts: a small OpenID provider, over real HTTP, that can be told to lie."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask, Response, jsonify, redirect, request
from flask.testing import FlaskClient

from ivr.carrier.rehearsal import served
from ivr.console.sso import Provider, sso
from ivr.console.texts import TEXTS
from ivr.settings import SettingsError, read
from ivr.store.audit import Trail
from tests.desk_site import Clock, Site, desk_site, hired
from tests.world import free_port

OURS = "http://127.0.0.1:8000"
KEY, OTHER = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


@dataclass
class Company:
    """The provider: who is logged in there, what is asked of it, and what it claims otherwise than it should."""

    url: str
    name: str = "alice"
    key: rsa.RSAPrivateKey = KEY
    algorithm: str = "RS256"
    claims: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    issuer: str = ""

    def app(self) -> Flask:
        """Return it as an application."""
        app = Flask("company")

        @app.get("/.well-known/openid-configuration")
        def discovery() -> Response:
            told = {name: f"{self.url}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
            algorithms = ["RS256"]
            return jsonify(issuer=self.issuer or self.url, id_token_signing_alg_values_supported=algorithms, **told)

        @app.get("/jwks_uri")
        def keys() -> Response:
            public = jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
            return jsonify(keys=[public | {"kid": "one", "use": "sig", "alg": "RS256"}])

        @app.get("/authorization_endpoint")
        def authorize() -> Any:
            self.asked["a-code"] = request.args.to_dict()
            return redirect(
                f"{request.args['redirect_uri']}?{urlencode({'code': 'a-code', 'state': request.args['state']})}"
            )

        @app.post("/token_endpoint")
        def token() -> Any:
            asked = self.asked.pop(request.form["code"], None)
            told = request.authorization
            digest = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
            proven = asked and asked["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            known = told and (told.username, told.password) == ("hotline", "a secret")
            if not asked or not proven or not known or request.form["redirect_uri"] != asked["redirect_uri"]:
                return jsonify(error="invalid_grant"), 400
            claims = {"iss": self.url, "aud": "hotline", "sub": "1", "exp": time() + 60, "iat": time()}
            claims |= {"nonce": asked["nonce"], "preferred_username": self.name} | self.claims
            key = None if self.algorithm == "none" else self.key
            signed = jwt.encode(claims, key, self.algorithm, headers={"kid": "one"})
            return jsonify(access_token="unused", token_type="Bearer", id_token=signed)

        return app


@pytest.fixture
def company() -> Iterator[Company]:
    port = free_port()
    made = Company(f"http://127.0.0.1:{port}")
    with served(made.app(), port):
        yield made


@pytest.fixture
def site(tmp_path: Path, company: Company) -> Iterator[Site]:
    made = desk_site(tmp_path, OURS, Clock())
    provider = Provider(company.url, "hotline", "a secret")
    made.app.register_blueprint(sso(made.app, made.staff.people, OURS, provider))
    yield made
    made.close()


def led(client: FlaskClient) -> str:
    """Go to the provider; return the path by which it sends the browser back."""
    there = client.get("/desk/sso").location
    back = requests.get(there, allow_redirects=False, timeout=5).headers["Location"]
    assert back.startswith(f"{OURS}/desk/sso/back?")
    return back.removeprefix(OURS)


def test_whom_the_company_vouches_for_is_let_in(site: Site, company: Company) -> None:
    hired(site.app, site.staff)
    client = site.app.test_client()
    assert TEXTS["en"]["sso_use"].replace("'", "&#39;") in client.get("/desk/login?lang=en").text
    assert client.get(led(client)).location == "/desk"
    assert client.get("/desk").status_code == 200
    log: Trail = site.app.extensions["audit"]
    assert (log.page(1)[0].act, log.page(1)[0].detail) == ("login", '{"by": ["sso"]}')


def test_what_is_asked_is_bound_to_the_browser_and_to_this_once(site: Site) -> None:
    asked = parse_qs(urlsplit(site.app.test_client().get("/desk/sso").location).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["scope"] == ["openid profile"]
    assert all(len(asked[name][0]) >= 20 for name in ("state", "nonce", "code_challenge"))


def test_whoever_comes_by_the_company_needs_no_password_of_ours(site: Site) -> None:
    with site.app.app_context():
        site.staff.hire("alice")
    client = site.app.test_client()
    client.get(led(client))
    assert client.get("/desk").status_code == 200


@pytest.mark.parametrize("name", ["mallory", "", "alice\0", None, 7, ["alice"], "barred"])
def test_whoever_is_not_here_is_not_let_in(site: Site, company: Company, name: object) -> None:
    hired(site.app, site.staff)
    hired(site.app, site.staff, "barred")
    with site.app.app_context():
        site.staff.bar("barred")
    company.claims = {"preferred_username": name}
    client = site.app.test_client()
    answer = client.get(led(client))
    assert (answer.status_code, client.get("/desk").location) == (403, "/desk/login")


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "another"},
        {"aud": "somebody else"},
        {"iss": "https://evil.example.com"},
        {"exp": time() - 3600},
    ],
    ids=["nonce", "audience", "issuer", "expired"],
)
def test_a_token_that_was_not_made_for_this_is_refused(site: Site, company: Company, lie: dict[str, Any]) -> None:
    hired(site.app, site.staff)
    company.claims, client = lie, site.app.test_client()
    assert client.get(led(client)).status_code == 403
    assert client.get("/desk").location == "/desk/login"


@pytest.mark.parametrize("forged", ["another key", "no signature"])
def test_a_token_that_the_company_did_not_sign_is_refused(site: Site, company: Company, forged: str) -> None:
    hired(site.app, site.staff)
    company.key, company.algorithm = OTHER, "none" if forged == "no signature" else "RS256"
    client = site.app.test_client()
    assert client.get(led(client)).status_code == 403
    assert client.get("/desk").location == "/desk/login"


def test_an_answer_for_another_browser_or_a_second_time_is_refused(site: Site) -> None:
    hired(site.app, site.staff)
    client, thief = site.app.test_client(), site.app.test_client()
    back = led(client)
    assert thief.get(back).status_code == 403
    led(thief)
    assert thief.get(back).status_code == 403, "the state is the other's"
    fresh = led(client)
    assert client.get(fresh).location == "/desk"
    assert client.get(fresh).status_code == 403
    for path in ("/desk/sso/back", "/desk/sso/back?code=a-code&state=x", "/desk/sso/back?error=access_denied&state=x"):
        assert thief.get(path).status_code == 403


def test_a_provider_that_is_away_lets_nobody_in_and_breaks_nothing(tmp_path: Path) -> None:
    made = desk_site(tmp_path, OURS, Clock())
    nowhere = Provider(f"http://127.0.0.1:{free_port()}", "hotline", "a secret")
    made.app.register_blueprint(sso(made.app, made.staff.people, OURS, nowhere))
    assert made.app.test_client().get("/desk/sso").status_code == 403
    made.close()


@pytest.mark.parametrize(
    "given",
    [
        {"OIDC_ISSUER": "https://login.example.com"},
        {"OIDC_CLIENT_ID": "hotline"},
        {"OIDC_CLIENT_ID": "hotline", "OIDC_CLIENT_SECRET": "a secret"},
        {"OIDC_ISSUER": "http://login.example.com", "OIDC_CLIENT_ID": "hotline", "OIDC_CLIENT_SECRET": "a secret"},
    ],
)
def test_half_a_provider_or_one_in_the_clear_is_refused(tmp_path: Path, given: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="OIDC_"):
        read(given, tmp_path)
