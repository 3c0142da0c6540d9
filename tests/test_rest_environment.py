"""By what proxy and certificates the carrier is reached: as the environment says, which is looked at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from requests import utils
from werkzeug import Request, Response
from werkzeug.serving import make_server

from ivr.listening import listening
from ivr.telephony.rest import Rest
from tests.world import ACCOUNT, TOKEN


@contextmanager
def answering(asked: list[str]) -> Iterator[str]:
    """Answer that every call is over, and note what was asked for as it was written."""

    @Request.application
    def over(request: Request) -> Response:
        asked.append(request.environ["REQUEST_URI"])
        return Response('{"status": "completed"}', mimetype="application/json")

    server = make_server("127.0.0.1", 0, over, threaded=True)
    with listening(server):
        yield f"http://127.0.0.1:{server.server_port}"


def test_the_carrier_is_asked_by_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[str]()
    with answering(asked) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy)
        assert Rest(ACCOUNT, TOKEN, "http://carrier.example").over("CA1")
    assert asked == [f"http://carrier.example/2010-04-01/Accounts/{ACCOUNT}/Calls/CA1.json"]


def test_whom_the_environment_excepts_is_asked_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[str]()
    with answering(asked) as carrier:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert Rest(ACCOUNT, TOKEN, carrier).over("CA1")
    assert asked == [f"/2010-04-01/Accounts/{ACCOUNT}/Calls/CA1.json"]


def test_certificates_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ours.pem")
    assert Rest(ACCOUNT, TOKEN, "https://carrier.example").client.http_client.session.verify == "/etc/ours.pem"
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    assert Rest(ACCOUNT, TOKEN, "https://carrier.example").client.http_client.session.verify is True


def test_the_environment_is_looked_at_once() -> None:
    asked = list[str]()
    looked = patch("requests.sessions.get_environ_proxies", wraps=utils.get_environ_proxies)
    with answering(asked) as carrier, looked as looks:
        rest = Rest(ACCOUNT, TOKEN, carrier)
        assert all(rest.over(call) for call in ("CA1", "CA2", "CA3"))
    assert len(asked) == 3
    assert looks.call_count == 1
