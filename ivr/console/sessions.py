"""How long whoever logged in stays so."""

from datetime import datetime, timedelta
from typing import Final

from flask import session
from flask_security import current_user, logout_user

from ivr.desk.keeping import Desk

IDLE: Final = timedelta(hours=2)  # Without any act; a page that only looks for news is no act.
LONGEST: Final = timedelta(hours=12)  # A shift.


def admitted(now: datetime, acts: bool, desk: Desk, works: bool) -> bool:
    """Tell whether the request comes from somebody who is logged in, not for too long, and not idle for too long.

    Whoever talks with a caller at the `desk` is not logged out until that is over, and `works` there, but nowhere else.
    """
    if not current_user.is_authenticated:
        return False
    at = now.timestamp()
    begun, seen = session.setdefault("begun", at), session.setdefault("seen", at)
    late = at - begun > LONGEST.total_seconds() or at - seen > IDLE.total_seconds()
    if late and _talks(desk):
        return works
    if late:
        logout_user()
        session.clear()
        return False
    if acts:
        session["seen"] = at
    return True


def _talks(desk: Desk) -> bool:
    agent = desk.agent(current_user.name)
    return agent is not None and agent.state == "talking"
