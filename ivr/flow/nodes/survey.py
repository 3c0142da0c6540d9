"""Ask after the talk how it was: a score by key, then a remark for whoever wants to say more.

```yaml
survey:
  kind: survey
  say: 请给这次服务打分，五分最满意，一分最不满意，请按一到五。
  remark: 谢谢。还有话想说，请在提示音后讲，会被录音；没有的话，直接挂机就行。
  then: goodbye
```
"""

from collections.abc import Iterator
from typing import Final

from pydantic import Field

from ivr.flow.asking import ask, missed
from ivr.flow.call import Call
from ivr.flow.events import Learned
from ivr.flow.flow import Flow
from ivr.flow.inputs import Input, Pressed, Recorded
from ivr.flow.move import Go, Hold, Move, Prompt
from ivr.flow.node import Node, Path, Place, Words
from ivr.flow.waits import FINISH, Keys, Message

SCORES: Final = ("1", "2", "3", "4", "5")
WAIT: Final = Keys(most=1)


class Survey(Node):
    """One to five by key; who gives no score is let go, and so is who has nothing to add."""

    say: Words
    remark: Words
    seconds: int = Field(60, ge=5, le=300)
    then: Place

    def enter(self, flow: Flow, call: Call) -> Move:
        """Ask for the score."""
        return ask(WAIT, self.prompt("say"))

    def hear(self, flow: Flow, call: Call, heard: Input) -> Move:
        """Take the score, then the remark."""
        match heard:
            case Recorded(sid, seconds):
                return Move(Go(self.then), (Learned("remark", sid if sid and seconds else "none"),))
            case Pressed(str(key)) if key in SCORES:
                end = Prompt("hotline.phrases.spoken", FINISH, interrupt=False)
                first = (Learned("score", key), self.prompt("remark", interrupt=False), end)
                return Move(Hold(Message(self.seconds)), first)
        if isinstance(call.wait, Message):
            return Move(Go(self.then), (Learned("remark", "none"),))
        return missed(flow, call, heard, "wrong", ask(WAIT, self.prompt("say")), self.then)

    def keys(self, flow: Flow, call: Call) -> tuple[str, ...]:
        """Return one score; all lead on alike."""
        return SCORES[-1:]

    def problems(self, flow: Flow) -> Iterator[tuple[Path, str]]:
        """Tell of scores that mean something else everywhere."""
        for use, key in flow.hotline.keys.model_dump().items():
            if key in SCORES:
                yield (), f"key {key} means {use!r} everywhere (hotline.yaml, keys), but is a score here"
