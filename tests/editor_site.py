"""The editor's island on a page of its own, before a draft in memory."""

import json
from typing import Any

from flask import Flask, Response, jsonify, request

from ivr.web import guarded, web
from tests.editor_draft import Draft

PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Editor</title><meta name="csrf-token" content="token">
<script src="/web/scripts/theme.js"></script>
<link rel="stylesheet" href="/web/vendor/tabler.css"><link rel="stylesheet" href="/web/styles/base.css">
<link rel="stylesheet" href="/web/styles/desk.css"><link rel="stylesheet" href="/web/vendor/editor.css">
<link rel="icon" href="/web/styles/phone.svg" type="image/svg+xml">
<script type="module" src="/web/vendor/editor.js"></script></head>
<body class="editing"><header class="top"><div class="who"><h1>{title}</h1></div></header>
<main id="editor" data-url="/desk/menus/drafts/7"></main></body></html>"""


def editor_site(draft: Draft, played: dict[str, Any] | None = None) -> Flask:
    """Return the application; `played` says what proof, rehearsal, differences and publishing answer."""
    app, answers = Flask("editor"), played or {}
    app.after_request(guarded)
    app.register_blueprint(web())

    @app.get("/desk/menus/drafts/7")
    def page() -> str:
        chinese = request.args.get("lang", "zh") == "zh"
        return PAGE.format(lang="zh-CN" if chinese else "en", title="编辑菜单" if chinese else "Edit the menus")

    @app.get("/desk/menus/drafts/7/state")
    def state() -> Response:
        return jsonify(draft.state())

    @app.post("/desk/menus/drafts/7/<do>")
    def act(do: str) -> tuple[Response, int] | Response:
        told = request.get_json(silent=True) or {}
        assert request.headers["X-CSRFToken"] == "token"
        if do in answers:
            return jsonify(answers[do](told) if callable(answers[do]) else answers[do])
        if told["revision"] != draft.revision:
            return jsonify(message=f"{draft.by} changed it", by=draft.by, revision=draft.revision), 409
        if do == "edits":
            try:
                draft.change(draft.edited(told["edits"]))
            except (KeyError, StopIteration) as error:
                return jsonify(message=f"cannot be done: {error!r}", problems=[]), 422
        else:
            draft.step(back=do == "undo")
        return jsonify(draft.state())

    @app.get("/desk/menus/drafts/7/differences")
    def differences() -> Response:
        return jsonify(answers.get("differences", {"lines": []}))

    @app.get("/desk/menus/schema.json")
    def schema() -> tuple[Response, int]:
        return jsonify(message="none"), 404

    app.json.sort_keys = False  # type: ignore[attr-defined]
    return app


if __name__ == "__main__":
    from ivr.folders import menus
    from tests.world import ROOT

    editor_site(Draft(dict(menus(ROOT / "menus"))), json.loads("{}")).run(port=8765)
