"""The agent's page /desk: state, caller, notes and the waiting line, and the small JSON interface it acts by."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for
from flask_security import current_user
from flask_wtf import CSRFProtect
from werkzeug.exceptions import HTTPException

from ivr.console.login import admitted
from ivr.console.softphone import Token, mode, softphone
from ivr.console.texts import TEXTS, language
from ivr.console.view import CODES, REASONS, View, caller, queues
from ivr.desk.keeping import AgentState, Desk
from ivr.flow.flow import Flow
from ivr.store.journal import Journal
from ivr.web import guarded

LARGEST: Final = 20_000
LONGEST_NOTE: Final = 4_000
LOOKS: Final = ("desk.news", "desk.sound", "desk.mine")  # that a page does by itself, so that they are no acts
PARTS: Final = ("caller", "path", "line")  # that are drawn anew as they change, each by its template


class PracticePhone(Protocol):
    """Agents' phones at the practice carrier, by address (`client:alice`)."""

    def answer(self, address: str) -> bool:
        """Pick up what rings there and take the caller; False where nothing rings."""

    def hang_up(self, address: str) -> object:
        """Refuse what rings there, or end the talk."""

    def sound(self, address: str, told: Mapping[str, Any]) -> dict[str, Any]:
        """Link the agent's browser with those whom this phone talks to; ValueError for what no page of ours tells."""


@dataclass(frozen=True, slots=True)
class Office:
    """What the agents' page needs; `changed` is told when an agent is free, so that a caller is offered at once."""

    desk: Desk
    journal: Journal
    flow: Callable[[], Flow]
    now: Callable[[], datetime]
    changed: Callable[[], object]
    forgery: CSRFProtect
    practice: PracticePhone | None = None
    token: Token | None = None


def console(office: Office) -> Blueprint:
    """Return the blueprint of `/desk`, for agents who are logged in."""
    page = Blueprint("desk", __name__, url_prefix="/desk", template_folder="templates")
    page.before_request(lambda: _guard(office))
    page.after_request(guarded)
    page.register_error_handler(HTTPException, _refusal)
    _looks(page, office)
    _acts(page, office)
    if office.practice:
        _phone(page, office, office.practice)
    softphone(page, lambda: _agent(office).phone, office.practice, office.token)
    return page


def _guard(office: Office) -> Any:
    request.max_content_length = LARGEST
    if current_user.is_authenticated and not current_user.has_role("agent"):
        abort(403, "this page is for agents")
    if not admitted(office.now(), request.endpoint not in LOOKS):
        if request.endpoint == "desk.show":
            return redirect(url_for("security.login"))
        abort(401, "log in first")
    if request.method == "POST":
        office.forgery.protect()
        if not request.is_json:
            abort(415, "send application/json")
    return None


def _refusal(error: HTTPException) -> tuple[Response, int]:
    return jsonify(error=error.description), error.code or 500


def _looks(page: Blueprint, office: Office) -> None:
    @page.get("")
    def show() -> str:
        view, words = _view(office), _words(office)
        sound = mode(view.agent.phone, office.practice, office.token)
        return render_template(
            "desk.html", view=view, news=_news(view), now=view.now, codes=CODES, sound=sound, **words
        )

    @page.get("/news")
    def news() -> Response:
        return _answer(office)


def _acts(page: Blueprint, office: Office) -> None:
    desk = office.desk

    @page.post("/available")
    def available() -> Response:
        return _done(office, desk.available(_me().name))

    @page.post("/away")
    def away() -> Response:
        return _done(office, desk.away(_me().name, _one_of("reason", tuple(REASONS))))

    @page.post("/wrap-up")
    def wrap_up() -> Response:
        note = _json().get("note", "")
        if not isinstance(note, str) or len(note) > LONGEST_NOTE:
            abort(400, f"a note has at most {LONGEST_NOTE} letters")
        return _done(office, desk.wrap_up(_me().name, _one_of("code", CODES), note.strip()))


def _phone(page: Blueprint, office: Office, practice: PracticePhone) -> None:
    @page.post("/answer")
    def answer() -> Response:
        return _done(office, practice.answer(_agent(office).phone))

    @page.post("/hang-up")
    def hang_up() -> Response:
        practice.hang_up(_agent(office).phone)
        return _answer(office)


def _done(office: Office, moved: bool) -> Response:
    """Tell whoever offers callers, and the page how things stand; 409 where they had changed meanwhile."""
    if not moved:
        abort(409, "the state has changed")
    office.changed()
    return _answer(office)


def _answer(office: Office) -> Response:
    """Return the news, or 304 where there are none."""
    view = _view(office)
    words, told = _words(office), _news(view)
    parts = {name: render_template(f"desk_{name}.html", view=view, now=None, **words) for name in PARTS}
    answer = jsonify(told | {"parts": parts})
    answer.add_etag()
    answer.headers["X-Now"] = str(view.now)
    answer.make_conditional(request)
    return answer


def _view(office: Office) -> View:
    agent, flow = _agent(office), office.flow()
    mine = agent.line and agent.state in ("ringing", "talking", "wrapping") and office.desk.place(agent.line)
    spoken = _language(flow)
    shown = caller(flow, spoken, agent, mine, office.journal.events(mine.call_id)) if mine else None
    return View(agent, shown, queues(flow, spoken, office.desk.waiting()), office.now().timestamp())


def _news(view: View) -> dict[str, Any]:
    agent = view.agent
    return {"state": agent.state, "reason": agent.reason, "since": agent.since.timestamp(), "line": agent.line or ""}


def _words(office: Office) -> dict[str, Any]:
    return {"t": TEXTS[language()], "language": language(), "reasons": REASONS, "practice": bool(office.practice)}


def _language(flow: Flow) -> str:
    """Return the hotline's language that is nearest to the page's."""
    return next((one for one in flow.words if one.startswith(language())), flow.base)


def _me() -> Any:
    return current_user


def _agent(office: Office) -> AgentState:
    agent = office.desk.agent(_me().name)
    if agent is None:
        abort(403, "you are no agent of this hotline")
    return agent


def _json() -> dict[str, Any]:
    asked = request.get_json()
    if not isinstance(asked, dict):
        abort(400, "send a JSON object")
    return asked


def _one_of(name: str, allowed: tuple[str, ...]) -> str:
    value = _json().get(name)
    if not isinstance(value, str) or value not in allowed:
        abort(400, f"{name} is one of {', '.join(allowed)}")
    return value
