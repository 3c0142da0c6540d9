"""What people have spoken, as files: sounds named by what they sound like, and prompts.yaml, which says whose words."""

import os
from collections.abc import Mapping
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from ivr.flow.flow import Spoken
from ivr.flow.load import PROMPTS
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


def with_spoken(files: Mapping[str, str], name: str, spoken: Spoken) -> dict[str, str]:
    """Return the menus in which a person has spoken the prompt of this name (`language/place`)."""
    data = _read(files)
    data[name] = CommentedMap(file=spoken.file, words=DoubleQuotedScalarString(spoken.words))
    return {**files, PROMPTS: _written(data, "" if files.get(PROMPTS) else HEAD)}


def without_spoken(files: Mapping[str, str], name: str) -> dict[str, str]:
    """Return the menus in which nobody has spoken the prompt of this name."""
    data = _read(files)
    data.pop(name, None)
    others = {file: text for file, text in files.items() if file != PROMPTS}
    return {**others, PROMPTS: _written(data, "")} if data else others


def _yaml() -> YAML:
    yaml = YAML()
    yaml.width = 10_000  # A line an entry, as names and words are long.
    yaml.preserve_quotes = True
    return yaml


def _read(files: Mapping[str, str]) -> Any:
    return _yaml().load(files.get(PROMPTS, "")) or CommentedMap()


def _written(data: Any, head: str) -> str:
    text = StringIO()
    _yaml().dump(data, text)
    return head + text.getvalue()
