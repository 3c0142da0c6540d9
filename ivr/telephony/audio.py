"""What the carrier plays: recorded prompts and music, which are no secret."""

from pathlib import Path

from flask import Blueprint, Response, send_from_directory


def audio(recordings: Path) -> Blueprint:
    """Return the blueprint of `/audio/…`: WAV files below `prompts/` and `music/` of the recordings' folder."""
    files = Blueprint("audio", __name__, url_prefix="/audio")

    @files.get("/prompts/<path:name>.wav")
    def prompt(name: str) -> Response:
        return send_from_directory(recordings / "prompts", f"{name}.wav", max_age=3600)

    @files.get("/music/<name>")
    def music(name: str) -> Response:
        return send_from_directory(recordings / "music", name, max_age=3600)

    return files
