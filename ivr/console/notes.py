"""What an agent writes while they talk: notes, kept as they type, and the case to which the talk belongs."""

from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response, abort

from ivr.console import office
from ivr.console.glance import BUSY
from ivr.console.office import Office, asked, me
from ivr.console.rights import needs
from ivr.desk.keeping import Place

LONGEST: Final = 4_000
LONGEST_TITLE: Final = 120


def acts(page: Blueprint, given: Office, answer: Callable[[], Response]) -> None:
    """Add the paths of notes and cases."""

    @page.post("/note")
    @needs("desk.work")
    def note() -> Response:
        """Keep a draft; the page names the place, as a late one must not become another caller's."""
        place = _place(given)
        if asked().get("line") != place.id:
            abort(409, "not_now")
        given.desk.notes.write(place.id, me(), office.text("note", LONGEST))
        return Response(status=204)

    @page.post("/case")
    @needs("desk.work")
    def case() -> Response:
        """Have the talk belong to a case of the caller (or, if it is "", to none)."""
        place, wanted = _place(given), office.text("case", LONGEST_TITLE)
        if wanted != "" and wanted not in {one.id for one in given.desk.cases.of(place.caller_hash)}:
            abort(400, "choose_case")
        given.desk.cases.put(place.id, me(), wanted)
        return answer()

    @page.post("/case/new")
    @needs("desk.work")
    def new() -> Response:
        place, title = _place(given), office.text("title", LONGEST_TITLE)
        if not title:
            abort(400, "case_title_missing")
        opened = given.desk.cases.open(place.caller_hash, title, me())
        given.desk.cases.put(place.id, me(), opened.id)
        return answer()


def _place(given: Office) -> Place:
    """Return the place that the agent talks on, wraps up or works on; 409 where there is none."""
    agent = office.agent(given)
    place = given.desk.place(agent.line) if agent.line and agent.state in BUSY[1:] else None
    if place is None:
        abort(409, "not_now")
    return place
