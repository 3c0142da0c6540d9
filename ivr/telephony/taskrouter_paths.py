"""The paths that TaskRouter asks: who takes a task, and what happened; signed like all others."""

from concurrent.futures import ThreadPoolExecutor

from flask import Blueprint, Response, jsonify

from ivr.desk.tasks import Tasks
from ivr.telephony.calls import told
from ivr.telephony.routes import Line, guarded
from ivr.telephony.switchboard import Switchboard
from ivr.telephony.taskrouter import TaskRouter
from ivr.telephony.taskrouter_rest import Workspace


def taskrouter(line: Line, board: Switchboard, tasks: Tasks, workspace: Workspace) -> Blueprint:
    """Return the blueprint of `/voice/taskrouter/…`, and have the switchboard keep the workspace in step."""
    one_by_one = ThreadPoolExecutor(1, "taskrouter").submit
    router = TaskRouter(board.desk, tasks, workspace, board.number, board.ring, board.withdraw, one_by_one)
    board.beside.append(router.tick)
    board.taken.append(router.taken)
    paths = Blueprint("taskrouter", __name__, url_prefix="/voice/taskrouter")
    paths.record_once(lambda state: state.app.extensions.update(taskrouter=router))
    guarded(paths, line, of_a_call=False)

    @paths.post("/assignment")
    def assignment() -> Response:
        return jsonify(router.assigned(told()))

    @paths.post("/events")
    def events() -> Response:
        router.happened(told())
        line.changed()
        return Response(status=204)

    return paths
