"""What the pages of agents and supervisors need, and what every request of theirs goes through."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from flask import Blueprint, Response, abort, jsonify, render_template, request
from flask_security import current_user
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from ivr.console import emergencies
from ivr.console.menu import entries
from ivr.console.rights import may
from ivr.console.softphone import Token
from ivr.console.texts import TEXTS, language
from ivr.desk.guests import Mode
from ivr.desk.keeping import AgentState, Desk, Offer, Place
from ivr.flow import names
from ivr.flow.flow import Flow
from ivr.reports.search import Search
from ivr.store.journal import Journal
from ivr.store.messages import Messages
from ivr.store.texts import Texts
from ivr.store.vault import Vault
from ivr.web import guarded


class PracticePhone(Protocol):
    """Agents' phones at the practice carrier, by address (`client:alice`)."""

    def answer(self, address: str) -> bool:
        """Pick up what rings there and take the caller; False where nothing rings."""

    def hang_up(self, address: str) -> object:
        """Refuse what rings there, or end the talk."""

    def sound(self, address: str, told: Mapping[str, Any]) -> dict[str, Any]:
        """Link the agent's browser with those whom this phone talks to; ValueError for what no page of ours tells."""


class Board(Protocol):
    """The switchboard: what can be done to a talk; `place` and `guest` are ids.

    Each does it once, however often it is asked, and returns False where things had changed meanwhile; an outside
    number that may not be rung makes ValueError.
    """

    def ring(self, made: Offer) -> object:
        """Ring an agent for an offer."""

    def end_talk(self, agent: str) -> object:
        """Have an agent end their talk: a phone in the browser that just goes is taken for lost."""

    def hold(self, place: str, on: bool) -> object:
        """Play music to the caller, or let them talk again."""

    def record(self, place: str, on: bool) -> object:
        """Go on recording, or pause it for three minutes at most."""

    def transfer(self, place: str, *, queue: str = "", agent: str = "", number: str = "", level: int = 0) -> object:
        """Send the caller on, to be served there."""

    def escalate(self, place: str) -> object:
        """Send the caller on to an agent of a higher level."""

    def consult(self, place: str, by: str, *, agent: str = "", number: str = "") -> object:
        """Ask somebody into the talk while the caller hears music."""

    def complete(self, guest: str) -> object:
        """Hand the caller over to who was asked."""

    def join_all(self, guest: str) -> object:
        """Let the caller hear both."""

    def drop(self, guest: str) -> object:
        """Let a guest go."""

    def monitor(self, place: str, who: str, phone: str, mode: Mode) -> object:
        """Ring a supervisor, who then hears the talk."""

    def mode(self, guest: str, mode: Mode) -> object:
        """Let a supervisor be heard by nobody, by the agent, or by both."""


@dataclass(frozen=True, slots=True)
class Office:
    """What the pages need; `changed` is told when an agent is free, `folder` holds prompts, `vault` what was recorded.

    `menus` gives the flow of a version, None for one that this program can no longer read.
    """

    desk: Desk
    journal: Journal
    messages: Messages
    texts: Texts
    search: Search
    folder: Path
    vault: Vault
    board: Board
    flow: Callable[[], Flow]
    menus: Callable[[int], Flow | None]
    now: Callable[[], datetime]
    changed: Callable[[], object]
    forgery: CSRFProtect
    practice: PracticePhone | None = None
    token: Token | None = None


def opened(office: Office) -> Blueprint:
    """Return the blueprint of `/desk`, as yet without pages; each declares the right that it needs."""
    page = Blueprint("desk", __name__, url_prefix="/desk", template_folder="templates")
    page.before_request(lambda: _guard(office.forgery))
    page.after_request(guarded)
    page.register_error_handler(HTTPException, _refusal)
    page.register_error_handler(TimeoutError, _late)
    return page


