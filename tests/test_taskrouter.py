"""A queue that TaskRouter gives out: assignment, the whisper as ever, workers in step with agents, and the command."""

import json
import shutil
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from twilio.request_validator import RequestValidator

from ivr.carrier.caller import Caller
from ivr.carrier.cues import Talking
from ivr.factory import create_app
from ivr.parts import StartError
from ivr.telephony.taskrouter import TaskRouter
from tests.taskrouter_site import AVAILABLE, BUSY, OFFLINE, WORKFLOW, WORKSPACE, Site
from tests.world import ACCOUNT, NUMBER, ROOT, TOKEN, World, hotline_settings, world

SKILLS = frozenset({"queue:general", "language:zh-CN"})
RESERVATION = "WR" + "a" * 32


@dataclass
class Here:
    """A hotline with a workspace of TaskRouter, in which alice has a worker."""

    world: World
    site: Site
    worker: str

    def ask(self, path: str, **form: str) -> requests.Response:
        """Post to one of our paths as TaskRouter does."""
        url = f"{self.world.parts.settings.public_url}/voice/taskrouter/{path}"
        told = {"AccountSid": ACCOUNT, "WorkspaceSid": WORKSPACE} | form
        signed = {"X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(url, told)}
        return requests.post(url, told, headers=signed, timeout=30)

    def assign(self, call: str, reservation: str = RESERVATION, worker: dict[str, Any] | None = None) -> Any:
        """Assign the task of a call, and return the instruction."""
        who = json.dumps(worker if worker is not None else {"agent": "alice"})
        task = json.dumps({"call_sid": call, "queue": "general"})
        answer = self.ask(
            "assignment", ReservationSid=reservation, WorkerSid=self.worker, WorkerAttributes=who, TaskAttributes=task
        )
        assert answer.headers["Content-Type"] == "application/json"
        return answer.json()

    def event(self, name: str, **form: str) -> None:
        """Tell what happened in the workspace."""
        told = {"EventType": name, "WorkerAttributes": '{"agent": "alice"}', "WorkerSid": self.worker} | form
        assert self.ask("events", **told).status_code == 204

    def moves(self, activity: str, seconds: float) -> None:
        """Move alice's worker into an activity so many seconds from now."""
        at = self.world.parts.desk.now() + timedelta(seconds=seconds)
        self.event("worker.activity.update", WorkerActivitySid=activity, Timestamp=str(int(at.timestamp())))

    def tick(self) -> None:
        """Let TaskRouter be told, and wait until it is."""
        router: TaskRouter = self.world.app.extensions["taskrouter"]
        router.tick()
        router.run(lambda: None).result(60)  # type: ignore[attr-defined]

    def state(self) -> str:
        """Return what alice does."""
        found = self.world.parts.desk.agent("alice")
        assert found
        return found.state

    def queued(self) -> Caller:
        """Return a caller who waits in a queue that TaskRouter gives out."""
        caller = self.world.caller()
        caller.press("0")
        caller.listen()
        return caller

    def picked_up(self) -> Caller:
        """Return alice, who picked up the phone."""
        phone = self.world.carrier.phone("client:alice")
        soon(lambda: phone.ringing)
        return Caller(self.world.carrier, leg=phone.answer())


def soon(true: Callable[[], object]) -> None:
    """Wait until it is so."""
    until = time.monotonic() + 60
    while not true():
        assert time.monotonic() < until, "it never became so"
        time.sleep(0.01)


def handed_over(folder: Path, workflow: str = WORKFLOW) -> Path:
    """Return menus whose general queue TaskRouter gives out."""
    shutil.copytree(ROOT / "menus", folder)
    file = folder / "queues.yaml"
    words = f"general:\n  router: taskrouter\n  workflow: {workflow}\n"
    file.write_text(file.read_text("utf-8").replace("general:\n", words, 1), "utf-8")
    return folder


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    with world(tmp_path, menus=handed_over(tmp_path / "menus"), workspace=WORKSPACE) as made:
        site = Site()
        made.app.register_blueprint(site.blueprint())
        made.carrier.phone("client:alice")
        made.parts.desk.enrol("alice", "client:alice", SKILLS)
        yield Here(made, site, site.hire("alice", {"agent": "alice"}))
        assert made.wrong() == []
        assert any(one.path.startswith("/v1/") for one in made.rest.sent) or not site.moved


def test_the_assigned_agent_takes_the_caller_and_the_worker_follows(here: Here) -> None:
    here.world.parts.desk.available("alice")
    here.tick()
    assert here.site.moved == [("alice", "Available")]
    caller = here.queued()
    assert here.world.parts.desk.dispatch() == []
    here.site.reservations[RESERVATION] = (here.worker, "pending")
    assert here.assign(caller.leg.sid) == {}
    assert here.assign(caller.leg.sid) == {}, "told twice, it acts once"
    agent = here.picked_up()
    assert "普通话" in "".join(heard.text for heard in agent.listen())
    agent.press("1")
    soon(lambda: isinstance(caller.cue, Talking) and isinstance(agent.cue, Talking))
    assert here.site.reservations[RESERVATION] == (here.worker, "accepted")
    here.tick()
    here.world.parts.board.end_talk("alice")
    caller.listen()
    assert here.state() == "wrapping"
    here.tick()
    here.world.parts.desk.wrap_up("alice", "resolved", "")
    here.tick()
    assert here.site.reservations[RESERVATION] == (here.worker, "completed")
    assert [name for _, name in here.site.moved] == ["Available", "Unavailable", "Unavailable", "Available"]


def test_who_does_not_take_it_rejects_the_reservation(here: Here) -> None:
    here.world.parts.desk.available("alice")
    caller = here.queued()
    here.site.reservations[RESERVATION] = (here.worker, "pending")
    here.assign(caller.leg.sid)
    here.picked_up().press("2")
    soon(lambda: here.state() == "available")
    here.tick()
    assert here.site.reservations[RESERVATION] == (here.worker, "rejected")
    assert [place.state for place in here.world.parts.desk.waiting()] == ["waiting"]


def test_who_cannot_take_it_is_rejected_at_once(here: Here) -> None:
    caller = here.queued()
    assert here.assign(caller.leg.sid) == {"instruction": "reject"}, "alice is offline"
    assert here.assign(caller.leg.sid, worker={"agent": "nobody"}) == {"instruction": "reject"}
    here.world.parts.desk.available("alice")
    assert here.assign("CA" + "0" * 32) == {"instruction": "reject"}, "no such caller waits"


def test_a_worker_of_another_site_is_rung_there_and_shown_here(here: Here) -> None:
    caller = here.queued()
    elsewhere = {"contact_uri": "+8613900000000"}
    instruction = here.assign(caller.leg.sid, worker=elsewhere)
    assert instruction == {"instruction": "dequeue", "from": NUMBER, "to": "+8613900000000"}
    task = json.dumps({"call_sid": caller.leg.sid})
    told = {"WorkerAttributes": json.dumps(elsewhere), "WorkerName": "wuhan-7", "TaskAttributes": task}
    here.event("reservation.accepted", **told)
    (place,) = here.world.parts.desk.waiting()
    assert (place.state, place.agent) == ("talking", "wuhan-7")


@pytest.mark.parametrize("event", ["reservation.timeout", "reservation.canceled", "task.canceled"])
def test_a_reservation_that_ends_stops_the_ringing(here: Here, event: str) -> None:
    here.world.parts.desk.available("alice")
    caller = here.queued()
    here.assign(caller.leg.sid)
    phone = here.world.carrier.phone("client:alice")
    soon(lambda: phone.ringing)
    soon(lambda: here.world.parts.desk.waiting()[0].leg)
    here.event(event, ReservationSid=RESERVATION, TaskAttributes=json.dumps({"call_sid": caller.leg.sid}))
    assert here.state() == "available"
    soon(lambda: not phone.ringing)


def test_agents_follow_their_workers_but_not_what_is_older_than_their_own_change(here: Here) -> None:
    here.moves(AVAILABLE, 5)
    assert here.state() == "available"
    here.moves(BUSY, -5)
    assert here.state() == "available"
    here.moves(BUSY, 5)
    assert here.state() == "away"
    here.moves(OFFLINE, 5)
    assert here.state() == "offline"


def test_what_taskrouter_did_not_hear_is_told_again(here: Here) -> None:
    here.world.parts.desk.available("alice")
    here.site.failing = True
    here.tick()
    assert here.site.moved == []
    here.site.failing = False
    here.tick()
    assert here.site.moved == [("alice", "Available")]


def test_nobody_but_taskrouter_is_heard(here: Here) -> None:
    url = f"{here.world.parts.settings.public_url}/voice/taskrouter/assignment"
    assert requests.post(url, {"AccountSid": ACCOUNT}, timeout=30).status_code == 403
    signed = {"X-Twilio-Signature": RequestValidator("another token").compute_signature(url, {"AccountSid": ACCOUNT})}
    assert requests.post(url, {"AccountSid": ACCOUNT}, headers=signed, timeout=30).status_code == 403
    assert here.ask("assignment", AccountSid="AC" + "9" * 32).status_code == 403


def test_the_command_makes_workers_and_changes_them(here: Here) -> None:
    desk = here.world.parts.desk
    desk.enrol("bob", "client:bob", SKILLS, 2)
    run = here.world.app.test_cli_runner().invoke
    first = run(args=["taskrouter", "sync"])
    assert (first.exit_code, first.output.splitlines()[1:]) == (0, ["alice: changed", "bob: made"])
    bob = next(one for one in here.site.workers.values() if one["name"] == "bob")
    assert json.loads(bob["attributes"]) == {
        "agent": "bob", "contact_uri": "client:bob", "skills": sorted(SKILLS), "level": 2
    }  # fmt: skip
    assert run(args=["taskrouter", "sync"]).output.splitlines()[1:] == ["alice: in step", "bob: in step"]


def test_the_caller_is_handed_over_without_personal_data(here: Here) -> None:
    caller = here.queued()
    (asked,) = [one for one in here.world.carrier.log.documents() if b"workflowSid" in one.body]
    document = ET.fromstring(asked.body)
    enqueue = document.find("Enqueue")
    assert enqueue is not None
    assert enqueue.get("workflowSid") == WORKFLOW
    task = json.loads(enqueue.findtext("Task") or "")
    assert set(task) <= {"queue", "language", "matter", "priority", "level", "agent"}
    assert "13800138000" not in asked.body.decode()
    (place,) = here.world.parts.desk.waiting()
    assert (place.call_id, place.router, place.state) == (caller.leg.sid, "taskrouter", "waiting")


def test_a_workflow_that_is_not_there_is_told(tmp_path: Path) -> None:
    missing = "WW" + "9" * 32
    with world(tmp_path, menus=handed_over(tmp_path / "menus", missing), workspace=WORKSPACE) as made:
        made.app.register_blueprint(Site().blueprint())
        told = made.app.test_cli_runner().invoke(args=["taskrouter", "sync"])
    assert told.exit_code == 1
    assert f"queues.yaml: general has workflow {missing}, which the workspace does not have" in told.output


def test_without_a_workspace_the_server_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="TWILIO_TASKROUTER_WORKSPACE"):
        create_app(hotline_settings(tmp_path, 8000, menus=handed_over(tmp_path / "menus")))
