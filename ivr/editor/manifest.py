"""What people have spoken, as files: sounds named by what they sound like, and prompts.yaml, which says whose words."""

import os
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from ivr.editor.change import Drop, Put, changed, read
from ivr.flow.flow import Spoken
from ivr.flow.load import PROMPTS
from ivr.flow.text import parse
from ivr.jobs.recordings import whole

HEAD: Final = "# What people have spoken: which sound says which words. Written where prompts are recorded.\n"


def keep(recordings: Path, sound: bytes) -> str:
    """Write a sound below `prompts/`, whole or not at all; return the file's name, the same for the same sound."""
    name = f"{sha256(sound).hexdigest()}.wav"
    path = recordings / "prompts" / name
    if not path.exists():
        with whole(path) as part, part.open("wb") as file:
            file.write(sound)
            file.flush()
            os.fsync(file.fileno())
    return name


class SoundError(ValueError):
    """A sound is not what its name says; the text names the file."""


def sounds(recordings: Path, files: Mapping[str, str]) -> tuple[dict[str, bytes], list[str]]:
    """Return the sounds below `prompts/` that these menus name, by file, and the names of those that are not there."""
    entries = parse(PROMPTS, files.get(PROMPTS, ""))[0].data.values()
    named = sorted({str(one["file"]) for one in entries if isinstance(one, Mapping) and "file" in one})
    there = {file.name: file for file in (recordings / "prompts").glob("*.wav")}
    return {name: there[name].read_bytes() for name in named if name in there}, [
        one for one in named if one not in there
    ]


def checked(found: Mapping[str, bytes]) -> Iterable[bytes]:
    """Return sounds; raise SoundError with the first whose name is not its sum."""
    for name, sound in found.items():
        if f"{(right := sha256(sound).hexdigest())}.wav" != name:
            raise SoundError(f"prompts/{name}: this is another sound, its SHA-256 is {right}: export it anew")
    return found.values()


def with_spoken(files: Mapping[str, str], name: str, spoken: Spoken) -> dict[str, str]:
    """Return the menus in which a person has spoken the prompt of this name (`language/place`); raise EditError."""
    text, told = files.get(PROMPTS) or HEAD, spoken.model_dump()
    again = name in read(PROMPTS, text)
    puts = [Put((name, field), value) for field, value in told.items()] if again else [Put((name,), told)]
    return {**files, PROMPTS: changed(PROMPTS, text, puts)}


def without_spoken(files: Mapping[str, str], name: str) -> dict[str, str]:
    """Return the menus in which nobody has spoken the prompt of this name; raise EditError."""
    data = read(PROMPTS, files.get(PROMPTS, ""))
    if name not in data:
        return dict(files)
    if len(data) == 1:
        return {file: text for file, text in files.items() if file != PROMPTS}
    return {**files, PROMPTS: changed(PROMPTS, files[PROMPTS], [Drop((name,))])}
