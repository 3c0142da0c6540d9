"""The roles that people have, and what each of them may do."""

from collections.abc import Mapping
from typing import Final

AGENT: Final = "agent"
SUPERVISOR: Final = "supervisor"
ADMIN: Final = "admin"
OPERATIONS: Final = "operations"
OWN: Final = "account.own"  # One's own password and the like, which is everybody's right.

# Whoever sees calls does not hear them by that, and who drafts the menus does not publish them: a role has each or not.
ROLES: Final[Mapping[str, frozenset[str]]] = {
    AGENT: frozenset({OWN, "desk.work", "wallboard.see"}),
    OPERATIONS: frozenset({OWN, "menus.edit", "menus.publish", "menus.emergency", "reports.see", "wallboard.see"}),
    SUPERVISOR: frozenset(
        {
            OWN,
            "desk.work",
            "talks.supervise",
            "calls.see",
            "calls.export",
            "callers.block",
            "numbers.unmask",
            "recordings.hear",
            "reports.see",
            "wallboard.see",
            "menus.edit",
            "menus.emergency",
        }
    ),
    "auditor": frozenset({OWN, "audit.see", "calls.see", "recordings.hear"}),
    ADMIN: frozenset({OWN, "people.manage", "audit.see", "wallboard.see"}),
}
RIGHTS: Final = frozenset[str]().union(*ROLES.values())
