"""Recordings sent to whoever may hear them, each hearing told to the audit log first."""

from typing import IO, Final, cast

import structlog
from flask import Response, abort, request, session
from werkzeug.wsgi import FileWrapper

from ivr.console.audit import audit
from ivr.console.office import Office
from ivr.store.messages import Message
from ivr.store.shelf import Sound
from ivr.store.vault import place

PIECE: Final = 65_536
log = structlog.get_logger()


def sent(given: Office, found: Message | None, act: str, subject: str, call: str) -> Response:
    """Return the sound of a message, a remark or a talk, or of a part of it; 404 for what is not here."""
    if found is None or found.state != "fetched" or not found.file:
        abort(404, "no_message")
    sound = _opened(given, found)
    if session.get("heard") != subject:  # A browser asks for a sound piece by piece.
        audit(act, subject, call=call)
        session["heard"] = subject
    pieces = FileWrapper(cast("IO[bytes]", sound), PIECE)
    answer = Response(pieces, mimetype="audio/wav", direct_passthrough=True)
    answer.content_length = sound.length
    answer.set_etag(f"{found.id}-{sound.length}")
    answer.headers["Cache-Control"] = "private, no-cache"
    # A player asks for parts, from anywhere.
    answer.make_conditional(request, accept_ranges=True, complete_length=sound.length)
    return answer


def _opened(given: Office, found: Message) -> Sound:
    try:
        return given.vault.open(place(found))
    except OSError as error:
        log.error("a recording cannot be heard", message=found.id, why=str(error))
        abort(404, "no_message")
