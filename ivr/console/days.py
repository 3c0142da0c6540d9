"""Days as forms give them."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import abort


def day(text: str, zone: ZoneInfo, later: int = 0) -> datetime | None:
    """Return when a day (2026-11-26) begins in this zone, or so many days later; None for no day, 400 for a bad one."""
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text) + timedelta(days=later), time(), zone)
    except (ValueError, OverflowError):
        abort(400, "calls_bad_day")
