"""The page of one call: all that was said and keyed, who served it, what was recorded."""

from secrets import token_urlsafe
from typing import Any, Final

from flask import Blueprint, Response, abort, make_response, render_template

from ivr.console import call_names, call_path, card, sounds
from ivr.console.audit import audit
from ivr.console.golden import golden
from ivr.console.office import Office
from ivr.console.reader import Aside, Reader, reader
from ivr.console.rights import may, needs
from ivr.console.stage import NoTestError
from ivr.flow.events import Event
from ivr.reports.facts import notice
from ivr.reports.search import Wanted
from ivr.reports.story import Story
from ivr.web import POLICY

RELATED: Final = 5
SPEEDS: Final = ("0.75", "1", "1.25", "1.5", "2")


def add(page: Blueprint, given: Office) -> None:
    """Add the paths of one call."""

    @page.get("/<call_id>")
    @needs("calls.see")
    def one(call_id: str) -> Response:
        return _shown(given, call_id)

    @page.post("/<call_id>/number")
    @needs("numbers.unmask")
    def number(call_id: str) -> Response:
        story = _story(given, call_id)
        audit("number.show", "caller", call=story.id)
        return _shown(given, call_id, given.journal.caller(call_id))

    @page.get("/<call_id>/test")
    @needs("calls.see")
    def test(call_id: str) -> Response:
        """Send the call as a page of tests/calls, with practice numbers."""
        story = _story(given, call_id)
        flow = given.menus(story.version) or abort(409, "call_menus_gone")
        if not story.ended_at:
            abort(409, "call_live")
        try:
            made = golden(flow, given.journal.events(call_id), f"A call about {story.matter or 'nothing yet'}")
        except NoTestError:
            abort(409, "call_no_test")
        audit("calls.export", "test", call=call_id)
        name = f"call-{story.started_at.astimezone(flow.zone):%Y%m%d-%H%M%S}.txt"
        told = {"Content-Disposition": f"attachment; filename={name}"}
        return Response(made, mimetype="text/plain; charset=utf-8", headers=told)

    @page.get("/<call_id>/sounds/<sound>")
    @needs("recordings.hear")
    def hear(call_id: str, sound: str) -> Response:
        found = next((one for one in _story(given, call_id).sounds if one.id == sound), None)
        kept = given.messages.find(found.id) if found else None
        return sounds.sent(given, kept, "recording.hear", sound, call_id)


def _shown(given: Office, call_id: str, number: str = "") -> Response:
    """Return the page of a call; with the caller's whole number where that is given."""
    story = _story(given, call_id)
    flow, events = given.flow(), given.journal.events(call_id)
    reads = reader(flow)
    related = given.search.page(Wanted(caller_hash=story.caller_hash), None, RELATED + 1) if story.caller_last4 else []
    told: dict[str, Any] = {"story": story, "facts": given.search.one(call_id), "known": reads.known(events)}
    told |= {"lines": card.whole(flow, events, Aside(reads)), "keyed": card.keyed(flow, events)}
    told |= {"texts": given.texts.of_call(call_id), "notice": notice(events)}
    told |= {"hears": may("recordings.hear"), "number": number}
    told |= {"unmasks": may("numbers.unmask") and bool(story.caller_last4) and not number}
    told |= {"related": [call_names.row(given, other) for other in related if other.call_id != call_id][:RELATED]}
    told |= _way(given, story.version, events, reads)
    told |= {"nonce": token_urlsafe(16), "speeds": SPEEDS}
    page = make_response(render_template("call.html", **told, **call_names.names(given), **call_names.top(given)))
    # The waveform brings a style of its own along, which this one-time word lets in; scripts it does not.
    page.headers["Content-Security-Policy"] = f"{POLICY}; style-src 'self' 'nonce-{told['nonce']}'"
    return page


def _way(given: Office, version: int, events: list[Event], reads: Reader) -> dict[str, Any]:
    """Return the steps of a call, and the menus that it went through with the steps on them, where they can be read."""
    flow = given.menus(version)
    steps = call_path.steps(given.flow(), events, Aside(reads))
    path = call_path.drawn(flow, steps) if flow else None
    return {"steps": steps, "path": path, "names": call_path.named(path)}


def _story(given: Office, call_id: str) -> Story:
    return given.search.story(call_id) or abort(404, "call_none")
