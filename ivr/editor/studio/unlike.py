"""Widgets for which our menus have nothing alike: by which of their events calls go on, and what to do instead."""

from typing import Final

WAYS: Final = (
    "success",
    "next",
    "sent",
    "complete",
    "completed",
    "return",
    "audioComplete",
    "answered",
    "sessionEnded",
)
CUSTOMER: Final = "nothing outside is asked during a call: let an agent look it up, or write a kind of node"
UNLIKE: Final = {
    "set-variables": "variables are not kept: lead keys to different nodes instead, or ask with kind: collect",
    "make-http-request": CUSTOMER,
    "run-function": CUSTOMER,
    "run-subflow": "a flow within the flow is not read: import that flow, too, and lead here to its first node",
    "send-message": "no text message is sent: say it, or let the agent send it",
    "send-and-wait-for-reply": "messages are not answered here: this hotline takes calls only",
    "capture-payments": "no card is taken by keypad: lead to a person, or say where customers pay",
    "record-call": "talks are recorded by queue, after a notice: write record: true in queues.yaml",
    "add-twiml-redirect": "calls are not handed to another application: import what that does, or lead to a person",
    "fork-stream": "the sound is not sent elsewhere: leave it out, or write a kind of node",
    "connect-virtual-agent": "no virtual agent talks here: lead to a menu or to a person",
    "connect-virtual-agent-v2": "no virtual agent talks here: lead to a menu or to a person",
    "send-to-auto-pilot": "no assistant talks here: lead to a menu or to a person",
    "make-outgoing-call": "the flow rings nobody: it answers calls; call backs are made by kind: callback",
    "make-outgoing-call-v2": "the flow rings nobody: it answers calls; call backs are made by kind: callback",
    "lookup": CUSTOMER,
    "search": CUSTOMER,
}


def unlike(kind: str) -> str:
    """Return what to do about a widget of a type (as Studio writes it) that has nothing alike."""
    return UNLIKE.get(kind, f"widgets of type {kind!r} are not known: write by hand what it does")
