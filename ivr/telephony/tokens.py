"""What lets an agent's browser take calls at Twilio: an access token of the agent's own identity, for an hour."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

LIFE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of one account, signed with an API key's secret."""

    account: str
    key: str
    secret: str

    def token(self, identity: str) -> str:
        """Return a token to register as `client:<identity>` and be rung there; it cannot make calls."""
        from twilio.jwt.access_token import AccessToken
        from twilio.jwt.access_token.grants import VoiceGrant

        made = AccessToken(self.account, self.key, self.secret, identity=identity, ttl=int(LIFE.total_seconds()))
        made.add_grant(VoiceGrant(incoming_allow=True))
        return str(made.to_jwt())
