"""The practice carrier's conferences: waiting, starting, ending, and what the status callback is told."""

import pytest

from ivr.carrier.caller import Caller
from ivr.carrier.company import Carrier
from ivr.carrier.cues import Queued, Talking
from ivr.carrier.queues import MUSIC
from ivr.carrier.signals import Request
from tests.carrier_site import ADDRESS, AGENT, CUSTOMER, HOTLINE, Form, Site, company, texts, values

EVENTS = 'statusCallback="/callback" statusCallbackEvent="start end join leave mute hold modify announcement"'


def conference(customer: str = "", agent: str = "", callbacks: str = EVENTS) -> dict[str, object]:
    def first(form: Form) -> str:
        attributes = agent if form["From"] == AGENT else customer
        return f'<Dial action="/turn"><Conference {callbacks} {attributes}>call-1</Conference></Dial>'

    return {"/in": first, "/turn": "<Say>after</Say>", "/wait": "<Say>soon</Say>", "/hold": "<Say>held</Say>"}


def pair(pages: dict[str, object]) -> tuple[Carrier, Site, Caller, Caller]:
    carrier, site = company(pages)
    return carrier, site, Caller(carrier, CUSTOMER, HOTLINE), Caller(carrier, AGENT, HOTLINE)


def events(site: Site) -> list[str]:
    return [form["StatusCallbackEvent"] for form in site.asked("/callback")]


def test_the_first_waits_with_music_and_both_talk_when_the_second_comes() -> None:
    carrier, site = company(conference('waitUrl="/wait"'))
    customer = Caller(carrier, CUSTOMER, HOTLINE)
    assert texts(customer.listen()) == ["soon"]
    assert customer.cue == Queued("conference:call-1", None), "the waiting document is not asked for again"
    agent = Caller(carrier, AGENT, HOTLINE)
    assert customer.cue == agent.cue == Talking("conference:call-1", 14400)
    assert events(site) == ["participant-join", "participant-join", "conference-start"]
    assert [form["SequenceNumber"] for form in site.asked("/callback")] == ["0", "1", "2"]
    assert carrier.log.codes == []


def test_a_redirect_makes_the_waiting_document_go_round() -> None:
    carrier, site = company(conference('waitUrl="/wait"') | {"/wait": "<Say>soon</Say><Redirect/>"})
    customer = Caller(carrier, CUSTOMER, HOTLINE)
    customer.leg.finish()
    customer.leg.finish()
    assert len(site.asked("/wait")) == 3


def test_without_a_waiting_document_there_is_music() -> None:
    carrier, _ = company(conference())
    assert texts(Caller(carrier, CUSTOMER, HOTLINE).listen()) == [MUSIC]


@pytest.mark.parametrize("verb", ["<Gather/>", "<Hangup/>", "<Record/>", f"<Dial>{AGENT}</Dial>"])
def test_a_verb_that_is_not_allowed_in_a_waiting_document_is_13238_and_silence(verb: str) -> None:
    carrier, _ = company(conference('waitUrl="/wait"') | {"/wait": verb})
    customer = Caller(carrier, CUSTOMER, HOTLINE)
    assert carrier.log.codes == [13238]
    assert isinstance(customer.cue, Queued)


def test_nothing_starts_before_somebody_who_starts_it() -> None:
    late = 'startConferenceOnEnter="false" waitUrl=""'
    carrier, site, customer, agent = pair(conference(late, late))
    assert isinstance(customer.cue, Queued)
    assert isinstance(agent.cue, Queued)
    assert "conference-start" not in events(site)
    assert carrier.rooms["call-1"].status == "init"


