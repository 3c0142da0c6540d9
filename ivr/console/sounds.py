"""Recordings sent to whoever may hear them, each hearing told to the audit log first."""

from flask import Response, abort, send_from_directory, session

from ivr.console.audit import audit
from ivr.console.office import Office
from ivr.store.messages import Message


def sent(given: Office, found: Message | None, act: str, subject: str, call: str) -> Response:
    """Return the sound of a message, a remark or a talk, or of a part of it; 404 for what is not here."""
    if found is None or found.state != "fetched" or not found.file:
        abort(404, "no_message")
    if session.get("heard") != subject:  # A browser asks for a sound piece by piece.
        audit(act, subject, call=call)
        session["heard"] = subject
    folder = given.folder.with_name("calls") if found.kind == "talk" else given.folder
    # The name comes from our own table; the folder is left by no name, all the same.
    return send_from_directory(folder, found.file, mimetype="audio/wav", conditional=True)
