"""The files of `.deploy`: units that systemd reads, alerts and pictures of figures that we have, a compose file."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import PROCESS_COLLECTOR
from promql_parser import parse
from ruamel.yaml import YAML

from ivr.operations.collector import STATES, Figures
from ivr.operations.deadline import Asked
from ivr.reports.standing import standing
from ivr.telephony.front import ANSWERS
from tests.world import ROOT, World, world

DEPLOY = ROOT / ".deploy"
OWN = {"job", "instance", "le"}  # What Prometheus adds, or a histogram has.
HERE = {("http", "127.0.0.1"), ("postgresql+psycopg", "hotline")}  # The only addresses: our own, and our database's.
GIVES_UP = 6.0  # Seconds after which the carrier waits no longer.
# All that an installer is told.
INSTALLED = [["--no-cache-dir", "--constraint", ".ci/constraints.txt", "--editable", ".[s3,traces]"]]
# What is set beside our own settings.
OTHERS = {
    "max_connections",
    "PYTHONUNBUFFERED",
    "POSTGRES_DB",
    "POSTGRES_USER",
    "TMPDIR",
}


def read(name: str) -> Any:
    """Return a file of the folder."""
    text = (DEPLOY / name).read_text("utf-8")
    return json.loads(text) if name.endswith(".json") else YAML(typ="safe").load(text)


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Return the labels of each figure that we have, by its name as Prometheus keeps it."""
    found: dict[str, set[str]] = {"up": set()}
    with world(tmp_path_factory.mktemp("figures")) as here:
        for family in [*_collected(here), *PROCESS_COLLECTOR.collect()]:
            names = [family.name]
            if family.type == "counter":
                names = [f"{family.name}_total"]
            elif family.type == "histogram":
                names = [f"{family.name}_{end}" for end in ("bucket", "count", "sum")]
            found |= {name: set(getattr(family, "_labelnames", ())) for name in names}
    return found


def _collected(here: World) -> Iterator[Any]:
    now = here.carrier.clock
    here.parts.tally.tls_days = 60.0
    yield from Figures(here.parts, now, Asked(lambda: standing(here.parts.engine, now()), 5.0)).collect()


def expressions() -> list[tuple[str, str]]:
    """Return every expression, by where it stands."""
    alerts = [(rule["alert"], rule["expr"]) for group in read("alerts.yaml")["groups"] for rule in group["rules"]]
    panels = [(panel["title"], one["expr"]) for panel in read("dashboard.json")["panels"] for one in panel["targets"]]
    return alerts + panels


@pytest.mark.parametrize(("name", "expression"), expressions(), ids=[name for name, _ in expressions()])
def test_each_expression_is_prometheus_s_and_asks_for_figures_and_labels_that_we_have(
    name: str, expression: str, figures: dict[str, set[str]]
) -> None:
    parse(expression)
    asked = re.findall(r"\b((?:hotline|process)_\w+|up)\b(?:\{([^}]*)\})?", expression)
    assert asked
    labels = set[str]()
    for metric, matchers in asked:
        assert metric in figures, f"{name}: nobody tells {metric}"
        matched = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers))
        assert matched <= figures[metric] | OWN, f"{name}: {metric} has no {matched - figures[metric]}"
        labels |= figures[metric]
    for grouped in re.findall(r"\bby \(([^)]*)\)", expression):
        assert {one.strip() for one in grouped.split(",")} <= labels | OWN
    assert set(re.findall(r'state="(\w+)"', expression)) <= set(STATES)


def test_each_alert_says_what_is_wrong_and_what_to_do() -> None:
    rules = [rule for group in read("alerts.yaml")["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules) > 10
    for rule in rules:
        assert rule["labels"]["severity"] in ("page", "look", "alive")
        assert {"summary", "do"} == set(rule["annotations"])


@pytest.mark.parametrize("unit", ["hotline", "hotline-jobs"])
@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_reads_the_units_and_finds_them_closed(unit: str, tmp_path: Path) -> None:
    # Only the program is ours here; systemd looks for it where it will stand.
    told = (DEPLOY / f"{unit}.service").read_text("utf-8")
    text = re.sub(r"(?<=^ExecStart=)\S+", sys.executable, told, flags=re.MULTILINE)
    file = tmp_path / f"{unit}.service"
    file.write_text(text, "utf-8")
    verified = subprocess.run(["systemd-analyze", "verify", file], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
    judged = ["systemd-analyze", "security", "--offline=yes", "--threshold=20", file]  # Of 100: 2.0 of 10.
    assert subprocess.run(judged, capture_output=True, text=True, check=False).returncode == 0


def test_the_compose_file_has_all_it_needs_and_lets_no_figures_out() -> None:
    made = read("compose.yaml")
    assert {"app", "jobs", "postgres", "balancer", "prometheus", "alertmanager"} == set(made["services"])
    named = {one.split(":")[0] for service in made["services"].values() for one in service.get("volumes", ())}
    assert {name for name in named if not name.startswith((".", "/"))} == set(made["volumes"])
    for name in (one for one in named if one.startswith("./")):
        assert (DEPLOY / name).is_file()
    for service in ("app", "jobs"):
        assert made["services"][service]["environment"]["DATABASE_URL"].startswith("postgresql+psycopg://")
        assert made["services"][service]["environment"]["SECRET_KEY"].startswith("${SECRET_KEY:?")
    assert "respond @inside 404" in (DEPLOY / "Caddyfile").read_text("utf-8")
    scraped = read("prometheus.yaml")
    assert scraped["rule_files"] == ["alerts.yaml"]
    assert scraped["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] == ["alertmanager:9093"]
    assert scraped["scrape_configs"][0]["job_name"] == "hotline"


def test_the_balancer_sends_nothing_twice_that_a_server_may_have_begun_and_gives_up_before_the_carrier() -> None:
    told = re.sub(r"#.*", "", (DEPLOY / "Caddyfile").read_text("utf-8"))
    assert re.findall(r"lb_retry_match \{\s*([^}]*?)\s*\}", told) == ["method GET HEAD"]
    assert "keepalive off" in told
    seconds = {path: float(time) / 1000 for path, time in re.findall(r"import servers (\S+) (\d+)ms", told)}
    assert ANSWERS < seconds["/voice/*"] < GIVES_UP
    assert "health_" not in told, "which does nothing beside `dynamic`"
    assert told.count("{") == told.count("}")


def test_nothing_here_names_where_packages_come_from() -> None:
    told = "\n".join(file.read_text("utf-8") for file in DEPLOY.iterdir())
    settings = set(re.findall(r"^# ([A-Z0-9_]+)=", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"([\w+]+)://([\w.-]+)", told)) == HERE
    assert [one.split() for one in re.findall(r"\binstall\b([^\\&|;\n]*)", told)] == INSTALLED
    assert set(re.findall(r"\b(?:[A-Z][A-Z0-9_]+(?=[=:])|[a-z]+_\w+(?==))", told)) <= settings | OTHERS
