"""The page /desk/menus/drafts/N, on which a draft is edited, and the JSON interface by which its island acts."""

import json
from typing import Any, Final

from flask import Blueprint, Response, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from ivr.console import bell, office
from ivr.console.audit import audit
from ivr.console.office import Office, me
from ivr.console.rights import needs
from ivr.editor import telling
from ivr.editor.bodies import LARGEST, Edits, Publication, Rehearsal, Step, listed, refuse, sent
from ivr.editor.change import EditError
from ivr.editor.differences import differences
from ivr.editor.drawing import Bench, overtaken
from ivr.editor.edits import Edit, apply
from ivr.editor.gate import Finding, GateError
from ivr.editor.publishing import EyesError, Publishing, RefusedError, without
from ivr.editor.rehearsals import Saved, kept, moment, timed
from ivr.editor.rehearse import rehearsed
from ivr.editor.texts import goals, said, words
from ivr.store.drafts import ForeignError, StaleError

EDIT: Final = "menus.edit"


def draft_pages(given: Office, publishing: Publishing) -> Blueprint:
    """Return the blueprint of `/desk/menus/drafts/N`; what stands against an act is told as `message`."""
    page, bench = office.formed("draft", given, __name__, "menus/drafts/<int:number>"), Bench(publishing)
    _looking(page, given, bench)
    _changing(page, bench)
    _publishing(page, given, bench)
    _trying(page, given, bench)

    @page.errorhandler(HTTPException)
    def refusal(error: HTTPException) -> tuple[Response | str, int]:
        if request.endpoint == "draft.show":
            return render_template("refused.html", why=office.refused(error), **words(given)), error.code or 500
        return jsonify(message=office.refused(error)), error.code or 500

    return page


def _looking(page: Blueprint, given: Office, bench: Bench) -> None:
    @page.get("")
    @needs(EDIT)
    def show(number: int) -> str:
        told = words(given) | {"bell": bell.bell(given), "now": given.now().timestamp(), "here": "menus"}
        return render_template("editor.html", draft=bench.draft(number), **told)

    @page.get("/state")
    @needs(EDIT, look=True)
    def shown(number: int) -> Response:
        return jsonify(bench.state(number))

    @page.get("/differences")
    @needs(EDIT, look=True)
    def different(number: int) -> Response:
        bench.draft(number)
        live = without(bench.publishing.library.files(bench.publishing.last().version))
        lines = differences(live, bench.files(number), words(given)["language"])
        return jsonify(lines=[{"place": one.place, "words": one.words} for one in lines])


def _changing(page: Blueprint, bench: Bench) -> None:
    drafts, now = bench.publishing.drafts, bench.publishing.now

    @page.post("/edits")
    @needs(EDIT, most=LARGEST)
    def edit(number: int) -> Response:
        asked = sent(Edits)
        bench.mine(number, asked.revision)
        files = drafts.files(number, asked.revision)
        try:
            for one in asked.edits:
                files = apply(files, one)
            drafts.edit(number, asked.revision, files, me(), now(), _what(asked.edits))
        except EditError as error:
            refuse(422, telling.told(error.problems[-1].words), problems=listed(error.problems))
        except (StaleError, ForeignError) as error:
            overtaken(error)
        return jsonify(bench.state(number))

    @page.post("/owner")
    @needs(EDIT)
    def take_over(number: int) -> Response:
        audit("menus.over", f"draft {number}", owner=bench.draft(number).owner)
        try:
            drafts.take_over(number, me(), now())
        except StaleError as error:
            overtaken(error)
        return jsonify(bench.state(number))

    @page.post("/<any(undo, redo):way>")
    @needs(EDIT)
    def step(number: int, way: str) -> Response:
        asked = sent(Step)
        bench.mine(number, asked.revision)
        try:
            (drafts.undo if way == "undo" else drafts.redo)(number, asked.revision, me(), now())
        except (StaleError, ForeignError) as error:
            overtaken(error)
        return jsonify(bench.state(number))


