"""The practice carrier's queues: waiting rounds, every QueueResult, and taking a caller out."""

import pytest

from ivr.carrier.caller import Caller
from ivr.carrier.cues import Listening, Queued, Ringing, Talking
from ivr.carrier.queues import MUSIC
from ivr.carrier.signals import Moved, Request
from tests.carrier_site import ADDRESS, AGENT, CUSTOMER, HOTLINE, Form, call, company, texts, values

ENQUEUE = '<Enqueue action="/turn" waitUrl="/wait">general</Enqueue><Say>no action</Say>'
PAGES = {"/in": ENQUEUE, "/wait": "<Say>please wait</Say><Pause length='10'/>", "/turn": "<Say>after</Say>"}
RESULT = ("QueueResult", "QueueTime")


def test_the_waiting_document_is_asked_for_again_whenever_its_verbs_run_out() -> None:
    caller, site = call(PAGES)
    assert texts(caller.listen()) == ["please wait"]
    assert texts(caller.silence()) == ["please wait"]
    first, second, third = site.asked("/wait")
    names = ("QueuePosition", "CurrentQueueSize", "AvgQueueTime", "MaxQueueSize")
    assert values(first, *names) == ("1", "1", "0", "1000")
    assert [form["QueueTime"] for form in (first, second, third)] == ["0", "11", "21"]
    assert first["QueueSid"] == caller.carrier.queues["general"].sid


def test_callers_are_told_their_place() -> None:
    carrier, site = company(PAGES)
    for number in range(3):
        Caller(carrier, f"+861390000001{number}", HOTLINE)
    assert [values(form, "QueuePosition", "CurrentQueueSize") for form in site.asked("/wait")] == [
        ("1", "1"),
        ("2", "2"),
        ("3", "3"),
    ]


def test_leave_goes_to_the_action_at_once() -> None:
    pages = {
        **PAGES,
        "/wait": '<Gather numDigits="1" action="/key"><Say>1 to leave</Say></Gather>',
        "/key": "<Leave/>",
    }
    caller, site = call(pages)
    caller.listen()
    assert isinstance(caller.cue, Listening)
    caller.press("1")
    assert "QueueSid" in site.asked("/key")[0], "documents inside the wait know the queue too"
    assert values(site.asked("/turn")[0], *RESULT) == ("leave", "1")
    assert caller.carrier.queues["general"].members == []


def test_silence_in_a_waiting_gather_is_another_round() -> None:
    caller, site = call({**PAGES, "/wait": '<Gather numDigits="1" action="/key"><Say>wait</Say></Gather>'})
    caller.silence()
    caller.silence()
    assert len(site.asked("/wait")) == 3
    assert site.asked("/key") == []


def test_hanging_up_is_told_and_the_answer_is_ignored() -> None:
    caller, site = call(PAGES)
    caller.silence()
    caller.hang_up()
    assert values(site.asked("/turn")[0], *RESULT, "CallStatus") == ("hangup", "11", "completed")
    assert caller.over
    caller.listen()
    assert "after" not in texts(caller.heard)


def test_hangup_in_the_waiting_document_ends_the_call() -> None:
    caller, site = call({**PAGES, "/wait": "<Say>closing</Say><Hangup/>"})
    caller.listen()
    assert site.asked("/turn")[0]["QueueResult"] == "hangup"
    assert caller.over


def test_a_full_queue_is_told_at_once() -> None:
    carrier, site = company({**PAGES, "/in": ENQUEUE.replace("<Enqueue", '<Enqueue maxQueueSize="1"')})
    Caller(carrier, CUSTOMER, HOTLINE)
    second = Caller(carrier, AGENT, HOTLINE)
    assert texts(second.listen()) == ["after"]
    assert values(site.asked("/turn")[0], "QueueResult", "QueueSid") == ("queue-full", None)


@pytest.mark.parametrize(
    "waiting", ["<Dial>+8613900000009</Dial>", "<Record/>", "<Enqueue>x</Enqueue>", "<Reject/>", "not xml", None]
)
def test_a_bad_waiting_document_is_an_error_for_the_action(waiting: str | None) -> None:
    pages = {**PAGES, "/wait": waiting if waiting is not None else ConnectionError()}
    if waiting == "not xml":
        pages["/wait"] = "<unclosed>"
    caller, site = call(pages)
    assert site.asked("/turn")[0]["QueueResult"] == "error"
    assert caller.carrier.queues["general"].members == []
    assert caller.carrier.log.codes in ([14202], [12100], [11205])


@pytest.mark.parametrize("name", ["", "n" * 65])
def test_a_queue_needs_a_name_of_at_most_64_characters(name: str) -> None:
    _, site = call({**PAGES, "/in": ENQUEUE.replace("general", name)})
    assert values(site.asked("/turn")[0], "QueueResult", "QueueSid") == ("error", None)


def test_without_an_action_the_next_verb_follows() -> None:
    caller, _ = call({**PAGES, "/in": ENQUEUE.replace('action="/turn"', ""), "/wait": "<Leave/>"})
    assert texts(caller.listen()) == ["no action"]


def test_without_a_waiting_document_there_is_music_and_with_an_empty_one_silence() -> None:
    caller, _ = call({**PAGES, "/in": "<Enqueue>general</Enqueue>"})
    assert [one.text for one in caller.listen()] == [MUSIC]
    silent, _ = call({**PAGES, "/in": '<Enqueue waitUrl="">general</Enqueue>'})
    assert silent.cue == Queued("general", None)


def test_a_round_without_a_sound_is_not_asked_for_without_end() -> None:
    caller, site = call({**PAGES, "/wait": ""})
    assert caller.cue == Queued("general", None)
    assert len(site.asked("/wait")) == 1
    caller.hang_up()
    assert site.asked("/turn")[0]["QueueResult"] == "hangup"


