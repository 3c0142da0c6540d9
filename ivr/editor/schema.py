"""The JSON Schema of the menus, made from the kinds, for editors that complete and check while somebody writes."""

import json
import re
from collections.abc import Mapping
from inspect import cleandoc, getdoc, getmodule
from typing import Any, Final

import click
from pydantic.json_schema import GenerateJsonSchema

from ivr.editor import hours_schema
from ivr.flow.flow import Hotline, Matter, Queue
from ivr.flow.node import Piece
from ivr.flow.nodes import kinds
from ivr.flow.speech import languages
from ivr.flow.text import parse

Schema = dict[str, Any]
NAME: Final = "^[a-z][a-z0-9_]*$"
EXAMPLE: Final = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
ABOUT: Final = """The files of a hotline's menus. In VS Code with its YAML extension:
`yaml.schemas: {"menus.schema.json": "menus/**/*.yaml"}`; which file it is, is seen by what stands in it."""


def schema() -> Schema:
    """Return one JSON Schema (2020-12) for all files of the menus, each also alone as `#/$defs/<file>`.

    It holds for data as `ivr.flow.text.parse` gives it, where numbers are text, and for plain YAML, where they are not.
    """
    files = {"hotline": _hotline(), "hours": hours_schema.hours(), "queues": _queues(), "menu": _menu()}
    files["language"] = _language()
    nodes = {f"kind_{name}": _node(name) for name in kinds()}
    node = {"node": {"type": "object", "required": ["kind"], "properties": {"kind": _kind()}, "allOf": _by_kind()}}
    inner = [piece.pop("$defs", {}) for piece in (*files.values(), *nodes.values())]
    shared = {name: made for pieces in inner for name, made in pieces.items()}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Menus", "description": ABOUT}
    return head | _one_of_files() | {"$defs": _written(files | node | nodes | shared)}


class _Generate(GenerateJsonSchema):
    """As pydantic makes it, without titles that only repeat the fields' names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """No title."""
        return False


def _of(piece: type[Piece]) -> Schema:
    return piece.model_json_schema(schema_generator=_Generate)


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _one_of_files() -> Schema:
    """Tell the files apart by what only they have."""
    dotted = {"not": {"propertyNames": {"pattern": r"^[^.]*$"}}}
    written = [{"required": [name]} for name in ("kind", "say", "then")]
    node = {"type": "object", "anyOf": written}
    menu = {"anyOf": [{"required": ["matter"]}, {"not": {"additionalProperties": {"not": node}}}]}
    apart = {
        "hotline": {"anyOf": [{"required": [name]} for name in ("phrases", "languages", "tongues")]},
        "hours": {"required": ["queues"], "properties": {"queues": {"type": "object"}}},
        "language": dotted,
        "menu": menu,
    }
    chosen: Schema = _ref("queues")
    for name, sign in reversed(apart.items()):
        chosen = {"if": sign, "then": _ref(name), "else": chosen}
    return {"type": "object"} | chosen


def _hotline() -> Schema:
    made = _of(Hotline)
    spoken = {"enum": list(languages())}
    for name in ("languages", "tongues"):
        made["properties"][name]["propertyNames"] = spoken
    return made


def _queues() -> Schema:
    return {"type": "object", "description": "Who answers.", "additionalProperties": _ref("queue")} | {
        "$defs": {"queue": _of(Queue)}
    }


def _menu() -> Schema:
    header = _of(Matter)
    return {
        "type": "object",
        "description": f"{header['description']} Then nodes by name; calls that come to the file begin at start.",
        "properties": header["properties"],
        "dependentRequired": {"matter": ["queue"], "queue": ["matter"]},
        "propertyNames": {"pattern": NAME},
        "additionalProperties": _ref("node"),
    }


def _language() -> Schema:
    words = "Words in one more language, by their place: person.start.say, or main.start.choices.stolen for a choice."
    return {"type": "object", "description": words, "additionalProperties": {"type": "string", "minLength": 1}}


def _kind() -> Schema:
    return {"enum": sorted(kinds()), "description": "What the node does."}


def _by_kind() -> list[Schema]:
    return [
        {"if": {"properties": {"kind": {"const": name}}, "required": ["kind"]}, "then": _ref(f"kind_{name}")}
        for name in sorted(kinds())
    ]


def _node(name: str) -> Schema:
    """Return a kind's schema, which its own documentation explains, with the example there."""
    kind = kinds()[name]
    made, told = _of(kind), getdoc(getmodule(kind)) or ""
    del made["properties"]["place"]
    made["properties"] = {"kind": {"const": name}} | made["properties"]
    made["required"] = ["kind", *made.get("required", [])]
    made["description"] = f"{told.splitlines()[0]} {cleandoc(kind.__doc__ or '')}"
    if example := EXAMPLE.search(told):
        made["examples"] = list(parse("", example[1])[0].data.values())
    return made


def _written(value: Any) -> Any:
    """Return a schema under which numbers may also be text, and patterned names hold for every name."""
    if isinstance(value, list):
        return [_written(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    made = {name: item if name == "examples" else _written(item) for name, item in value.items()}
    if "patternProperties" in made:
        made.setdefault("additionalProperties", False)
    match made:
        case {"type": "integer", "enum": list(those)}:
            return {"anyOf": [made, {"type": "string", "enum": list(map(str, those))}]}
        case {"type": "integer"}:
            return made | {"type": ["integer", "string"], "pattern": between(made.get("minimum"), made.get("maximum"))}
        case {"type": "string", "pattern": str(pattern)} if re.fullmatch(pattern, "8") or re.fullmatch(pattern, "12"):
            return made | {"type": ["string", "integer"]}
    return made


def between(least: int | None, most: int | None) -> str:
    """Return the pattern of whole numbers from one to another, both not negative; of all where one is not given."""
    if least is None or most is None:
        return "^-?[0-9]+$"
    ends = [10**digits for digits in range(1, len(str(most))) if least < 10**digits]
    ways = [_alike(str(start), str(end - 1)) for start, end in zip([least, *ends], [*ends, most + 1], strict=True)]
    return f"^0*(?:{'|'.join(ways)})$"


def _alike(least: str, most: str) -> str:
    """Return the pattern of the numbers between two with as many digits."""
    if not least:
        return ""
    first, last, rest = int(least[0]), int(most[0]), len(least) - 1
    if first == last:
        return least[0] + _alike(least[1:], most[1:])
    ways = [f"{first}{_alike(least[1:], '9' * rest)}", f"{last}{_alike('0' * rest, most[1:])}"]
    if last - first > 1:
        ways.append(f"[{first + 1}-{last - 1}]" + "[0-9]" * rest)
    return f"(?:{'|'.join(ways)})"


@click.command("schema")
def printing() -> None:
    """Print the JSON Schema of the menus, for the editor you write them in."""
    click.echo(json.dumps(schema(), ensure_ascii=False, indent=2))
