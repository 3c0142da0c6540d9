"""The practice carrier records messages and tells of them as Twilio does."""

import pytest

from ivr.carrier.cues import Recording
from ivr.carrier.sounds import length, tone
from tests.carrier_site import ADDRESS, Form, call, texts, values

RECORD = (
    '<Say>speak</Say><Record action="/turn" maxLength="60" timeout="5" finishOnKey="#"'
    ' recordingStatusCallback="/callback" recordingStatusCallbackEvent="completed absent"/><Say>never</Say>'
)
FIELDS = (
    *("RecordingSource", "RecordingSid", "RecordingUrl", "RecordingStatus", "RecordingChannels"),
    *("ErrorCode", "CallSid", "RecordingStartTime", "AccountSid", "RecordingDuration"),
)
PAGES = {"/in": RECORD, "/turn": "<Say>kept</Say>"}


def test_a_message_ended_by_a_key_goes_to_the_action_with_all_its_parameters() -> None:
    caller, site = call(PAGES)
    caller.listen()
    assert caller.cue == Recording(True, 60, 5, "#", 5)
    caller.speak(20)
    caller.press("#")
    (turn,) = site.asked("/turn")
    sid = turn["RecordingSid"]
    assert values(turn, "RecordingDuration", "Digits", "CallStatus") == ("20", "#", "in-progress")
    assert turn["RecordingUrl"] == caller.carrier.recording_url(sid)
    assert turn["RecordingUrl"].endswith(f"/2010-04-01/Accounts/{caller.carrier.account_sid}/Recordings/{sid}")
    assert texts(caller.listen()) == ["kept"]
    assert length(caller.carrier.recordings[sid].wav) == 20


def test_the_recording_callback_comes_after_the_action_and_has_no_numbers_in_it() -> None:
    caller, site = call(PAGES)
    caller.speak(3)
    caller.silence()
    assert site.paths().index("/callback") > site.paths().index("/turn")
    (told,) = site.asked("/callback")
    assert list(told) == sorted(FIELDS)
    assert values(told, "RecordingStatus", "RecordingDuration", "RecordingSource") == ("completed", "3", "RecordVerb")
    assert told["RecordingStartTime"].endswith("+0000")
    assert site.asked("/turn")[0]["Digits"] == ""


def test_nothing_said_is_an_absent_recording_and_the_verbs_after_it_do_not_run() -> None:
    caller, site = call(PAGES)
    caller.silence()
    assert values(site.asked("/turn")[0], "RecordingDuration", "Digits") == ("0", "")
    assert site.asked("/callback")[0]["RecordingStatus"] == "absent"
    assert texts(caller.listen()) == ["kept"]


def test_absent_is_told_only_to_who_asked_for_it() -> None:
    caller, site = call({**PAGES, "/in": '<Record action="/turn" recordingStatusCallback="/callback"/>'})
    caller.silence()
    assert site.asked("/callback") == []


@pytest.mark.parametrize(("seconds", "status"), [(7, "completed"), (0, "absent")])
def test_hanging_up_keeps_what_was_said_and_tells_action_and_callback(seconds: int, status: str) -> None:
    caller, site = call(PAGES)
    caller.listen()
    if seconds:
        caller.speak(seconds)
    caller.hang_up()
    assert values(site.asked("/turn")[0], "Digits", "RecordingDuration", "CallStatus") == (
        "hangup",
        str(seconds),
        "completed",
    )
    assert site.asked("/callback")[0]["RecordingStatus"] == status
    assert caller.over


def test_a_message_ends_at_its_greatest_length() -> None:
    caller, site = call(PAGES)
    caller.speak(40)
    caller.speak(40)
    assert site.asked("/turn")[0]["RecordingDuration"] == "60"


def test_other_keys_do_not_end_a_message_and_one_beep_is_heard() -> None:
    caller, site = call(PAGES)
    caller.speak(2)
    caller.leg.press("5")
    assert isinstance(caller.cue, Recording)
    assert site.asked("/turn") == []
    caller.press("#")
    assert [one.kind for one in caller.heard].count("beep") == 1


def test_a_recorded_voice_is_kept_as_it_was() -> None:
    caller, site = call(PAGES)
    caller.listen()
    voice = tone(2.5)
    caller.leg.recorded(2.5, voice, key="#")
    assert caller.carrier.recordings[site.asked("/turn")[0]["RecordingSid"]].wav == voice


def test_without_an_action_the_document_itself_is_asked() -> None:
    def answer(form: Form) -> str:
        return "<Say>kept</Say>" if "RecordingSid" in form else "<Record/>"

    caller, site = call({"/in": answer})
    caller.speak(1)
    caller.press("9")
    assert values(site.asked("/in")[1], "Digits") == ("9",)
    assert caller.carrier.log.requests[0].url == f"{ADDRESS}/in"


def test_speaking_where_nothing_is_recorded_is_a_mistake_of_the_test() -> None:
    caller, _ = call({"/in": "<Gather/>"})
    with pytest.raises(RuntimeError, match="nothing is recorded"):
        caller.speak(1)


def test_a_voice_in_two_pieces_is_joined() -> None:
    caller, site = call(PAGES)
    caller.listen()
    caller.speak(1, tone(1))
    caller.speak(2)
    caller.press("#")
    kept = caller.carrier.recordings[site.asked("/turn")[0]["RecordingSid"]]
    assert (kept.seconds, length(kept.wav)) == (3, 3)
