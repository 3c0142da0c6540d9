"""The calls of the last minutes in memory, so that a turn need not read its call from the database."""

from collections import OrderedDict
from threading import Lock

from ivr.flow.call import Call
from ivr.store.entries import Stored


class Recent:
    """The calls last used, up to so many; safe to use from many threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._calls: OrderedDict[str, Stored] = OrderedDict()
        self._lock = Lock()

    def get(self, call_id: str) -> Stored | None:
        """Return the call, which thereby is the last used."""
        with self._lock:
            stored = self._calls.get(call_id)
            if stored:
                self._calls.move_to_end(call_id)
            return stored

    def put(self, call_id: str, stored: Stored) -> None:
        """Remember the call, unless a later turn of it is remembered already; forget the one longest unused."""
        with self._lock:
            known = self._calls.get(call_id)
            if known is None or known.call.turn <= stored.call.turn:
                self._calls[call_id] = stored
            self._calls.move_to_end(call_id)
            if len(self._calls) > self._size:
                self._calls.popitem(last=False)

    def go_on(self, call_id: str, call: Call) -> None:
        """Remember what became of a call, where it is remembered."""
        with self._lock:
            known = self._calls.get(call_id)
            if known and known.call.turn <= call.turn:
                self._calls[call_id] = Stored(known.version, call)
                self._calls.move_to_end(call_id)

    def forget(self, call_id: str) -> None:
        """Forget the call, as another process has moved it on."""
        with self._lock:
            self._calls.pop(call_id, None)
