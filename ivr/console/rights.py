"""Who may do what: each page declares the one right that it needs, and a page without any is refused."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeVar

from flask import Flask, abort, current_app, redirect, request, session, url_for
from flask_security import current_user
from werkzeug.wrappers import Response

from ivr.console.menu import home
from ivr.console.sessions import admitted
from ivr.desk.keeping import Desk
from ivr.store.roles import OWN, RIGHTS

View = TypeVar("View", bound=Callable[..., object])
CHANGE: Final = "security.change_password"
ACCOUNT: Final = "account.show"
LARGEST: Final = 20_000  # bytes
FILE: Final = "application/octet-stream"  # A file alone, of which nothing is read before it is known who sends it.
DESK: Final = "desk.work"
FRONT: Final = "desk.show"  # Who has nothing to do there is led to where they have.
# Pages without which nobody could log in, and what they are drawn with.
PUBLIC: Final = frozenset(
    {
        "security.login",
        "security.logout",
        "security.static",
        "static",
        "web.file",
        # The second half of logging in, which itself asks for the first.
        "security.tf_select",
        "security.two_factor_token_validation",
        "security.two_factor_rescue",
        "security.mf_recovery",
        "security.wan_signin",
        "security.wan_signin_response",
        "sso.begin",
        "sso.back",
    }
)
# Flask-Security's own pages, on which nothing can be declared: one's password and one's second factors.
FACTORS: Final = frozenset(
    f"security.{name}"
    for name in (
        "verify",
        "two_factor_setup",
        "two_factor_setup_validate",
        "mf_recovery_codes",
        "wan_register",
        "wan_register_response",
        "wan_delete",
        "wan_verify",
        "wan_verify_response",
    )
)


def may(right: str) -> bool:
    """Tell whether who asks has this right."""
    return bool(current_user.is_authenticated and current_user.has_permission(right))


def needs(right: str, look: bool = False, most: int = LARGEST) -> Callable[[View], View]:
    """Declare the right that a page needs; with `look`, the page asks for it by itself, so that it is no act.

    `most` are the bytes that can be sent to it as a file or as JSON, not in a form. It stands below the route. Raise
    ValueError for a right that no role has.
    """
    if right not in RIGHTS:
        raise ValueError(f"no role has the right {right}")

    def declared(view: View) -> View:
        view.__dict__.update(right=right, look=look, most=most)
        return view

    return declared


def needed(app: Flask, endpoint: str) -> str | None:
    """Return the right that a page needs, "" for one that is public, and None where none is declared."""
    if endpoint in PUBLIC:
        return ""
    right: str | None = getattr(app.view_functions[endpoint], "right", None)
    return right or (OWN if endpoint in FACTORS | {CHANGE} else None)


def enforce(app: Flask, now: Callable[[], datetime], desk: Desk) -> None:
    """Have every request of the application be refused unless who asks has the right that its page needs."""
    app.before_request(_plain)
    app.before_request(lambda: _refusal(request.endpoint, now(), desk))


def _plain() -> None:
    """Refuse what is too large, JSON where Flask-Security would take it for a form, and what no database takes."""
    view, whole = current_app.view_functions.get(request.endpoint or ""), request.is_json or request.mimetype == FILE
    request.max_content_length = getattr(view, "most", LARGEST) if whole else LARGEST
    if request.blueprint == "security" and request.is_json:
        abort(415, "send a form")
    if None in request.form:  # A part of a form without a name, over which the check against forgery would fall.
        abort(400, "a field has no name")
    told = [*request.values.values(), *(str(value) for value in (request.view_args or {}).values())]
    if any("\0" in value for value in told) or (request.is_json and b"\\u0000" in request.get_data()):
        abort(400, "there is no such character")


def _refusal(endpoint: str | None, now: datetime, desk: Desk) -> Response | None:
    """Return where else to go, or None to go on; 401 and 403 where there is no way on."""
    if endpoint is None or (right := needed(current_app, endpoint)) == "":
        return None  # There is no such page, or it is public.
    look = getattr(current_app.view_functions[endpoint], "look", False)
    page = request.method == "GET" and not look
    if not admitted(now, not look, desk, right == DESK):
        return redirect(url_for("security.login")) if page else abort(401, "log in first")
    if first := _first(endpoint):
        return redirect(url_for(first)) if page else abort(403, "first")
    if right and may(right):
        return None
    return redirect(home(may)) if endpoint == FRONT else abort(403, "no_right")


def _first(endpoint: str) -> str | None:
    """Return the page on which somebody has to do something before they may go elsewhere; None where there is none."""
    if current_user.one_time_until and not session.get("sso"):  # Whoever comes by the company needs no password here.
        return None if endpoint == CHANGE else CHANGE
    if current_user.owes_factor():
        return None if endpoint in FACTORS | {CHANGE, ACCOUNT} else ACCOUNT
    return None
