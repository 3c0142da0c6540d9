"""The base of all node kinds: a node's fields are its schema, its checks and its form in the editor."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, get_args

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, StringConstraints
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import no_info_after_validator_function

from ivr.flow.call import Call
from ivr.flow.inputs import Input, Pressed
from ivr.flow.move import Go, Move, Prompt

if TYPE_CHECKING:
    from ivr.flow.flow import Flow


@dataclass(frozen=True, slots=True)
class Mark:
    """What a text in the menus is for: `words` a caller hears, a `place` to go to, or a `queue` to stand in.

    An `invitation` is words after which a key is named, so that they are never heard alone; what is `unspoken` is read
    by somebody and never heard.
    """

    use: str

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Tell editors, too."""
        return handler(schema) | {"x-use": self.use}


@dataclass(frozen=True, slots=True)
class Shape:
    """The form of a text, for pydantic to check and for editors to know."""

    pattern: str
    words: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check the form."""
        return no_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Tell editors, too."""
        return handler(schema) | {"pattern": f"^(?:{self.pattern})$", "description": self.words}

    def _checked(self, text: str) -> str:
        if not re.fullmatch(self.pattern, text, re.ASCII):
            raise PydanticCustomError("form", "{words}", {"words": self.words})
        return text


def shaped(pattern: str, words: str) -> Shape:
    """Return the check that a text has this form (a regular expression), which the words explain to operations."""
    return Shape(pattern, words)


NonEmpty: Final = StringConstraints(min_length=1, strip_whitespace=True)
Words = Annotated[str, NonEmpty, Mark("words")]
Unspoken = Annotated[str, NonEmpty, Mark("words"), Mark("unspoken")]
Invitation = Annotated[str, NonEmpty, Mark("words"), Mark("invitation")]
NAMED: Final = "name a node, as in message, or a file and a node, as in person.message: small letters, digits and _"
Place = Annotated[str, shaped(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?", NAMED), Mark("place")]
QueueName = Annotated[str, Mark("queue")]
Key = Annotated[str, shaped(r"[0-9*#]", "a key is one of 0 to 9, * and #")]
Path = tuple[str, ...]
Types = tuple[Any, ...]  # And what annotates them.


class Piece(BaseModel):
    """A part of the menus that operations write: unknown fields are refused, nothing changes after loading."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def marked(self, use: str) -> Iterator[tuple[Path, str]]:
        """Yield (path of field names, text) of every field marked for this use, in the order of the fields."""
        for name, info in type(self).model_fields.items():
            for path, text in _marked(use, getattr(self, name), (info.annotation, *info.metadata)):
                yield (info.alias or name, *path), text


def _marked(use: str, value: Any, types: Types) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        if Mark(use) in flat(types):
            yield (), value
    elif isinstance(value, Piece):
        yield from value.marked(use)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from (((str(key), *path), text) for path, text in _marked(use, item, types))


def flat(types: Types) -> Sequence[Any]:
    """Return these types and annotations, and all that stand within them."""
    return _flat(types)


@cache
def _flat(types: Types) -> Types:
    return tuple(one for item in types for one in (item, *_flat(get_args(item))))


class Node(Piece, ABC):
    """One step of a call; every kind says what happens on entering it and on hearing an answer there."""

    place: str = ""
    # Whether whoever comes here is with a person, or will be: in line, on record, or to be rung back.
    reaches: ClassVar[bool] = False
    # Whether what happens here depends on the hour.
    timed: ClassVar[bool] = False

    @property
    def asks(self) -> bool:
        """Whether a call stays here for an answer; all other kinds go on, or end it, at once."""
        return type(self).hear is not Node.hear

    @property
    def speaks(self) -> str:
        """The language that is spoken from here on, empty where that stays the same."""
        return ""

    @abstractmethod
    def enter(self, flow: "Flow", call: Call) -> Move:
        """Return what to do when the call comes here."""

    def hear(self, flow: "Flow", call: Call, heard: Input) -> Move:
        """Return what to do with an answer to this node's wait; the call already counts the turn."""
        raise TypeError(f"{self.place} waits for nothing, but heard {type(heard).__name__}")

    def keys(self, flow: "Flow", call: Call) -> tuple[str, ...]:
        """Return what can be keyed at this node's wait that leads on, one of each sort: for walking all ways."""
        return ()

    def prompts(self, use: str = "words") -> dict[str, str]:
        """Return place -> words in the base language for all that this node says, or for what is marked so."""
        return {".".join((self.place, *path)): text for path, text in self.marked(use)}

    def exits(self) -> list[tuple[Path, str]]:
        """Return (path of field names, place as written) for every way that leads on from here."""
        return list(self.marked("place"))

    def learns(self) -> Mapping[str, str]:
        """Return the facts that this node makes known, for words that mention them: each with what it is in SUITING."""
        return {}

    def problems(self, flow: "Flow") -> Iterator[tuple[Path, str]]:
        """Yield (path of field names, plain words) for what only the whole of the menus shows to be wrong here."""
        yield from ()

    def prompt(self, field: str, **more: Any) -> Prompt:
        """Return the prompt of one of this node's fields."""
        return Prompt(f"{self.place}.{field}", **more)


def keys_of(heard: Input) -> str:
    """Return what was keyed as text, empty for silence and for everything that is no key."""
    return str(heard.keys) if isinstance(heard, Pressed) else ""


def go(place: str) -> Move:
    """Return the move straight to a place."""
    return Move(Go(place))
