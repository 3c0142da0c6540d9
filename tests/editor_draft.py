"""A draft of the menus in memory, as the editor's island is told it: for looking at the island alone."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, get_args

from pydantic.fields import FieldInfo
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ivr.flow.load import load
from ivr.flow.node import Mark
from ivr.flow.nodes import kinds

Told = dict[str, Any]
APART = ("hotline.yaml", "hours.yaml", "queues.yaml", "rehearsals.yaml")


def written() -> YAML:
    """Return what reads and writes the menus, comments kept."""
    made = YAML()
    made.width, made.preserve_quotes = 10_000, True
    return made


def parsed(text: str) -> Any:
    """Return a file as it is written, or {} where it cannot be read."""
    try:
        return written().load(text) or {}
    except YAMLError:
        return {}


def text_of(data: Any) -> str:
    """Return a file's text."""
    out = io.StringIO()
    written().dump(data, out)
    return out.getvalue()


def plain(value: Any) -> Any:
    """Return what was read, fit for JSON."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


def _type(name: str, info: FieldInfo) -> Told:
    marks = str(info.annotation) + str(info.metadata)
    options = [one for one in re.findall(r"Literal\[([^\]]*)\]", marks) for one in re.findall(r"'([^']*)'", one)]
    uses = [use for use in ("words", "place", "queue") if f"use='{use}'" in marks or Mark(use) in info.metadata]
    sort = (
        "choices"
        if name == "choices"
        else "choice"
        if options
        else uses[0]
        if uses
        else "flag"
        if info.annotation is bool
        else "number"
        if info.annotation is int or int in get_args(info.annotation)
        else "text"
    )
    title = {"zh": name, "en": name}
    return {
        "name": name,
        "type": sort,
        "required": info.is_required(),
        "title": title,
        "help": None,
        "options": options,
    }


def kinds_told() -> Told:
    """Return the kinds with their fields."""
    return {
        kind: {
            "title": {"zh": kind, "en": kind.capitalize()},
            "fields": [_type(name, info) for name, info in made.model_fields.items() if name != "place"],
        }
        for kind, made in kinds().items()
    }


@dataclass
class Draft:
    """The files, what they were before, and who changed them."""

    files: dict[str, str]
    owner: str = "alice"
    revision: int = 1
    by: str = "alice"
    past: list[dict[str, str]] = field(default_factory=list)
    future: list[dict[str, str]] = field(default_factory=list)

    def change(self, files: dict[str, str], by: str = "alice") -> None:
        """Take new files."""
        self.past.append(self.files)
        self.files, self.future, self.by = files, [], by
        self.revision += 1

    def step(self, back: bool) -> None:
        """Undo, or redo."""
        source, other = (self.past, self.future) if back else (self.future, self.past)
        other.append(self.files)
        self.files = source.pop()
        self.revision += 1

    def state(self) -> Told:
        """Return all that the island is told."""
        _, problems = load({name: text for name, text in self.files.items() if name != APART[-1]})
        data = {name: parsed(text) for name, text in self.files.items()}
        tags = list(data["hotline.yaml"]["languages"])
        nodes = list(self._nodes(data, tags))
        told = [{"file": one.file, "line": one.line, "words": one.words} for one in problems]
        for one in told:
            own = [node for node in nodes if node["file"] == one["file"] and node["line"] <= one["line"]]
            one["place"] = own[-1]["place"] if own else None
        return {
            "draft": 7,
            "revision": self.revision,
            "base": 1,
            "live": 1,
            "owner": self.owner,
            "mine": True,
            "can": {"edit": True, "publish": True},
            "languages": [{"tag": tag, "name": {"zh-CN": "中文", "en-US": "English"}[tag]} for tag in tags],
            "files": self.files,
            "nodes": nodes,
            "edges": list(_edges(nodes)),
            "problems": told,
            "kinds": kinds_told(),
            "queues": list(data["queues.yaml"]),
            "places": [node["place"] for node in nodes],
            "undo": bool(self.past),
            "redo": bool(self.future),
        }

    def _nodes(self, data: Told, tags: list[str]) -> Iterator[Told]:
        told = kinds_told()
        others = {tag: data.get(f"languages/{tag}.yaml", {}) for tag in tags[1:]}
        for name, file in data.items():
            for key, node in file.items() if name not in APART and "/" not in name else ():
                if not isinstance(node, dict) or node.get("kind") not in told:
                    continue
                place = f"{name.removesuffix('.yaml')}.{key}"
                base = {
                    one["name"]: node[one["name"]]
                    for one in told[node["kind"]]["fields"]
                    if one["type"] == "words" and one["name"] in node
                }
                base |= {f"choices.{one['go']}": one["for"] for one in node.get("choices", {}).values()}
                words = {
                    path: {tags[0]: said} | {tag: others[tag].get(f"{place}.{path}", "") for tag in others}
                    for path, said in base.items()
                }
                yield {
                    "place": place,
                    "kind": node["kind"],
                    "file": name,
                    "line": file.lc.data[key][0] + 1,
                    "fields": plain({one: value for one, value in node.items() if one != "kind"}),
                    "words": words,
                    "name": file["matter"] if key == "start" and "matter" in file else base.get("say") or key,
                }

    def edited(self, edits: list[Told]) -> dict[str, str]:
        """Return the files after edits."""
        files = dict(self.files)
        for edit in edits:
            _edit(files, edit)
        return files


def _edges(nodes: list[Told]) -> Iterator[Told]:
    told = kinds_told()
    for node in nodes:
        stem = node["file"].removesuffix(".yaml")
        ways = [
            ([one["name"]], node["fields"][one["name"]], "" if one["name"] == "then" else one["name"])
            for one in told[node["kind"]]["fields"]
            if one["type"] == "place" and one["name"] in node["fields"]
        ]
        ways += [(["choices", key, "go"], one["go"], key) for key, one in node["fields"].get("choices", {}).items()]
        known = {one["place"] for one in nodes}
        for path, name, label in ways:
            to = next((one for one in (f"{stem}.{name}", name, f"{name}.start") if one in known), name)
            yield {"from": node["place"], "to": to, "label": label, "path": path}


def _edit(files: dict[str, str], edit: Told) -> None:
    if edit["do"] == "file":
        files.pop(edit["name"], None)
        if edit["text"] is not None:
            files[edit["name"]] = edit["text"]
        return
    words_place = edit.get("place", "")
    file, key, *path = words_place.split(".")
    if edit["do"] == "words" and edit["language"] != "zh-CN":
        name = f"languages/{edit['language']}.yaml"
        data = parsed(files[name])
        data[words_place] = edit["value"]
        files[name] = text_of(data)
        return
    name = f"{file}.yaml"
    data = parsed(files.get(name, ""))
    match edit["do"]:
        case "words" if path[0] == "choices":
            go = ".".join(path[1:])
            next(one for one in data[key]["choices"].values() if one["go"] == go)["for"] = edit["value"]
        case "words":
            data[key][path[0]] = edit["value"]
        case "set":
            inner = data[key]
            for step in edit["path"][:-1]:
                inner = inner[int(step) if step.isdigit() and int(step) in inner else step]
            if edit["value"] is None:
                inner.pop(edit["path"][-1], None)
            else:
                inner[edit["path"][-1]] = edit["value"]
        case "add":
            first = {name: said["zh-CN"] for name, said in edit["words"].items()}
            data[key] = {"kind": edit["kind"], **edit["fields"], **first}
        case "remove":
            del data[key]
        case "move":
            data[edit["to"].split(".")[1]] = data.pop(key)
        case "choice":
            _choice(data[key]["choices"], edit)
    files[name] = text_of(data)


def _choice(choices: Any, edit: Told) -> None:
    named = {str(one): one for one in choices}
    key, to = edit["key"], edit["to_key"]
    old = choices.pop(named[key]) if key in named else {}
    if to is None:
        return
    if to in named and to != key:
        choices[named[key]] = choices.pop(named[to])
    told = edit.get("words", {}).get("zh-CN") or old.get("for", "")
    choices[int(to) if to.isdigit() else to] = {"for": told, "go": edit.get("go") or old.get("go", "")}
