"""A caller whom we move by REST falls back, where our document for that cannot be had, to where the number does."""

from collections.abc import Callable, Mapping
from pathlib import Path
from unittest.mock import patch

import pytest

from ivr.carrier.cues import Saying, Talking
from ivr.carrier.web import Pairs, Response
from ivr.telephony.falls import FILE, Falls
from ivr.telephony.numbers import Ask, Number
from ivr.telephony.rest import Rest
from tests.test_switchboard import SKILLS, picked_up, queued, soon
from tests.world import NUMBER, world


@pytest.mark.parametrize("known", [True, False])
def test_a_moved_caller_whose_document_is_lost_hears_the_lifeboat_and_gets_a_person(
    known: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(tmp_path) as here:
        inner, lost = here.carrier.send, list[str]()

        def send(url: str, form: Pairs | None, headers: Mapping[str, str], patience: tuple[float, float]) -> Response:
            if url.endswith("/caller") and len(lost) < 2:
                lost.append(url)
                raise TimeoutError("the server died")
            return inner(url, form, headers, patience)

        here.carrier.send = send
        if not known:  # Nor does the carrier tell where the number falls back to.
            monkeypatch.setattr(Rest, "numbers", lambda self: 1 / 0)
        else:
            elsewhere = f"{here.parts.settings.public_url}/voice/fallback?elsewhere=1"
            told = [Number("PN" + "1" * 32, NUMBER, (Ask(""), Ask(elsewhere), Ask("")))]
            monkeypatch.setattr(Rest, "numbers", lambda self: told)
        for name in ("alice", "bob"):
            here.carrier.phone(f"client:{name}")
            here.parts.desk.enrol(name, f"client:{name}", SKILLS)
        assert here.parts.desk.available("alice")
        caller = queued(here)
        agent = picked_up(here)
        agent.listen()
        agent.press("1")
        soon(lambda: len(lost) == 2 and isinstance(caller.cue, Saying))
        assert "出了点问题" in "".join(heard.text for heard in caller.listen())
        fallen = [asked.url for asked in here.carrier.log.requests if "/voice/fallback" in asked.url]
        assert [("elsewhere" in url) for url in fallen[:1]] == [known]
        agent.hang_up()
        caller.silence()
        assert here.parts.desk.available("bob")
        other = picked_up(here, "bob")
        other.listen()
        other.press("1")
        soon(lambda: isinstance(caller.cue, Talking) and isinstance(other.cue, Talking))


def test_a_server_that_was_killed_knows_at_once_where_callers_fall_back_to(tmp_path: Path) -> None:
    told = [Number("PN" + "1" * 32, NUMBER, (Ask(""), Ask("https://boat.example/fallback.xml", "GET"), Ask("")))]
    jobs = list[Callable[[], bool]]()

    def falls(number: str = NUMBER) -> Falls:
        made = Falls(Rest("AC1", "", ""), number, "https://ours.example", jobs.append)  # type: ignore[arg-type]
        made.remember(tmp_path)
        return made

    ours = ("https://ours.example/voice/fallback", "POST")
    first = falls()
    assert first.where == ours
    first.look()
    with patch.object(Rest, "numbers", lambda _: told):
        assert jobs.pop()()
    assert first.where == falls().where == ("https://boat.example/fallback.xml", "GET")
    assert falls("+862155555555").where == ours
    (tmp_path / FILE).write_text("[1", "utf-8")
    assert falls().where == ours
