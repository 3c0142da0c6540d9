"""Whether the wallet company believes what we sign, which a call only knows as no answer."""

import json
from datetime import datetime
from uuid import uuid4

from ivr.flow.waits import Lookup
from ivr.wallets.http.line import Limits, Line, LostError
from ivr.wallets.http.signing import signed

JSON = "application/json"


def refused(url: str, secret: str, asked: Lookup, now: datetime) -> bool:
    """Tell whether a question without secrets is refused for its signature; False where there is no answer, too."""
    to, body = f"{url}/v1/{asked.question}", json.dumps({"about": dict(asked.about)}).encode()
    key = f"trial-{uuid4().hex}"
    plain = {"Content-Type": JSON, "Accept": JSON, "Accept-Encoding": "identity", "Idempotency-Key": key}
    line = Line(Limits())
    try:
        return line.post(to, body, lambda: signed(secret, to, plain, body, now)).status in (401, 403)
    except (TimeoutError, LostError):
        return False
    finally:
        line.close()
