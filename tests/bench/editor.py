"""Measure how the menus' editor keeps up with menus of 200 nodes: `python -m tests.bench.editor`.

All matters of grown menus are opened in headless Chromium, which draws without a graphics card; then somebody pans,
zooms, steps along by arrow keys and edits. The server is in the same process as this program, on the same machine.
"""

import argparse
import os
import random
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, Playwright, expect, sync_playwright

from ivr.carrier.rehearsal import served
from tests.bench.offers import quantile
from tests.bench.proof import good, grown
from tests.browser import launched, let_in
from tests.desk_site import Clock, desk_site
from tests.world import free_port

NODES: Final = 200
STEPS: Final = 60
EDITS: Final = 20
SEED: Final = "editor"
KEYS: Final = ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowUp", "ArrowLeft")
MENU: Final = "main.area"  # How the places of those begin that lead into the grown matters.
PROBE: Final = Path(__file__).with_suffix(".js").read_text("utf-8")
SIZE: Final = {"width": 1440, "height": 900}
MOVES: Final = 60
PIXELS: Final = 12  # of a move
# Milliseconds that are asked for: of 95 frames in 100, and of 95 steps and edits in 100.
ASKED: Final = {"pan": 34, "zoom": 34, "step": 100, "edit": 500, "choice": 500}
Found = dict[str, list[float]]  # Milliseconds by what was measured.


@contextmanager
def opened(player: Playwright, nodes: int) -> Iterator[tuple[Page, int]]:
    """Give the page on which olga's draft is about to be opened, and how many nodes it has."""
    files, port = grown(nodes), free_port()
    with (
        tempfile.TemporaryDirectory(prefix="bench") as folder,
        closing(desk_site(Path(folder), f"http://127.0.0.1:{port}", Clock())) as site,
        closing(launched(player)) as browser,
    ):
        site.publishing.drafts.begin("olga", 1, site.clock(), "grown", files)
        password = site.hire("olga", "operations")
        with (
            served(site.app, port),
            browser.new_context(base_url=f"http://127.0.0.1:{port}", viewport=SIZE) as context,
        ):
            page = context.new_page()
            let_in(page, "olga", password)
            page.add_init_script(PROBE)
            yield page, len(good(files).nodes)


def asked(page: Page) -> float | None:
    """Return the milliseconds until what was asked for was painted; None where nothing was to come."""
    found: float | None = page.evaluate("bench.asked")
    return found


def moved(page: Page, far: bool) -> Found:
    """Return the milliseconds of each frame while the picture is panned and zoomed, all of it in view or little."""
    page.locator(".react-flow__node").first.focus()
    page.keyboard.press("0" if far else "Home")
    x, y = SIZE["width"] * 0.3, SIZE["height"] * 0.5
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate("bench.watch()")
    for at in range(MOVES):
        there = at if at < MOVES / 2 else MOVES - at
        page.mouse.move(x - there * PIXELS, y - there * PIXELS / 2)
    pan = page.evaluate("bench.frames()")
    page.mouse.up()
    page.evaluate("bench.watch()")
    for at in range(MOVES):
        page.mouse.wheel(0, -PIXELS * 5 if at < MOVES / 2 else PIXELS * 5)
    return {"pan": pan, "zoom": page.evaluate("bench.frames()")}


def stepped(page: Page, steps: int) -> list[float]:
    """Return the milliseconds from an arrow key until the box to which it leads has focus, and its form is there."""
    chance, found = random.Random(SEED), list[float]()
    page.locator(".box-here").locator("..").focus()
    while len(found) < steps:
        page.evaluate("bench.step()")
        page.keyboard.press(chance.choice(KEYS))
        if (took := asked(page)) is not None:
            found.append(took)
    return found


def edited(page: Page, edits: int) -> Found:
    """Return the milliseconds from leaving changed words, or a changed key, until the picture shows them."""
    found: Found = {"edit": [], "choice": []}
    menu = page.evaluate("decodeURIComponent(window.location.hash.slice(1))")
    for at in range(edits):
        words = page.get_by_label("Says, English")
        words.fill(f"Services, {at}.")
        page.evaluate("told => bench.edit(...told)", [menu, f"Services, {at}."])
        page.keyboard.press("Tab")
        found["edit"].append(asked(page) or 0)
        key, other = ("9", "1") if at % 2 else ("1", "9")
        page.get_by_label(f"Choice {key}: Key").focus()
        page.evaluate("told => bench.way(told)", other)
        page.keyboard.press(other)
        found["choice"].append(asked(page) or 0)
    return found


def measured(
    player: Playwright, nodes: int = NODES, steps: int = STEPS, edits: int = EDITS
) -> Iterator[tuple[str, list[float]]]:
    """Yield what was measured with its milliseconds."""
    with opened(player, nodes) as (page, count):
        page.goto("/desk/menus/drafts/1?lang=en", wait_until="commit")
        yield "first", [page.evaluate("bench.first")]
        page.evaluate("count => bench.opened(count)", count)
        page.get_by_role("button", name="Open all").click()
        yield "opened", [asked(page) or 0]
        for name, found in moved(page, far=True).items():
            yield f"{name}, all in view", found
        for name, found in moved(page, far=False).items():
            yield name, found
        yield "step", stepped(page, steps)
        page.keyboard.press("/")
        page.keyboard.type(MENU)
        page.keyboard.press("Enter")
        expect(page.locator(".form-of h2")).to_contain_text(MENU)
        yield from edited(page, edits).items()
        yield "server's part", page.evaluate("bench.asking()")
        yield "layout", page.evaluate("bench.layouts()")


def line(name: str, found: Sequence[float]) -> str:
    """Return what was measured, as a line; with what is asked for."""
    middle, most = statistics.median(found), quantile(found, 0.95)
    limit = ASKED.get(name.partition(",")[0])
    told = f"asked {limit} ms: {'yes' if most <= limit else 'NO'}" if limit else ""
    return f"{name:18} p50 {middle:6.0f} ms, p95 {most:6.0f} ms, most {max(found):6.0f} ms of {len(found):3}   {told}"


def main() -> None:
    """Measure, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=NODES)
    nodes = parser.parse_args().nodes
    with sync_playwright() as player:
        for name, found in measured(player, nodes):
            print(line(name, found), flush=True)
    print("load of the machine at the end: {:.1f}, {:.1f} (1, 5 minutes)".format(*os.getloadavg()))


if __name__ == "__main__":
    main()
