"""The paths that TaskRouter asks: who takes a task, and what happened; signed like all others."""

from flask import Blueprint, Response, jsonify, request

from ivr.telephony.routes import Line, guarded
from ivr.telephony.taskrouter import TaskRouter


def taskrouter(line: Line, router: TaskRouter) -> Blueprint:
    """Return the blueprint of `/voice/taskrouter/…`."""
    paths = Blueprint("taskrouter", __name__, url_prefix="/voice/taskrouter")
    guarded(paths, line, of_a_call=False)

    @paths.post("/assignment")
    def assignment() -> Response:
        return jsonify(router.assigned(request.form))

    @paths.post("/events")
    def events() -> Response:
        router.happened(request.form)
        line.changed()
        return Response(status=204)

    return paths
