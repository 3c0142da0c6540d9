"""The console's pages as the top of each lists them, for whoever may see them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ivr.store.roles import OWN


@dataclass(frozen=True, slots=True)
class Entry:
    """A page: its name, address, key, the name of its words, and the right that it needs."""

    name: str
    href: str
    key: str
    words: str
    right: str


ENTRIES: Final = (
    Entry("desk", "/desk", "D", "back_to_desk", "desk.work"),
    Entry("inbox", "/desk/inbox", "I", "inbox", "desk.work"),
    Entry("talks", "/desk/talks", "V", "talks", "talks.supervise"),
    Entry("calls", "/desk/calls", "K", "calls_title", "calls.see"),
    Entry("blocked", "/desk/blocked", "O", "blocked_title", "callers.block"),
    Entry("reports", "/desk/reports", "F", "reports_title", "reports.see"),
    Entry("menus", "/desk/menus", "8", "menus_title", "menus.edit"),
    Entry("people", "/desk/people", "U", "people_title", "people.manage"),
    Entry("audit", "/desk/audit", "Y", "audit_title", "audit.see"),
    Entry("emergency", "/desk/menus/emergency", "Z", "emergency_title", "menus.emergency"),
    Entry("wallboard", "/desk/wallboard", "W", "wall_title", "wallboard.see"),
)
ACCOUNT: Final = Entry("account", "/desk/account", "", "account", OWN)


def entries(may: Callable[[str], bool]) -> list[Entry]:
    """Return the pages for somebody with these rights."""
    return [entry for entry in ENTRIES if may(entry.right)]


def home(may: Callable[[str], bool]) -> str:
    """Return the address at which somebody with these rights begins."""
    return next(iter([*entries(may), ACCOUNT])).href
