"""What browsers need besides the pages: styles and scripts, ours and installed ones, and the headers that guard."""

from pathlib import Path
from typing import Final

from flask import Blueprint, Response, send_from_directory

HERE: Final = Path(__file__).resolve().parent
# Tabler's own style draws its small signs as data: images; everything else comes from us, and nothing is inline.
POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)


def web() -> Blueprint:
    """Return the blueprint of `/web/…`: the files below `scripts/`, `styles/` and `vendor/`."""
    files = Blueprint("web", __name__, url_prefix="/web")

    @files.get("/<any(scripts, styles, vendor):room>/<name>")
    def file(room: str, name: str) -> Response:
        answer = send_from_directory(HERE / room, name)
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer

    return files


def guarded(response: Response) -> Response:
    """Return a page's answer with the headers that keep foreign scripts, frames and caches out.

    A page that has to reach farther has set its own, wider policy before.
    """
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    return response
