from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import jsonschema

from tests.cli.conftest import Command
from tests.cli.sarif import SARIF

ROOT = Path(__file__).parents[2]


def test_sound_specs_are_counted(command: Command) -> None:
    assert command("check") == (0, "2 sound specs, 0 faults\n")


def test_five_faults_give_five_messages_with_their_places(command: Command, folder: Path) -> None:
    spec = folder / "specs" / "pointwise" / "exp.grad.yaml"
    spec.write_text(
        "gradsuite: 1\nop: torch.exp\nsumary: a slip\nsummary: the exponential function\nreference: Euler (1748)\n"
        'inputs: {x: {shape: "*B", domain: reall}}\nforward: exq(x)\nderivative: {z: {elementwise: "1 +"}}\n'
    )
    code, out = command("check")
    assert code == 2
    found = [line for line in out.splitlines() if line.startswith("specs/pointwise/exp.grad.yaml:")]
    assert len(found) >= 5
    assert any(":3:1: " in line and "did you mean 'summary'" in line for line in found)
    assert any(":7:10: " in line and "exq" in line for line in found)


def test_one_broken_spec_does_not_hide_another(command: Command, folder: Path) -> None:
    (folder / "specs" / "pointwise" / "exp.grad.yaml").write_text("a: [")
    code, out = command("check")
    assert code == 2
    assert "1 sound spec, 1 fault" in out


def test_a_path_that_does_not_exist_is_a_usage_error(command: Command) -> None:
    code, out = command("check", "nowhere")
    assert code == 2
    assert "'nowhere' does not exist" in out


def test_a_folder_without_specs_is_a_usage_error(command: Command, folder: Path) -> None:
    (folder / "empty").mkdir()
    code, out = command("check", "empty")
    assert code == 2
    assert "no *.grad.yaml below empty" in out


def test_waivers_are_checked_with_the_catalogue(command: Command, folder: Path) -> None:
    release = importlib.metadata.version("torch").partition("+")[0]
    (folder / "waivers" / f"{release}.yaml").write_text(
        '- {case: "specs/pointwise/expp*", reason: it is wrong, link: "https://example.org/1"}\n'
    )
    code, out = command("check")
    assert code == 2
    assert f"waivers/{release}.yaml:1:10: the waiver 'specs/pointwise/expp*' matches no case" in out


def test_faults_as_sarif_hold_path_place_rule_and_message(command: Command, folder: Path) -> None:
    (folder / "specs" / "pointwise" / "exp.grad.yaml").write_text("gradsuite: 1\nop: torch.exp\nsumary: a slip\n")
    code, out = command("check", "--format", "sarif")
    log = json.loads(out)
    jsonschema.validate(log, SARIF)
    slip = next(result for result in log["runs"][0]["results"] if "did you mean" in result["message"]["text"])
    place = slip["locations"][0]["physicalLocation"]
    assert code == 2
    assert slip["ruleId"] == "spec"
    assert place["artifactLocation"] == {"uri": "specs/pointwise/exp.grad.yaml"}
    assert place["region"] == {"startLine": 3, "startColumn": 1}
    assert slip["message"]["text"] == "unknown key 'sumary'; did you mean 'summary'?"


def test_sound_specs_are_a_log_without_results(command: Command) -> None:
    code, out = command("check", "--format", "sarif")
    log = json.loads(out)
    jsonschema.validate(log, SARIF)
    assert (code, log["runs"][0]["results"]) == (0, [])


def test_a_fault_cannot_steer_the_terminal(command: Command, folder: Path) -> None:
    hostile = 'gradsuite: 1\n"\\e[31m\\u202e]( x": 1\n'
    (folder / "specs" / "pointwise" / "exp.grad.yaml").write_text(hostile)
    for form in ("text", "sarif"):
        out = command("check", "--format", form)[1]
        assert "\x1b" not in out
        assert "\u202e" not in out


def test_no_torch_is_imported() -> None:
    code = "import sys; from gradsuite.cli import main; main(['check']); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_the_module_is_the_command() -> None:
    out = subprocess.run(
        [sys.executable, "-m", "gradsuite", "check", "nowhere"], capture_output=True, text=True, check=False
    )
    assert out.returncode == 2
    assert "nowhere" in out.stderr