def agent_pages(more: Form | None = None) -> dict[str, object]:
    def first(form: Form) -> str:
        dial = '<Dial action="/dialled"><Queue url="/hello">general</Queue></Dial>'
        return dial if form["From"] == AGENT else ENQUEUE

    return {**PAGES, "/in": first, "/hello": "<Say>connecting</Say>", "/dialled": "<Say>next</Say>", **(more or {})}


def test_an_agent_takes_the_first_caller_who_hears_the_greeting_first() -> None:
    carrier, site = company(agent_pages())
    caller = Caller(carrier, CUSTOMER, HOTLINE)
    Caller(carrier, "+8613900000008", HOTLINE)
    caller.listen()
    agent = Caller(carrier, AGENT, HOTLINE)
    assert agent.cue == Ringing(None)
    assert texts(caller.listen())[-1] == "connecting"
    assert caller.cue == Talking(AGENT, None)
    assert agent.cue == Talking(CUSTOMER, 14400)
    (hello,) = site.asked("/hello")
    assert values(hello, "CallSid", "DequeingCallSid") == (caller.leg.sid, agent.leg.sid)
    assert site.asked("/turn") == [], "bridged is told only after both have parted"
    carrier.clock.advance(33)
    agent.hang_up()
    assert values(site.asked("/turn")[0], *RESULT, "CallStatus") == ("bridged", "11", "in-progress")
    assert texts(caller.listen()) == ["after"]
    (dialled,) = site.asked("/dialled")
    assert values(dialled, "DialCallStatus", "DialBridged", "DialCallSid", "CallStatus") == (
        "completed",
        "true",
        caller.leg.sid,
        "completed",
    )


def test_the_caller_hangs_up_on_the_agent() -> None:
    carrier, site = company(agent_pages())
    caller, agent = Caller(carrier, CUSTOMER, HOTLINE), Caller(carrier, AGENT, HOTLINE)
    caller.listen()
    caller.hang_up()
    assert values(site.asked("/turn")[0], "QueueResult", "CallStatus") == ("bridged", "completed")
    assert texts(agent.listen()) == ["next"]
    assert site.asked("/dialled")[0]["DialBridged"] == "true"


def test_the_caller_hangs_up_in_the_greeting() -> None:
    carrier, site = company(agent_pages())
    caller, agent = Caller(carrier, CUSTOMER, HOTLINE), Caller(carrier, AGENT, HOTLINE)
    caller.hang_up()
    assert site.asked("/turn")[0]["QueueResult"] == "hangup"
    assert texts(agent.listen()) == ["next"]
    assert values(site.asked("/dialled")[0], "DialBridged", "DialCallStatus") == ("false", "canceled")


def test_an_agent_waits_at_an_empty_queue_and_gets_the_next_caller() -> None:
    carrier, _ = company(agent_pages())
    carrier.queue("general")
    agent = Caller(carrier, AGENT, HOTLINE)
    assert agent.cue == Ringing(35)
    caller = Caller(carrier, CUSTOMER, HOTLINE)
    caller.listen()
    assert isinstance(agent.cue, Talking)


@pytest.mark.parametrize(("exists", "status"), [(True, "no-answer"), (False, "failed")])
def test_an_agent_gives_up_at_an_empty_queue_and_fails_at_a_missing_one(exists: bool, status: str) -> None:
    carrier, site = company(agent_pages())
    if exists:
        carrier.queue("general")
    agent = Caller(carrier, AGENT, HOTLINE)
    if exists:
        agent.leg.finish()
    assert site.asked("/dialled")[0]["DialCallStatus"] == status
    assert texts(agent.listen()) == ["next"]


def test_the_queues_document_is_resolved_like_every_other() -> None:
    carrier, _ = company(PAGES)
    Caller(carrier, CUSTOMER, HOTLINE)
    assert carrier.log.documents()[1].url == f"{ADDRESS}/wait"
    assert carrier.log.documents()[1].context == "queue wait"


def test_moving_a_caller_who_talks_is_told_as_such_and_the_agent_goes_on() -> None:
    carrier, site = company(agent_pages())
    caller, agent = Caller(carrier, CUSTOMER, HOTLINE), Caller(carrier, AGENT, HOTLINE)
    caller.listen()
    caller.leg.signal(Moved(Request(f"{ADDRESS}/turn")))
    assert site.asked("/turn")[0]["QueueResult"] == "redirected-from-bridged"
    assert texts(caller.listen()) == ["after"]
    assert texts(agent.listen()) == ["next"]
    assert len(site.asked("/turn")) == 2


def test_a_workflow_has_a_queue_of_its_own() -> None:
    workflow = "WW" + "1" * 32
    task = '<Task>{"queue": "x"}</Task>'
    enqueue = f'<Enqueue workflowSid="{workflow}" action="/turn" waitUrl="/wait">{task}</Enqueue>'
    caller, _ = call({**PAGES, "/in": enqueue})
    assert texts(caller.listen()) == ["please wait"]
    assert len(caller.carrier.queues[workflow].members) == 1
    assert caller.carrier.log.codes == []


@pytest.mark.parametrize(("workflow", "task", "code"), [("payments", "{}", 14220), ("WW" + "1" * 32, "{queue}", 14221)])
def test_a_wrong_workflow_or_task_is_told(workflow: str, task: str, code: int) -> None:
    caller, _ = call({**PAGES, "/in": f'<Enqueue workflowSid="{workflow}"><Task>{task}</Task></Enqueue>'})
    assert caller.carrier.log.codes[0] == code
