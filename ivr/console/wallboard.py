"""The page /desk/wallboard: how things stand now and today, told to browsers as it changes, by server-sent events."""

from collections.abc import Callable, Iterator
from threading import BoundedSemaphore, Event
from typing import Any, Final

from flask import Blueprint, Response, current_app, render_template, request

from ivr.console import bell, emergencies, office
from ivr.console.office import Office
from ivr.console.rights import needs
from ivr.console.texts import TEXTS, language
from ivr.console.wall import Board, Seen, Wall
from ivr.flow.names import mark_name, queue_name
from ivr.reports.live import Looks

# A held answer takes one of the server's 8 threads for pages: so few are held in a process, for so long, and whoever
# else watches comes again soon.
HELD: Final = 4
HOLD: Final = 4.0  # Seconds; a server that is told to stop waits for those whom it holds.
AGAIN: Final = 300  # milliseconds
BEAT: Final = 2.0  # Seconds; a browser that hears nothing for five says so.
LOOK: Final = 0.05  # Seconds between two looks, which the shared one is asked for.
Draw = Callable[[Seen], str]


def wallboard(given: Office) -> Blueprint:
    """Return the blueprint of `/desk/wallboard`; with `full=1` there is the board alone, for a wall."""
    page = office.formed("wallboard", given)
    wall = Wall(Looks(given.desk.engine, given.now, given.flow), given.now, given.flow)
    held = BoundedSemaphore(HELD)

    @page.get("")
    @needs("wallboard.see")
    def show() -> str:
        return _shown(given, wall)

    @page.get("/again")
    @needs("wallboard.see", look=True)
    def again() -> str:
        """Show it to a browser without scripts, which asks again by itself."""
        return _shown(given, wall)

    @page.get("/events")
    @needs("wallboard.see", look=True)
    def events() -> Response:
        """Tell what is new since the event that the browser had last, or wait for it."""
        last = request.headers.get("Last-Event-ID") or request.args.get("last", "")
        seen, draw = wall.look(), _draw(given, wall)
        if seen.id != last:
            return _streamed(event(seen.id, draw(seen)) + _beat(given))
        if not held.acquire(blocking=False):
            return _streamed(_beat(given))
        answer = _streamed(_waited(given, wall, last, draw))
        answer.call_on_close(held.release)
        return answer

    return page


def event(key: str, html: str) -> str:
    """Return a board as an event known by this key."""
    return f"id: {key}\n" + "".join(f"data: {line}\n" for line in html.splitlines()) + "\n"


def _waited(given: Office, wall: Wall, last: str, draw: Draw) -> Iterator[str]:
    """Yield what is new as soon as there is something, and until then a sign of life from time to time."""
    never = Event()
    for _ in range(round(HOLD / BEAT)):
        yield _beat(given)
        for _ in range(round(BEAT / LOOK)):
            never.wait(LOOK)
            if (seen := wall.look()).id != last:
                yield event(seen.id, draw(seen)) + _beat(given)
                return


def _beat(given: Office) -> str:
    """Return a sign of life: the time, by which clocks are set, and how soon to come again."""
    return f"retry: {AGAIN}\nevent: beat\ndata: {given.now().timestamp()}\n\n"


def _streamed(told: str | Iterator[str]) -> Response:
    # A proxy must not gather what is to be told at once.
    return Response(told, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _shown(given: Office, wall: Wall) -> str:
    seen, now, full = wall.look(), given.now().timestamp(), request.args.get("full") == "1"
    told = {"key": seen.id, "board": seen.board, "full": full, "here": "wallboard", **_words(given)}
    frame = "wall.html" if full else "plain.html"
    return render_template(
        "wallboard.html", frame=frame, now=now, bell=None if full else bell.bell(given), **office.words(given), **told
    )


def _draw(given: Office, wall: Wall) -> Draw:
    """Return what draws the board for who asks, also when the request is no more."""
    spoken, words = language(), _words(given)
    template = current_app.jinja_env.get_template("wallboard_board.html")

    def draw(board: Board) -> str:
        notices = emergencies.notices(given.flow(), given.now(), spoken)
        return template.render(board=board, now=None, t=TEXTS[spoken], emergencies=notices, **words)

    return lambda seen: wall.drawn(seen, spoken, draw)


def _words(given: Office) -> dict[str, Any]:
    flow, page = given.flow(), language()
    spoken = office.spoken(flow)
    marks = {"mark": lambda place: mark_name(flow, spoken, place) or TEXTS[page]["mark_none"]}
    return {"queue": lambda name: queue_name(flow, spoken, name)} | marks
