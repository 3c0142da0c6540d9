"""What we ask of Twilio's TaskRouter by its REST: workers, their activities and their reservations."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from twilio.rest import Client

SECONDS: Final = 4.0
TWILIO: Final = "https://api.twilio.com"
TASKROUTER: Final = "https://taskrouter.twilio.com"
NAMES: Final = {"offline": ("Offline",), "busy": ("Busy", "Unavailable", "Break", "Reserved")}


class WorkspaceError(LookupError):
    """The workspace lacks something; the text says what."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker of the workspace: the agent's name (none for somebody else's worker), and what is told about them."""

    sid: str
    agent: str
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Activities:
    """The activities that stand for an agent's states, by their ids."""

    available: str
    offline: str
    busy: str

    def of(self, state: str) -> str:
        """Return the activity of an agent in this state."""
        return {"available": self.available, "offline": self.offline}.get(state, self.busy)


@dataclass(frozen=True)
class Workspace:
    """TaskRouter's REST for one workspace; where `api_url` is not Twilio's, that address is asked instead."""

    account: str
    token: str
    api_url: str
    sid: str

    @cached_property
    def activities(self) -> Activities:
        """Return the activities, asked once; raise WorkspaceError where there is none to be available in."""
        found = {one.friendly_name: one for one in self._workspace.activities.list(limit=100)}
        free = [one.sid for name, one in found.items() if one.available]
        named = {state: [found[name].sid for name in names if name in found] for state, names in NAMES.items()}
        if not free or not named["offline"]:
            raise WorkspaceError(f"workspace {self.sid} has no activity that is available, or none named Offline")
        return Activities(free[0], named["offline"][0], (named["busy"] + named["offline"])[0])

    def workers(self) -> list[Worker]:
        """Return all workers."""
        return [_worker(one.sid, one.attributes) for one in self._workspace.workers.list(page_size=100)]

    def hire(self, agent: str, attributes: dict[str, Any]) -> None:
        """Make an agent's worker, who begins offline."""
        self._workspace.workers.create(
            friendly_name=agent, attributes=json.dumps(attributes), activity_sid=self.activities.offline
        )

    def change(self, worker: str, attributes: dict[str, Any]) -> None:
        """Tell anew what a worker can do, and where they are rung."""
        self._workspace.workers(worker).update(attributes=json.dumps(attributes))

    def turn(self, worker: str, activity: str) -> None:
        """Have a worker be in an activity."""
        self._workspace.workers(worker).update(activity_sid=activity)

    def settle(self, worker: str, reservation: str, status: str) -> None:
        """Accept, reject or complete a worker's reservation."""
        self._workspace.workers(worker).reservations(reservation).update(reservation_status=status)

    def accepted(self, worker: str) -> list[str]:
        """Return the reservations that a worker accepted and has not completed."""
        found = self._workspace.workers(worker).reservations.list(reservation_status="accepted", limit=20)
        return [str(one.sid) for one in found]

    def workflows(self) -> dict[str, str]:
        """Return the names of all workflows by their ids."""
        return {str(one.sid): str(one.friendly_name) for one in self._workspace.workflows.list(limit=200)}

    @property
    def _workspace(self) -> Any:
        return self._client.taskrouter.v1.workspaces(self.sid)

    @cached_property
    def _client(self) -> "Client":
        # Twilio's client takes a while to import, so not before it is needed.
        from twilio.http.http_client import TwilioHttpClient
        from twilio.rest import Client

        base = TASKROUTER if self.api_url == TWILIO else self.api_url

        class Elsewhere(TwilioHttpClient):  # type: ignore[misc]  # twilio tells no types
            """Asks another address that answers as TaskRouter does."""

            def request(self, method: str, url: str, *rest: Any, **named: Any) -> Any:
                return super().request(method, base + url.removeprefix(TASKROUTER), *rest, **named)

        return Client(self.account, self.token, http_client=Elsewhere(timeout=SECONDS, max_retries=0))


def _worker(sid: str, text: str) -> Worker:
    """Return a worker; attributes that somebody else wrote, and wrongly, are none."""
    told = attributes(text)
    return Worker(str(sid), str(told.get("agent", "")), told)


def attributes(text: str) -> dict[str, Any]:
    """Return attributes from their JSON; none where it is no object."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
