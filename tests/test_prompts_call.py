"""What callers hear of recordings: a call plays those of the version that it began with, whatever is published."""

from pathlib import Path

from ivr.editor.manifest import keep, with_spoken
from ivr.editor.sound import spoken
from ivr.flow.events import Said
from ivr.flow.flow import Spoken
from tests.small import small
from tests.test_versions import folder, publish
from tests.voices import about, file, voice
from tests.world import World, world

ASK = "zh-CN/frozen.start.say"


def recording(recordings: Path, seconds: float, seed: int, words: str = "请输入账户号码。") -> Spoken:
    return Spoken(file=keep(recordings, spoken(file(voice(seconds, 44100, seed=seed), 44100))), words=words)


def played(heard: list[object]) -> list[str]:
    return [str(getattr(one, "text", "")) for one in heard if getattr(one, "kind", "") == "play"]


def frozen(made: World) -> list[str]:
    caller = made.caller()
    caller.listen()
    caller.press("1")
    return played([*caller.listen()])


def test_a_call_plays_the_recording_of_its_own_version_while_a_newer_one_plays_another(tmp_path: Path) -> None:
    recordings = tmp_path / "recordings"
    old, new = recording(recordings, 2, 1), recording(recordings, 3, 2)
    other = "请输入十位的账户号码。"
    first, second = with_spoken(small(), ASK, old), with_spoken(small(), ASK, new)
    third = second | {"frozen.yaml": small()["frozen.yaml"].replace("请输入账户号码。", other)}
    with world(tmp_path, menus=folder(tmp_path / "menus", first)) as made:
        caller = made.caller()
        caller.listen()
        publish(made.app, second)
        made.parts.live.look()
        assert frozen(made) == [f"{made.parts.settings.public_url}/audio/prompts/{new.file}"]
        caller.press("1")
        assert played([*caller.listen()]) == [f"{made.parts.settings.public_url}/audio/prompts/{old.file}"]
        publish(made.app, third)
        made.parts.live.look()
        assert frozen(made) == [], "the words are others now"
        said = [one for one in made.parts.journal.events(caller.leg.sid) if isinstance(one, Said)]
        assert [(one.words, one.audio) for one in said if one.audio] == [(old.words, old.audio)]
        # The carrier fetched both, whole, and waited for as long as they play.
        lengths = {url.rpartition("/")[2]: seconds for url, seconds in made.carrier.sounds.items()}
        for one in (old, new):
            whole = about((recordings / "prompts" / one.file).read_bytes()).duration
            assert abs(lengths[one.file] - whole) < 0.01
        assert made.wrong() == []
