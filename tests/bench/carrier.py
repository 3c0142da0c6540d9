"""The carrier's REST for the bench: it knows our number, as it is asked now and then where that falls back to."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from tests.bench.calls import EVERY

FALLS: Final = "https://hotline.example/voice/fallback"
OURS: Final = {"sid": "PN" + "3" * 32, "phone_number": EVERY["To"], "voice_fallback_url": FALLS}


class Numbers(BaseHTTPRequestHandler):
    """Tells of the one number of the account."""

    def do_GET(self) -> None:
        """Answer as the carrier does."""
        if "/IncomingPhoneNumbers.json" not in self.path:
            self.send_error(404)
            return
        told = json.dumps({"incoming_phone_numbers": [OURS], "page": 0, "next_page_uri": None}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_: object) -> None:
        """Say nothing: what a stand-in prints is its address."""


def main() -> None:
    """Print where it answers, and answer until told to end."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Numbers) as server:
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
