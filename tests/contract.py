"""Checks a TwiML document against Twilio's published verbs, which stand beside the checkout."""

import json
import os
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from ivr.telephony.voices import VOICES

SHARED = Path(__file__).resolve().parents[2] / "shared"
HAN = 500


def shared(name: str) -> Path:
    """Return a file beside the checkout; skip where it is not, but fail on CI."""
    file = SHARED / name
    if not file.exists():
        why = f"needs shared/{name} beside the checkout"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    return file


@cache
def verbs() -> dict[str, Any]:
    """Return Twilio's elements, contexts and rules."""
    found: dict[str, Any] = json.loads(shared("twilio/twiml_verbs.json").read_text("utf-8"))
    return found


def faults(document: str, waiting: bool) -> list[str]:
    """Return all that is wrong with a document that answers a call, or a round of the waiting room."""
    if len(document.encode()) > 65536:
        return ["over 64 kB"]
    root = ET.fromstring(document)
    if root.tag != "Response":
        return [f"the root is {root.tag}"]
    context = verbs()["contexts"]["enqueue_waitUrl" if waiting else "call_document"]
    outside = [f"{child.tag} is not allowed here" for child in root if child.tag not in context["allowed"]]
    return [*outside, *_element(root), *_unreachable(root)]


def _element(element: ET.Element) -> Iterator[str]:
    rules = next(rule for rule in verbs()["elements"].values() if rule["xml_element"] == element.tag)
    for name, value in element.attrib.items():
        if name not in rules["attributes"]:
            yield f"{element.tag} has no attribute {name}"
        elif rules["attributes"][name].get("type") == "number" and not value.isdigit():
            yield f"{element.tag} {name}={value!r} is no number"
    if element.tag == "Say":
        yield from _say(element)
    if element.tag == "Enqueue":
        yield from _enqueue(element)
    for child in element:
        if child.tag not in rules["children"]:
            yield f"{child.tag} does not stand in {element.tag}"
        yield from _element(child)


def _enqueue(element: ET.Element) -> Iterator[str]:
    """Either a queue of its own name, or a workflow with one task, whose attributes are a JSON object."""
    tasks, workflow = element.findall("Task"), element.get("workflowSid", "")
    if not workflow:
        if tasks or not (element.text or "").strip():
            yield "an Enqueue without a workflow has a name and no Task"
        return
    if not re.fullmatch("WW[0-9a-f]{32}", workflow) or len(tasks) != 1 or (element.text or "").strip():
        yield f"an Enqueue of workflow {workflow!r} with {len(tasks)} tasks and name {element.text!r}"
    yield from (f"a Task without a JSON object: {task.text}" for task in tasks if not _object(task.text or ""))


def _object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _say(element: ET.Element) -> Iterator[str]:
    text, voice = element.text or "", element.get("voice", "")
    if VOICES.get(voice) != element.get("language") or voice not in verbs()["enums"]["SayVoice"]:
        yield f"voice {voice!r} with language {element.get('language')!r}"
    if not text.strip():
        yield "an empty Say"
    if sum("\u4e00" <= letter <= "\u9fff" for letter in text) > HAN or len(quote(text)) > 4500:
        yield f"a Say of {len(text)} characters"
    if "{" in text or "}" in text:
        yield f"a gap is left open: {text}"


def _unreachable(root: ET.Element) -> Iterator[str]:
    last = {"Redirect", "Record", "Hangup", "Reject", "Leave"}
    for number, child in enumerate(root, 1):
        ends = child.tag in last or (child.tag in ("Enqueue", "Dial") and child.get("action"))
        if (ends or child.get("actionOnEmptyResult") == "true") and number < len(root):
            yield f"nothing after {child.tag} is ever reached"
