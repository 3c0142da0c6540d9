"""The agent's page /desk: state, caller, notes and the waiting line, and the small JSON interface it acts by."""

from typing import Any, Final

from flask import Blueprint, Response, jsonify, render_template, request

from ivr.console import bell, glance, inbox, notes, office, reveal, talk, talks
from ivr.console.glance import Glance
from ivr.console.office import Office, PracticePhone, done, me
from ivr.console.rights import needs
from ivr.console.softphone import mode, softphone
from ivr.console.view import CODES, REASONS, shown

__all__ = ["Office", "console"]

# Drawn anew as they change.
PARTS: Final = ("bell", "caller", "earlier", "cases", "path", "guests", "colleagues", "line")


def console(given: Office) -> Blueprint:
    """Return the blueprint of `/desk`, for agents and supervisors who are logged in."""
    page = office.opened(given)
    _looks(page, given)
    _acts(page, given)
    talk.acts(page, given, lambda: _answer(given))
    notes.acts(page, given, lambda: _answer(given))
    reveal.acts(page, given)
    bell.page(page, given)
    inbox.page(page, given)
    talks.page(page, given)
    if given.practice:
        _phone(page, given, given.practice)
    softphone(page, lambda: office.agent(given).phone, given.practice, given.token)
    return page


def _looks(page: Blueprint, given: Office) -> None:
    @page.get("")
    @needs("desk.work")
    def show() -> str:
        seen = glance.take(given)
        view, words = shown(given, seen), _words(given, seen)
        sound = mode(seen.agent.phone, given.practice, given.token)
        told = {"view": view, "news": _news(given, seen), "now": view.now, "codes": CODES, "sound": sound}
        return render_template("desk.html", **told, **words)

    @page.get("/news")
    @needs("desk.work", look=True)
    def news() -> Response:
        given.desk.presence.saw(me(), ends="ends" in request.args)
        return _answer(given)


def _acts(page: Blueprint, given: Office) -> None:
    desk = given.desk

    @page.post("/available")
    @needs("desk.work")
    def available() -> Response:
        return _moved(given, desk.available(me()))

    @page.post("/away")
    @needs("desk.work")
    def away() -> Response:
        return _moved(given, desk.away(me(), office.one_of("reason", tuple(REASONS))))

    @page.post("/wrap-up")
    @needs("desk.work")
    def wrap_up() -> Response:
        code, note = office.one_of("code", CODES), office.text("note", notes.LONGEST)
        return _moved(given, desk.wrap_up(me(), code, note))

    @page.post("/hang-up")
    @needs("desk.work")
    def hang_up() -> Response:
        given.board.end_talk(me())
        if given.practice:
            given.practice.hang_up(office.agent(given).phone)
        return _answer(given)


def _phone(page: Blueprint, given: Office, practice: PracticePhone) -> None:
    @page.post("/answer")
    @needs("desk.work")
    def answer() -> Response:
        return _moved(given, practice.answer(office.agent(given).phone))


def _moved(given: Office, moved: bool) -> Response:
    """Tell whoever offers callers, and the page how things stand; 409 where they had changed meanwhile."""
    done(moved)
    given.changed()
    return _answer(given)


def _answer(given: Office) -> Response:
    """Return the news, or 304 where there are none; the journal is read only where there are."""
    seen = glance.take(given)
    tag = glance.tag(seen, office.spoken(given.flow()))
    answer = Response(status=304) if tag in request.if_none_match else _drawn(given, seen)
    answer.set_etag(tag)
    answer.headers["X-Now"] = str(given.now().timestamp())
    return answer


def _drawn(given: Office, seen: Glance) -> Response:
    view, words = shown(given, seen), _words(given, seen)
    parts = {name: render_template(f"desk_{name}.html", view=view, now=None, **words) for name in PARTS}
    return jsonify(_news(given, seen) | {"parts": parts})


def _news(given: Office, seen: Glance) -> dict[str, Any]:
    agent, place = seen.agent, seen.place
    told: dict[str, Any] = {"state": agent.state, "reason": agent.reason, "since": agent.since.timestamp()}
    told |= {"line": place.id if place else "", "kind": place.kind if place else "", "work": seen.work}
    told |= {"mine": False, "held": False, "record": "", "guest": "", "guestState": "", "note": ""}
    if place:
        asked = next((one for one in seen.guests if one.kind == "consult" and one.by == agent.id), None)
        told |= {"mine": place.agent == agent.id, "held": place.held, "record": place.record}
        told |= {"guest": asked.id if asked else "", "guestState": asked.state if asked else ""}
        told |= {"note": given.desk.notes.read(place.id, agent.id)}
    return told


def _words(given: Office, seen: Glance) -> dict[str, Any]:
    rung = bell.bell_of(given, seen.agent, seen.place)
    return office.words(given) | {"reasons": REASONS, "bell": rung, "here": "desk"}
