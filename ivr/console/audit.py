"""The one line by which pages and commands tell the audit log what is about to be done."""

from typing import Any, Final

import structlog
from flask import abort, current_app, has_request_context, request
from flask_security import current_user

from ivr.store.audit import Trail
from ivr.store.errors import StoreError

TERMINAL: Final = "terminal"  # Who acts by a command, and so may read the server's secrets anyway.
log = structlog.get_logger()


def audit(act: str, subject: str, **detail: Any) -> None:
    """Write down that who asks does this to that, before it is done: what cannot be written must not be done.

    A request ends with 503 then; a command gets the StoreError.
    """
    trail: Trail = current_app.extensions["audit"]
    if not has_request_context():
        trail.add(TERMINAL, act, subject, "", **detail)
        return
    who = current_user.name if current_user.is_authenticated else ""
    try:
        trail.add(who, act, subject, request.remote_addr or "", **detail)
    except StoreError as error:
        log.error("not audited, so refused", act=act, why=str(error))
        abort(503, "not_audited")
