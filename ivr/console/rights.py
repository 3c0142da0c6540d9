"""Who may do what: each page declares the one right that it needs, and a page without any is refused."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeVar

from flask import Flask, abort, current_app, redirect, request, url_for
from flask_security import current_user
from werkzeug.wrappers import Response

from ivr.console.menu import home
from ivr.console.sessions import admitted
from ivr.store.roles import OWN, RIGHTS

View = TypeVar("View", bound=Callable[..., object])
CHANGE: Final = "security.change_password"
FRONT: Final = "desk.show"  # Who has nothing to do there is led to where they have.
# Pages without which nobody could log in, and what they are drawn with.
PUBLIC: Final = frozenset({"security.login", "security.logout", "security.static", "static", "web.file"})
# Flask-Security's own pages, on which nothing can be declared.
THEIRS: Final = {CHANGE: OWN, "security.verify": OWN}


def may(right: str) -> bool:
    """Tell whether who asks has this right."""
    return bool(current_user.is_authenticated and current_user.has_permission(right))


def needs(right: str, look: bool = False) -> Callable[[View], View]:
    """Declare the right that a page needs; with `look`, the page asks for it by itself, so that it is no act.

    It stands below the route. Raise ValueError for a right that no role has.
    """
    if right not in RIGHTS:
        raise ValueError(f"no role has the right {right}")

    def declared(view: View) -> View:
        view.__dict__.update(right=right, look=look)
        return view

    return declared


def needed(app: Flask, endpoint: str) -> str | None:
    """Return the right that a page needs, "" for one that is public, and None where none is declared."""
    if endpoint in PUBLIC:
        return ""
    right: str | None = getattr(app.view_functions[endpoint], "right", None)
    return right or THEIRS.get(endpoint)


def enforce(app: Flask, now: Callable[[], datetime]) -> None:
    """Have every request of the application be refused unless who asks has the right that its page needs."""
    app.before_request(lambda: _refusal(request.endpoint, now()))


def _refusal(endpoint: str | None, now: datetime) -> Response | None:
    """Return where else to go, or None to go on; 401 and 403 where there is no way on."""
    if endpoint is None or (right := needed(current_app, endpoint)) == "":
        return None  # There is no such page, or it is public.
    look = getattr(current_app.view_functions[endpoint], "look", False)
    page = request.method == "GET" and not look
    if not admitted(now, not look):
        return redirect(url_for("security.login")) if page else abort(401, "log in first")
    if current_user.one_time_until and endpoint != CHANGE:
        return redirect(url_for(CHANGE)) if page else abort(403, "one_time")
    if right and may(right):
        return None
    return redirect(home(may)) if endpoint == FRONT else abort(403, "no_right")
