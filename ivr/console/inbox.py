"""The page /desk/inbox: messages and call backs as work, with an owner and a time by which it is due."""

from typing import Any, Final

from flask import Blueprint, Response, abort, render_template, request

from ivr.console import bell, office, sounds
from ivr.console.lists import tasks
from ivr.console.notes import LONGEST
from ivr.console.office import Office, asked, done, me
from ivr.console.rights import needs
from ivr.console.softphone import mode
from ivr.console.view import CODES
from ivr.desk.keeping import Place
from ivr.desk.offers import IDLE
from ivr.flow.numbers import allowed, e164
from ivr.store.crypto import of

FILTERS: Final = ("open", "mine", "done")


def page(pages: Blueprint, given: Office) -> None:
    """Add the inbox, its acts, and the sound of messages."""
    _looks(pages, given)
    _acts(pages, given)
    _rings(pages, given)

    @pages.get("/message")
    @needs("desk.work")
    def message() -> Response:
        """Send a message's sound to whoever it is given to."""
        place = given.desk.place(request.args.get("place", ""))
        if place is None or me() not in (place.owner, place.agent, place.done_by):
            abort(404, "no_message")
        found = given.messages.recorded(place.recording or "")
        return sounds.sent(given, found, "message.hear", place.id, place.call_id)


def _looks(pages: Blueprint, given: Office) -> None:
    @pages.get("/inbox")
    @needs("desk.work")
    def inbox() -> str:
        sound = mode(office.agent(given).phone, given.practice, given.token)
        told = {"filters": FILTERS, "codes": CODES, "sound": sound, "bell": bell.bell(given)}
        return render_template("inbox.html", **told, **_rows(given, given.now().timestamp()))

    @pages.get("/inbox/news")
    @needs("desk.work", look=True)
    def inbox_news() -> Response:
        rows = render_template("inbox_rows.html", **_rows(given, None))
        return office.listed(given, rows=rows, bell=bell.drawn(given))


def _acts(pages: Blueprint, given: Office) -> None:
    inbox = given.desk.inbox

    @pages.post("/inbox/take")
    @needs("desk.work")
    def take() -> Response:
        done(inbox.assign(_work(given).id, me()))
        given.changed()
        return Response(status=204)

    @pages.post("/inbox/give-back")
    @needs("desk.work")
    def give_back() -> Response:
        place = _work(given)
        if place.owner != me():
            abort(409, "not_yours")
        done(inbox.assign(place.id, None))
        given.changed()
        return Response(status=204)

    @pages.post("/inbox/close")
    @needs("desk.work")
    def close() -> Response:
        place, code = _work(given), office.one_of("code", CODES)
        if place.owner != me():
            abort(409, "not_yours")
        done(inbox.close(place.id, me(), code, office.text("note", LONGEST)))
        return Response(status=204)


def _rings(pages: Blueprint, given: Office) -> None:
    @pages.post("/inbox/ring")
    @needs("desk.work")
    def ring() -> Response:
        """Ring the agent's own phone, and then the caller back."""
        place = _work(given)
        if place.owner not in (me(), None) or place.state != "waiting":
            abort(409, "not_yours")
        if office.agent(given).state not in IDLE:
            abort(409, "ring_not_free")
        if not given.desk.rings(place.queue, given.now()):
            abort(409, "ring_hours")
        number = _rung(given, place.call_id) if place.kind == "message" else ""
        due = given.desk.inbox.back(place.id, me(), number, of(given.desk.engine).hash(number))
        if due is None:
            abort(409, "ring_already")
        given.board.ring(given.desk.offers.pick(due, me()) or abort(409, "ring_not_free"))
        return Response(status=204)


def _work(given: Office) -> Place:
    wanted = asked().get("place")
    found = given.desk.place(wanted) if isinstance(wanted, str) else None
    if found is None or found.kind == "call":
        abort(404, "no_message")
    return found


def _rung(given: Office, call_id: str) -> str:
    """Return the number that called, in E.164; 409 where it is withheld, or none that we may ring."""
    home = given.flow().hotline
    number = e164(given.journal.caller(call_id), home.number)
    return number if number and allowed(number, home.callbacks.prefixes) else abort(409, "ring_nobody")


def _which() -> str:
    asked_for = request.args.get("show", "")
    return asked_for if asked_for in FILTERS else FILTERS[0]


def _rows(given: Office, now: float | None) -> dict[str, Any]:
    which = _which()
    found = given.desk.inbox.work(me() if which == "mine" else None, open=which != "done")
    return office.words(given) | {"tasks": tasks(given, found), "now": now, "which": which}
