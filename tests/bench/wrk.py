"""The same question put by wrk, a client in C: is it our client that is slow?"""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.bench.calls import CALL, signed


def rate(port: int, connections: int, seconds: float) -> float | None:
    """Return the turns a second that wrk gets out of a server which answers the same to all; None without wrk."""
    if not (wrk := shutil.which("wrk")):
        return None
    head, _, body = signed(port, 1)[0][len(CALL) // 2].wire.partition(b"\r\n\r\n")
    path = head.decode().split(" ")[1]
    script = f'wrk.method = "POST"\nwrk.body = "{body.decode()}"\nwrk.headers["X-Twilio-Signature"] = "{"x" * 28}"\n'
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        lua = Path(folder) / "post.lua"
        lua.write_text(script + 'wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"\n')
        options = ["-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "-s", str(lua)]
        said = subprocess.run([wrk, *options, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True)
    found = re.search(r"Requests/sec:\s*([\d.]+)", said.stdout)
    return float(found[1]) if found else None
