"""Hands the waiting of some queues to Twilio's TaskRouter, and keeps its workers in step with the desk's agents.

TaskRouter says who is next for whom; the desk rings the agent as for its own offers, with the whisper and press 1.
So the assignment is answered with no instruction, and the reservation is accepted by REST once the agent took it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import structlog

from ivr.desk.keeping import AgentState, Desk, Offer
from ivr.desk.tasks import ROUTER, Tasks
from ivr.telephony.taskrouter_rest import Workspace, attributes

IDLE: Final = ("offline", "available", "away")
ENDED: Final = ("reservation.timeout", "reservation.canceled", "reservation.rescinded")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class TaskRouter:
    """Between the desk and a workspace of TaskRouter; `ring` rings an offer, `withdraw` stops that.

    An offer's id is its reservation's without the `WR`, so that nothing else ties the two. `run` does jobs one after
    another in the background, as a worker's activities must arrive in order.
    """

    desk: Desk
    tasks: Tasks
    workspace: Workspace
    number: str
    ring: Callable[[Offer], object]
    withdraw: Callable[[str], object]
    run: Callable[[Callable[[], None]], object]
    told: dict[str, str] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    sids: dict[str, str] = field(default_factory=dict)

    def assigned(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Return the instruction for a reservation: none while our agent is rung, dequeue for a worker elsewhere."""
        worker = attributes(form.get("WorkerAttributes", ""))
        agent, offer = str(worker.get("agent", "")), form.get("ReservationSid", "").removeprefix("WR")
        if not self.desk.agent(agent):
            return self._others(worker)
        self.sids[agent] = form.get("WorkerSid", "")
        if self.desk.offered(offer):
            return {}  # Told twice: it rings already.
        call = str(attributes(form.get("TaskAttributes", "")).get("call_sid", ""))
        made = self.desk.give(call, agent, offer)
        if made is None:
            return {"instruction": "reject"}
        self.given[offer] = agent
        self.ring(made)
        return {}

    def happened(self, form: Mapping[str, str]) -> None:
        """Follow what happened in the workspace, where the desk did not make it happen itself."""
        event = form.get("EventType", "")
        agent = str(attributes(form.get("WorkerAttributes", "")).get("agent", ""))
        call = str(attributes(form.get("TaskAttributes", "")).get("call_sid", ""))
        if event in ENDED:
            self._lost(form.get("ReservationSid", "").removeprefix("WR"))
        elif event == "task.canceled":
            for offer in self.tasks.offers(call):
                self._lost(offer)
        elif event == "reservation.accepted" and not self.desk.agent(agent):
            self.tasks.elsewhere(call, form.get("WorkerName", "") or form.get("WorkerSid", ""))
        elif event == "worker.activity.update" and (found := self.desk.agent(agent)):
            self._moved(found, form)

    def taken(self, offer: str) -> None:
        """Accept the reservation of an offer that its agent took; to be done before the caller leaves the queue."""
        place = self.desk.offered(offer)
        if place and place.agent and place.router == ROUTER:
            self.given.pop(offer, None)
            self._settle(place.agent, offer, "accepted")

    def tick(self) -> None:
        """Tell TaskRouter of every agent whose state changed, and of every offer that its agent did not take."""
        for offer, agent in list(self.given.items()):
            if self.desk.offered(offer) is None:
                self.given.pop(offer, None)
                self.run(partial(self._settle, agent, offer, "rejected"))
        for one in self.desk.agents():
            if self.told.get(one.id) != one.state:
                self.told[one.id] = one.state
                self.run(partial(self.on_state, one.id, one.state))

    def on_state(self, agent: str, state: str) -> None:
        """Put an agent's worker into the activity of this state; who is idle has finished whatever they accepted."""
        try:
            if state == "ringing" or not (worker := self._sid(agent)):
                return  # Who is rung stays as they are: TaskRouter knows whom it had rung.
            if state in IDLE:
                for reservation in self.workspace.accepted(worker):
                    self.workspace.settle(worker, reservation, "completed")
            self.workspace.turn(worker, self.workspace.activities.of(state))
        except Exception as error:
            self.told.pop(agent, None)  # To be told again.
            log.warning("worker not in step", agent=agent, why=type(error).__name__)

    def _others(self, worker: Mapping[str, Any]) -> dict[str, Any]:
        """A worker of another site is rung where they say; whom nobody can ring is no worker for calls."""
        to = worker.get("contact_uri")
        return {"instruction": "dequeue", "from": self.number, "to": to} if to else {"instruction": "reject"}

    def _lost(self, offer: str) -> None:
        place = self.desk.offered(offer)
        self.given.pop(offer, None)
        if place and place.state == "offered":
            self.withdraw(offer)

    def _moved(self, agent: AgentState, form: Mapping[str, str]) -> None:
        """Follow an activity that was changed elsewhere; the desk wins over all that is older than its own change."""
        activities, sid = self.workspace.activities, form.get("WorkerActivitySid", "")
        at = datetime.fromtimestamp(int(form.get("Timestamp") or 0), UTC)
        if at <= agent.since or agent.state not in IDLE or sid == activities.of(agent.state):
            return
        if sid == activities.available:
            done = self.desk.available(agent.id)
        elif sid == activities.offline:
            done = self.desk.offline(agent.id)
        else:
            done = self.desk.away(agent.id, form.get("WorkerActivityName", ROUTER)[:40])
        log.info("agent follows their worker", agent=agent.id, done=done)

    def _settle(self, agent: str, offer: str, status: str) -> None:
        try:
            if worker := self._sid(agent):
                self.workspace.settle(worker, f"WR{offer}", status)
        except Exception as error:
            log.warning("reservation not settled", agent=agent, status=status, why=type(error).__name__)

    def _sid(self, agent: str) -> str | None:
        """Return the id of an agent's worker; asked for anew as long as there is none."""
        if agent not in self.sids:
            self.sids.update({one.agent: one.sid for one in self.workspace.workers() if one.agent})
        return self.sids.get(agent)
