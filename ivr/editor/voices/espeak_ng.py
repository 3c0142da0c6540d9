"""espeak-ng, a small free synthesiser for many languages: `apt install espeak-ng`."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from shutil import which
from subprocess import DEVNULL
from tempfile import TemporaryDirectory
from typing import Final

import structlog

PROGRAM: Final = "espeak-ng"
VOICES: Final[Mapping[str, str]] = {"zh-CN": "cmn", "en-US": "en-us"}
SECONDS: Final = 10.0
log = structlog.get_logger()


def speaks(language: str) -> bool:
    """Tell whether it is installed, and has a voice for the language."""
    return language in VOICES and which(PROGRAM) is not None


def heard(words: str, language: str) -> bytes | None:
    """Return the words as a WAV file; None where it does not speak this language, or fails, or takes too long."""
    program, voice = which(PROGRAM), VOICES.get(language)
    if program is None or voice is None:
        return None
    with TemporaryDirectory() as folder:
        # To a file, as what it writes to a pipe does not say how long it is.
        file = Path(folder) / "spoken.wav"
        command = [program, "-v", voice, "-w", str(file), "--stdin"]
        try:
            # The words come by the pipe, so that none of them is taken for an option.
            subprocess.run(  # nosec B603
                command, input=words.encode(), timeout=SECONDS, check=True, stdout=DEVNULL, stderr=DEVNULL
            )
            return file.read_bytes() or None
        except (subprocess.SubprocessError, OSError) as error:
            log.warning("no voice", program=PROGRAM, language=language, why=type(error).__name__)
            return None
