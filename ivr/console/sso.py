"""Logging in by the company's own accounts (OpenID Connect), for people who are here already."""

from dataclasses import dataclass
from typing import Any, Final

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, Flask, Response, current_app, redirect, render_template, session
from flask_security import login_user
from joserfc.errors import JoseError
from requests import RequestException

from ivr.console.doorkeeper import Doorkeeper
from ivr.console.texts import TEXTS, language
from ivr.store.people import NAME, People
from ivr.web import guarded

SECONDS: Final = 5


@dataclass(frozen=True, slots=True)
class Provider:
    """Who vouches for people: its issuer's address, what we are called there, and the claim that is a person's name."""

    issuer: str
    client: str
    secret: str
    claim: str = "preferred_username"


def sso(app: Flask, people: People, url: str, provider: Provider) -> Blueprint:
    """Return the blueprint of `/desk/sso`; `url` is how browsers reach us."""
    app.config["SSO"] = True  # The door shows the way.
    client = OAuth(app).register(
        "sso",
        client_id=provider.client,
        client_secret=provider.secret,
        server_metadata_url=f"{provider.issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile", "code_challenge_method": "S256", "default_timeout": SECONDS},
    )
    page = Blueprint("sso", __name__, url_prefix="/desk/sso", template_folder="templates")
    page.after_request(guarded)

    @page.get("")
    def begin() -> Any:
        try:
            return client.authorize_redirect(f"{url}/desk/sso/back")
        except (OAuthError, RequestException, RuntimeError, ValueError) as error:
            return _refused("sso_failed", fault=type(error).__name__)

    @page.get("/back")
    def back() -> Any:
        """Let in whom the provider vouches for, where it answers what we asked, in this browser, just now."""
        issuer = {"essential": True, "value": provider.issuer}
        try:
            claims = client.authorize_access_token(claims_options={"iss": issuer}).get("userinfo") or {}
        except (OAuthError, JoseError, RequestException, RuntimeError, ValueError, KeyError) as error:
            return _refused("sso_failed", fault=type(error).__name__)
        name = claims.get(provider.claim)
        person = people.find(name) if isinstance(name, str) and NAME.fullmatch(name.lower()) else None
        if person is None or not person.active:
            return _refused("sso_nobody", name=str(name)[:64])
        spoken = language()
        session.clear()
        session.update(language=spoken, sso=True)
        login_user(person, authn_via=["sso"])
        return redirect("/desk")

    return page


def _refused(why: str, **told: str) -> tuple[str, int] | Response:
    """Say why nobody is let in, and write it down."""
    keeper: Doorkeeper = current_app.extensions["doorkeeper"]
    keeper.refused("login.sso", "", refused=why, **told)
    words = TEXTS[language()]
    return render_template("refused.html", why=words[why], t=words, language=language()), 403