def formed(name: str, office: Office, module: str = __name__, path: str = "") -> Blueprint:
    """Return the blueprint of `/desk/NAME`, or of another path there, as yet without pages, whose acts are plain forms.

    Its templates lie beside the module.
    """
    page = Blueprint(name, module, url_prefix=f"/desk/{path or name}", template_folder="templates")
    page.before_request(lambda: _shielded(office.forgery))
    page.after_request(guarded)

    @page.errorhandler(HTTPException)
    def refusal(error: HTTPException) -> tuple[str, int]:
        return render_template("refused.html", why=refused(error), **words(office)), error.code or 500

    return page


def refused(error: HTTPException) -> str:
    """Return why something was refused, in the reader's language where there are words for it."""
    t, why = TEXTS[language()], error.description or ""
    standard = why == type(error).description or isinstance(error, CSRFError)
    return t.get(f"refused_{error.code}", why) if standard else t.get(why, why)


def me() -> str:
    """Return the name of who asks."""
    name: str = current_user.name
    return name


def agent(office: Office) -> AgentState:
    """Return the agent who asks."""
    found = office.desk.agent(me())
    if found is None:
        abort(403, "you are no agent of this hotline")
    return found


def talk(office: Office) -> Place:
    """Return the place on which who asks talks with a caller of their own; 409 where they do not."""
    found = agent(office)
    place = office.desk.place(found.line) if found.line and found.state == "talking" else None
    if place is None or place.state != "talking" or place.agent != found.id:
        abort(409, "not_now")
    return place


def done(moved: object) -> None:
    """End the request with 409 where things had changed meanwhile."""
    if moved is False or moved is None:
        abort(409, "not_now")


def asked() -> dict[str, Any]:
    """Return what the page sent."""
    sent = request.get_json()
    if not isinstance(sent, dict):
        abort(400, "send a JSON object")
    return sent


def text(name: str, most: int) -> str:
    """Return a text that the page sent, "" where it sent none; 400 where it is longer."""
    value = asked().get(name, "")
    if not isinstance(value, str) or len(value) > most:
        abort(400, f"{name} has at most {most} letters")
    return value.strip()


def one_of(name: str, allowed: tuple[str, ...]) -> str:
    """Return a word that the page sent; 400 where it is none of these."""
    value = asked().get(name)
    if not isinstance(value, str) or value not in allowed:
        abort(400, f"{name} is one of {', '.join(allowed)}")
    return value


def switch(name: str = "on") -> bool:
    """Return a yes or no that the page sent."""
    value = asked().get(name)
    if not isinstance(value, bool):
        abort(400, f"{name} is true or false")
    return value


def words(office: Office) -> dict[str, Any]:
    """Return what every template is told."""
    spoken = language()
    told = {"t": TEXTS[spoken], "language": spoken, "practice": bool(office.practice), "entries": entries(may)}
    if not current_user.is_authenticated:
        return told | {"me": "", "emergencies": []}
    return told | {"me": me(), "emergencies": emergencies.notices(office.flow(), office.now(), spoken)}


def listed(office: Office, **parts: str) -> Response:
    """Answer with the parts of a page that are kept up to date; 304 where they are as the page has them."""
    answer = jsonify(parts=parts)
    answer.add_etag()
    answer.headers["X-Now"] = str(office.now().timestamp())
    answer.make_conditional(request)
    return answer


def spoken(flow: Flow) -> str:
    """Return the hotline's language that is nearest to the page's."""
    return names.spoken(flow, language())


def _shielded(forgery: CSRFProtect) -> None:
    if request.method == "POST":
        forgery.protect()


def _guard(forgery: CSRFProtect) -> None:
    _shielded(forgery)
    if request.method == "POST" and not request.is_json:
        abort(415, "send application/json")


def _refusal(error: HTTPException) -> tuple[Response, int]:
    """Tell why not, in the reader's language where there are words for it."""
    return jsonify(error=refused(error)), error.code or 500


def _late(error: TimeoutError) -> tuple[Response, int]:
    """Tell that the carrier has not answered in time; it may yet do what was asked, and the page then shows it."""
    return jsonify(error=TEXTS[language()]["carrier_slow"]), 504
