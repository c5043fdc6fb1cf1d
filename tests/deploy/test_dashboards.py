"""Dashboards and alert rules speak only of metrics there are, or they would never say a word."""

import ast
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
BOARD = ROOT / "deploy" / "grafana" / "minori.json"
RULES = ROOT / "deploy" / "prometheus" / "minori.rules.yml"
SCRAPE = ROOT / "deploy" / "prometheus" / "prometheus.yml"
_NAME = re.compile(r"\b(?:minori|process|node)_[a-z0-9_]+\b")
# Of node_exporter, which reads the agent's file.
OTHERS = {"node_textfile_mtime_seconds"}


def names_in_code() -> set[str]:
    """Return every metric name that the code can say; `*` stands for a part put in later."""
    found = set()
    for package in ("edge", "api"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                text = _text(node)
                # One in a sentence for a collector, too: `api.metrics` writes whole lines.
                found.update(re.findall(r"(?:minori|process)_[a-z0-9_*]+", text))
    return found


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(p.value) if isinstance(p, ast.Constant) else "*" for p in node.values)
    return ""


def exists(name: str, known: set[str]) -> bool:
    patterns = (re.escape(one).replace(r"\*", "[a-z]+") for one in known)
    return name in OTHERS or any(re.fullmatch(pattern, name) for pattern in patterns)


def expressions() -> Iterator[str]:
    board = json.loads(BOARD.read_text(encoding="utf-8"))
    for panel in board["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))
    yield from (
        one["query"]["query"] for one in board["templating"]["list"] if one["type"] == "query"
    )
    for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]:
        yield from (rule["expr"] for rule in group["rules"])


def test_every_metric_that_is_shown_or_watched_exists() -> None:
    known = names_in_code()
    spoken = {name for expression in expressions() for name in _NAME.findall(expression)}

    assert len(spoken) > 20
    assert {name for name in spoken if not exists(name, known)} == set()


def test_the_board_is_one_that_grafana_takes() -> None:
    board = json.loads(BOARD.read_text(encoding="utf-8"))
    identities = [panel["id"] for panel in board["panels"]]
    assert len(identities) == len(set(identities))
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == "${source}"
            assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


def test_every_rule_says_what_to_do() -> None:
    for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]:
        for rule in group["rules"]:
            assert rule["annotations"]["summary"]
            assert rule["annotations"]["cure"]
            assert rule["labels"]["severity"] in ("warning", "critical")


def test_prometheus_itself_reads_every_expression(tmp_path: Path) -> None:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed: sudo apt-get install prometheus")
    spoken = [text for text in expressions() if not text.startswith("label_values")]
    rules = [
        {"record": f"minori:{number}", "expr": text.replace("$__rate_interval", "5m")}
        for number, text in enumerate(spoken)
    ]
    board = tmp_path / "board.yml"
    board.write_text(yaml.safe_dump({"groups": [{"name": "board", "rules": rules}]}))

    for file in (RULES, board):
        done = subprocess.run(
            [program, "check", "rules", str(file)], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_scrape_sample_is_yaml_with_both_ways() -> None:
    sample = yaml.safe_load(SCRAPE.read_text(encoding="utf-8"))

    assert [job["job_name"] for job in sample["scrape_configs"]] == ["minori", "node"]
