"""How long whoever logged in stays so."""

from datetime import datetime, timedelta
from typing import Final

from flask import session
from flask_security import current_user, logout_user

IDLE: Final = timedelta(hours=2)  # Without any act; a page that only looks for news is no act.
LONGEST: Final = timedelta(hours=12)  # A shift.


def admitted(now: datetime, acts: bool) -> bool:
    """Tell whether the request comes from somebody who is logged in, not for too long, and not idle for too long."""
    if not current_user.is_authenticated:
        return False
    at = now.timestamp()
    begun, seen = session.setdefault("begun", at), session.setdefault("seen", at)
    if at - begun > LONGEST.total_seconds() or at - seen > IDLE.total_seconds():
        logout_user()
        session.clear()
        return False
    if acts:
        session["seen"] = at
    return True
