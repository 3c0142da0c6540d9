"""Take a spoken message.

```yaml
message:
  kind: voicemail
  say: 请在提示音后留言，本次留言将被录音。
  seconds: 120
  then: goodbye
```
"""

from typing import ClassVar

from ivr.flow.call import Call
from ivr.flow.events import Learned, Missed
from ivr.flow.flow import Flow
from ivr.flow.inputs import Input, Recorded
from ivr.flow.messages import hears
from ivr.flow.move import Go, Hold, Move, Prompt
from ivr.flow.node import Node, Place, Words
from ivr.flow.waits import FINISH, Message


class Voicemail(Node):
    """After a notice that everybody hears and a beep, the caller speaks; saying nothing is asked about once."""

    reaches: ClassVar[bool] = True
    say: Words
    seconds: int = 120
    then: Place

    def enter(self, flow: Flow, call: Call) -> Move:
        """Give the notice and start the recorder."""
        return Move(self._record(), (*hears(flow, call), *self._notice()))

    def hear(self, flow: Flow, call: Call, heard: Input) -> Move:
        """Keep the message, or ask once more where nothing was said."""
        if isinstance(heard, Recorded) and heard.seconds == 0 and call.silences == 0:
            silence = Prompt("hotline.phrases.silence", interrupt=False)
            return Move(self._record(), (Missed("silence"), silence, *self._notice()))
        sid = heard.sid if isinstance(heard, Recorded) else ""
        return Move(Go(self.then), (Learned("message", sid or "none"),))

    def _notice(self) -> tuple[Prompt, ...]:
        return self.prompt("say", interrupt=False), Prompt("hotline.phrases.spoken", FINISH, interrupt=False)

    def _record(self) -> Hold:
        return Hold(Message(self.seconds))