def _publishing(page: Blueprint, given: Office, bench: Bench) -> None:
    @page.post("/publish")
    @needs("menus.publish")
    def publish(number: int) -> Response:
        asked = sent(Publication)
        bench.draft(number)
        audit("menus.publish", f"draft {number}", revision=asked.revision, note=asked.note)
        try:
            version = bench.publishing.draft(number, asked.revision, me(), asked.note)
        except RefusedError as error:
            refuse(422, said("shelf_refused"), **_finding(given, error.finding))
        except StaleError as error:
            overtaken(error)
        except EyesError as error:
            refuse(409, telling.told(error))
        except GateError as error:
            refuse(503, telling.told(error))
        return jsonify(version=version)


def _trying(page: Blueprint, given: Office, bench: Bench) -> None:
    publishing = bench.publishing

    @page.post("/proof")
    @needs(EDIT)
    def proof(number: int) -> Response:
        bench.draft(number)
        files = publishing.carried(bench.files(number), publishing.last())
        try:
            return jsonify(_finding(given, publishing.gate.look(files, publishing.now())))
        except GateError as error:
            refuse(503, telling.told(error))

    @page.post("/rehearse")
    @needs(EDIT, most=LARGEST)
    def rehearse(number: int) -> Response:
        bench.draft(number)
        wanted = _rehearsal(sent(Rehearsal))
        flow = bench.flow(bench.files(number))
        told = rehearsed(flow, wanted.caller, wanted.at, wanted.inputs)
        return jsonify(told | {"lines": [_line(one) for one in told["lines"]]})

    @page.post("/rehearsals")
    @needs(EDIT, most=LARGEST)
    def keep(number: int) -> Response:
        wanted = _rehearsal(sent(Rehearsal))
        if not wanted.name:
            refuse(422, said("draft_unnamed"))
        draft = bench.mine(number, bench.draft(number).revision)
        files = publishing.drafts.files(number, draft.revision)
        try:
            files = kept(files, bench.flow(without(files)), wanted)
            publishing.drafts.edit(number, draft.revision, files, me(), publishing.now(), f"rehearsal {wanted.name}")
        except EditError as error:
            refuse(422, telling.told(error.problems[-1].words), problems=listed(error.problems))
        except (StaleError, ForeignError) as error:
            overtaken(error)
        return jsonify(bench.state(number))


def _line(line: dict[str, Any]) -> dict[str, Any]:
    """Return a line of a rehearsal in the reader's language, but for what is said, and what is told in both."""
    told = line["mark"] != "<" and isinstance(line["words"], str)
    return line | {"words": telling.told(line["words"])} if told else line


def _rehearsal(asked: Rehearsal) -> Saved:
    """Return what is to be rehearsed; 422 for what is no moment or no input."""
    try:
        return Saved(asked.name, asked.caller, moment(asked.at), timed(asked.inputs))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        refuse(422, said("draft_no_input", why=telling.told(error)))


def _what(edits: tuple[Edit, ...]) -> str:
    """Return in short what was done, for the list of steps."""
    first = edits[0].model_dump(exclude_defaults=True)
    told = {
        name: value for name, value in first.items() if name in ("do", "place", "path", "language", "key", "to", "name")
    }
    return json.dumps([told, len(edits)], ensure_ascii=False)[:500]


def _finding(given: Office, finding: Finding) -> dict[str, Any]:
    """Return what the gate found, each trap's inputs as a rehearsal takes them, goals as the reader calls them."""
    told, goal = telling.found(finding), goals(given)
    reached = {goal(name): spent for name, spent in finding.figures.get("goals", {}).items()}
    figures = finding.figures | ({"goals": reached} if reached else {})
    return told | {"traps": [_playable(trap) for trap in told["traps"]], "figures": figures}


def _playable(trap: dict[str, Any]) -> dict[str, Any]:
    """Return a trap with its call as a rehearsal takes it; none leads to words that are wrong, but never said."""
    steps = [{"input": one["input"], "at": one["at"]["at"]} for one in trap["inputs"]]
    if not steps:
        return trap | {"at": "", "caller": ""}
    return trap | {"at": steps[0]["at"], "caller": steps[0]["input"].get("caller", ""), "inputs": steps[1:]}