def test_the_one_who_ends_it_on_exit_ends_it_for_all() -> None:
    carrier, site, customer, agent = pair(conference(agent='endConferenceOnExit="true"'))
    agent.hang_up()
    assert texts(customer.listen()) == ["after"]
    assert [values(form, "DialCallStatus", "DialCallSid", "CallStatus") for form in site.asked("/turn")] == [
        ("answered", None, "completed"),
        ("answered", None, "in-progress"),
    ]
    assert events(site)[3:] == ["participant-leave", "participant-leave", "conference-end"]
    end = site.asked("/callback")[5]
    assert values(end, "ReasonConferenceEnded", "CallSidEndingConference") == (
        "participant-with-end-conference-on-exit-left",
        agent.leg.sid,
    )
    assert carrier.rooms["call-1"].over


def test_an_agent_who_leaves_does_not_end_the_call() -> None:
    carrier, site, customer, agent = pair(conference())
    agent.hang_up()
    assert isinstance(customer.cue, Talking)
    customer.hang_up()
    assert carrier.rooms["call-1"].reason == "last-participant-left"
    assert [form["ReasonParticipantLeft"] for form in site.asked("/callback") if "ReasonParticipantLeft" in form] == [
        "participant_hung_up",
        "participant_hung_up",
    ]


def test_hold_mute_coach_and_announcements_are_heard_and_told() -> None:
    carrier, site, customer, _ = pair(conference())
    room = carrier.rooms["call-1"]
    held = room.find(customer.leg.sid)
    assert held is not None

    room.change(held, "participant-hold", hold=True, hold_music=Request(f"{ADDRESS}/hold"))
    assert texts(customer.listen())[-1] == "held"
    assert isinstance(customer.cue, Queued)
    room.change(held, "participant-unhold", hold=False)
    assert isinstance(customer.cue, Talking)
    room.change(held, "participant-modify", announcement=Request(f"{ADDRESS}/wait"))
    assert texts(customer.listen())[-1] == "soon"
    assert isinstance(customer.cue, Talking)
    assert events(site)[3:] == ["participant-hold", "participant-unhold", "participant-modify", "announcement-end"]
    assert site.asked("/callback")[3]["Hold"] == "true"
    assert [asked.context for asked in carrier.log.documents()][-2:] == ["conference wait", "conference wait"]


def test_the_callback_is_fixed_by_the_first_participant() -> None:
    pages = conference("", 'statusCallback="/other" statusCallbackEvent="join"', "")
    _, site, _, _ = pair(pages)
    assert site.asked("/other") == []


def test_a_label_that_is_taken_sends_the_caller_to_the_next_verb() -> None:
    label = 'participantLabel="customer"'
    carrier, _, _, agent = pair(conference(label, label))
    assert carrier.log.codes == [16025]
    assert texts(agent.listen()) == ["after"]


def test_a_conference_is_recorded_from_its_start_and_told_with_its_sid() -> None:
    recorded = 'record="record-from-start" recordingStatusCallback="/recorded"'
    carrier, site, customer, agent = pair(conference(recorded) | {"/recorded": "<Pause/>"})
    carrier.clock.advance(40)
    agent.hang_up()
    customer.hang_up()
    (told,) = site.asked("/recorded")
    assert values(told, "RecordingStatus", "RecordingDuration", "RecordingSource", "ConferenceSid") == (
        "completed",
        "40",
        "Conference",
        carrier.rooms["call-1"].sid,
    )


def test_a_conference_of_the_same_name_is_another_one_after_its_end() -> None:
    carrier, _, customer, agent = pair(conference())
    first = carrier.rooms["call-1"]
    agent.hang_up()
    customer.hang_up()
    Caller(carrier, CUSTOMER, HOTLINE)
    assert carrier.rooms["call-1"] is not first
    assert set(carrier.conferences) == {first.sid, carrier.rooms["call-1"].sid}


def test_the_first_to_end_a_conference_is_the_one_who_ended_it() -> None:
    both = 'endConferenceOnExit="true"'
    carrier, site, customer, agent = pair(conference(both, both))
    customer.hang_up()
    assert agent.over is False
    assert carrier.rooms["call-1"].ended_by == customer.leg.sid
    ends = [form for form in site.asked("/callback") if form["StatusCallbackEvent"] == "conference-end"]
    assert [form["CallSidEndingConference"] for form in ends] == [customer.leg.sid]
