"""What an agent does to a talk: hold, send on, ask somebody, hand over, escalate, pause the recording."""

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Response, abort

from ivr.console import office
from ivr.console.office import Office, asked, done, me
from ivr.console.rights import needs
from ivr.desk.guests import Guest

LONGEST: Final = 64
Answer = Callable[[], Response]


def acts(page: Blueprint, given: Office, answer: Answer) -> None:
    """Add the paths of a talk; each answers with the news."""
    _alone(page, given, answer)
    _onward(page, given, answer)
    _guests(page, given, answer)


def _alone(page: Blueprint, given: Office, answer: Answer) -> None:
    @page.post("/hold")
    @needs("desk.work")
    def hold() -> Response:
        done(given.board.hold(office.talk(given).id, office.switch()))
        return answer()

    @page.post("/record")
    @needs("desk.work")
    def record() -> Response:
        place = office.talk(given)
        if not place.record:
            abort(409, "not_now")
        done(given.board.record(place.id, office.switch()))
        return answer()


def _onward(page: Blueprint, given: Office, answer: Answer) -> None:
    @page.post("/transfer")
    @needs("desk.work")
    def transfer() -> Response:
        place = office.talk(given)
        _rung(lambda: given.board.transfer(place.id, **_target(given, ("queue", "agent", "number"))))
        return answer()

    @page.post("/escalate")
    @needs("desk.work")
    def escalate() -> Response:
        done(given.board.escalate(office.talk(given).id))
        return answer()

    @page.post("/consult")
    @needs("desk.work")
    def consult() -> Response:
        place = office.talk(given)
        if any(guest.kind == "consult" for guest in given.desk.guests.of(place.id)):
            abort(409, "asked_already")
        _rung(lambda: given.board.consult(place.id, me(), **_target(given, ("agent", "number"))))
        return answer()


def _guests(page: Blueprint, given: Office, answer: Answer) -> None:
    @page.post("/consult/<any(complete, join, drop):way>")
    @needs("desk.work")
    def settle(way: str) -> Response:
        guest, board = _guest(given), given.board
        ways = {"complete": board.complete, "join": board.join_all, "drop": board.drop}
        if way != "drop" and guest.state != "talking":
            abort(409, "guest_rings")
        done(ways[way](guest.id))
        return answer()


def _guest(given: Office) -> Guest:
    """Return the guest whom the agent asked into their talk; 409 where there is none."""
    place = office.talk(given)
    found = next((one for one in given.desk.guests.of(place.id) if one.kind == "consult" and one.by == me()), None)
    if found is None:
        abort(409, "not_now")
    return found


def _target(given: Office, kinds: tuple[str, ...]) -> dict[str, Any]:
    """Return whom the caller is to be sent to, or who is to be asked; 400 where that is nobody."""
    kind, to = office.one_of("kind", kinds), asked().get("to", "")
    if not isinstance(to, str) or not to.strip() or len(to) > LONGEST:
        abort(400, "choose_target")
    if kind == "queue" and to not in given.flow().queues:
        abort(400, "choose_target")
    if kind == "agent" and (to == me() or given.desk.agent(to) is None):
        abort(400, "choose_target")
    return {kind: to.strip()}


def _rung(ring: Callable[[], object]) -> None:
    """Do it; 400 where the number may not be rung, 409 where nobody is to be had."""
    try:
        result = ring()
    except ValueError:
        abort(400, "number_refused")
    if result is False or result is None:
        abort(409, "nobody_free")
