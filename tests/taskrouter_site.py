"""A workspace of TaskRouter for tests: answers our REST requests in the contract's shapes, and keeps what was told."""

import json
from dataclasses import dataclass, field
from typing import Any, Final

from flask import Blueprint, Response, jsonify, request

from tests.world import ACCOUNT

WORKSPACE: Final = "WS" + "1" * 32
WORKFLOW: Final = "WW" + "2" * 32
OFFLINE, AVAILABLE, BUSY = ("WA" + digit * 32 for digit in "345")
ACTIVITIES: Final = {OFFLINE: "Offline", AVAILABLE: "Available", BUSY: "Unavailable"}
BASE: Final = f"/v1/Workspaces/{WORKSPACE}"
AT: Final = "2026-11-23T02:00:00Z"

Shape = dict[str, Any]


@dataclass
class Site:
    """The workspace: its workers (name, attributes, activity) and reservations (worker, status), by their ids."""

    workers: dict[str, Shape] = field(default_factory=dict)
    reservations: dict[str, tuple[str, str]] = field(default_factory=dict)
    moved: list[tuple[str, str]] = field(default_factory=list)
    failing: bool = False

    def hire(self, name: str, attributes: Shape, activity: str = OFFLINE) -> str:
        """Make a worker and return the id."""
        sid = f"WK{len(self.workers):032x}"
        self.workers[sid] = {"name": name, "attributes": json.dumps(attributes), "activity": activity}
        return sid

    def blueprint(self) -> Blueprint:
        """Return the paths."""
        paths = Blueprint("workspace", __name__, url_prefix=BASE)
        _workers(paths, self)
        _reservations(paths, self)

        @paths.get("/Activities")
        def activities() -> Response:
            shapes = [_common(f"Activities/{sid}", sid, name) | _activity(sid) for sid, name in ACTIVITIES.items()]
            return _page("activities", shapes)

        @paths.get("/Workflows")
        def workflows() -> Response:
            return _page("workflows", [_common(f"Workflows/{WORKFLOW}", WORKFLOW, "Payments") | _workflow()])

        return paths


def _workers(paths: Blueprint, site: Site) -> None:
    @paths.before_request
    def fail() -> Response | None:
        return Response('{"code": 20503}', 503, mimetype="application/json") if site.failing else None

    @paths.get("/Workers")
    def workers() -> Response:
        return _page("workers", [_worker(site, sid) for sid in site.workers])

    @paths.post("/Workers")
    def make() -> tuple[Response, int]:
        form = request.form
        sid = site.hire(form["FriendlyName"], json.loads(form["Attributes"]), form["ActivitySid"])
        return jsonify(_worker(site, sid)), 201

    @paths.post("/Workers/<sid>")
    def change(sid: str) -> Response:
        worker = site.workers[sid]
        if "ActivitySid" in request.form:
            worker["activity"] = request.form["ActivitySid"]
            site.moved.append((worker["name"], ACTIVITIES[worker["activity"]]))
        worker["attributes"] = request.form.get("Attributes", worker["attributes"])
        return jsonify(_worker(site, sid))


def _reservations(paths: Blueprint, site: Site) -> None:
    @paths.get("/Workers/<worker>/Reservations")
    def reservations(worker: str) -> Response:
        wanted = (worker, request.args["ReservationStatus"])
        return _page(
            "reservations", [_reservation(site, sid) for sid, one in site.reservations.items() if one == wanted]
        )

    @paths.post("/Workers/<worker>/Reservations/<sid>")
    def settle(worker: str, sid: str) -> Response:
        assert site.reservations[sid][0] == worker
        site.reservations[sid] = (worker, request.form["ReservationStatus"])
        return jsonify(_reservation(site, sid))


def _page(name: str, shapes: list[Shape]) -> Response:
    url = f"https://taskrouter.twilio.com{request.path}?PageSize=50&Page=0"
    meta = {"first_page_url": url, "key": name, "next_page_url": None, "page": 0, "page_size": 50}
    return jsonify({name: shapes, "meta": meta | {"previous_page_url": None, "url": url}})


def _common(path: str, sid: str, name: str) -> Shape:
    told = {"account_sid": ACCOUNT, "workspace_sid": WORKSPACE, "sid": sid, "friendly_name": name}
    told |= {"date_created": AT, "date_updated": AT, "url": f"https://taskrouter.twilio.com{BASE}/{path}"}
    return told | {"links": {}}


def _activity(sid: str) -> Shape:
    return {"available": sid == AVAILABLE}


def _workflow() -> Shape:
    told = {"assignment_callback_url": "https://hotline.example.com/voice/taskrouter/assignment"}
    told |= {"fallback_assignment_callback_url": "https://hotline.example.com/x", "configuration": "{}"}
    return told | {"document_content_type": "application/json", "task_reservation_timeout": 30}


def _worker(site: Site, sid: str) -> Shape:
    one = site.workers[sid]
    told = {
        "activity_name": ACTIVITIES[one["activity"]],
        "activity_sid": one["activity"],
        "attributes": one["attributes"],
    }
    told |= {"available": one["activity"] == AVAILABLE, "date_status_changed": AT}
    return _common(f"Workers/{sid}", sid, one["name"]) | told


def _reservation(site: Site, sid: str) -> Shape:
    worker, status = site.reservations[sid]
    told = _common(f"Workers/{worker}/Reservations/{sid}", sid, "") | {"reservation_status": status}
    told |= {"task_sid": "WT" + "6" * 32, "worker_sid": worker, "worker_name": site.workers[worker]["name"]}
    return {name: value for name, value in told.items() if name != "friendly_name"}
