"""What we ask of Twilio by its REST: ring a phone, move a call, end a call; in its own client's words."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from twilio.rest import Client

SECONDS: Final = 4.0
TWILIO: Final = "https://api.twilio.com"


@dataclass(frozen=True)
class Rest:
    """Twilio's REST at this address, for our account; every request ends within four seconds, well or not."""

    account: str
    token: str
    api_url: str

    def ring(self, phone: str, caller: str, url: str, status: str, seconds: int) -> str:
        """Ring a phone for so many seconds; picked up, it runs the document at `url`. Return the call's id."""
        call = self._client.calls.create(
            to=phone,
            from_=caller,
            url=url,
            method="POST",
            timeout=seconds,
            status_callback=status,
            status_callback_method="POST",
            status_callback_event=["completed"],
        )
        return str(call.sid)

    def move(self, call: str, url: str) -> None:
        """Have a call go on with the document at `url`."""
        self._client.calls(call).update(url=url, method="POST")

    def end(self, call: str) -> None:
        """Hang up a call, whether it rings or talks."""
        self._client.calls(call).update(status="completed")

    @cached_property
    def _client(self) -> "Client":
        # Twilio's client takes a while to import, so not before it is needed.
        from twilio.http.http_client import TwilioHttpClient
        from twilio.rest import Client

        base = self.api_url

        class Elsewhere(TwilioHttpClient):  # type: ignore[misc]  # twilio tells no types
            """Asks another address that answers as Twilio does."""

            def request(self, method: str, url: str, *rest: Any, **named: Any) -> Any:
                return super().request(method, base + url.removeprefix(TWILIO), *rest, **named)

        return Client(self.account, self.token, http_client=Elsewhere(timeout=SECONDS, max_retries=0))
