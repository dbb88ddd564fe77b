"""``gradsuite catalogue``: the site from specs alone, with a run, and past a broken spec; torch is not imported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Command


def test_it_is_made_from_the_specs_alone(command: Command, folder: Path) -> None:
    code, out = command("catalogue", "-o", "site")
    assert (code, out) == (0, "site/index.html\n")
    assert "nothing was measured" in (folder / "site" / "index.html").read_text()
    assert "the exponential function" in (folder / "site" / "pointwise" / "exp.html").read_text()


def test_a_run_is_told(command: Command, folder: Path) -> None:
    command("run", "--checks", "value,reverse", "--dtype", "float64", "--dtype", "bfloat16")
    code, _ = command("catalogue", "-o", "site", "reports")
    page = (folder / "site" / "pointwise" / "exp.html").read_text()
    assert code == 0
    assert "4 cases: 3 passed, 1 failed." in page
    assert "the backward is wrong" in page
    assert "twice too large" in page


def test_the_waivers_are_those_of_the_torch_that_was_run(command: Command, folder: Path) -> None:
    command("run", "--checks", "value")
    lines = folder / "reports" / "results.jsonl"
    first, _, rest = lines.read_text().partition("\n")
    lines.write_text(f"{json.dumps(json.loads(first) | {'torch': '2.6.0+cu124'})}\n{rest}")
    for release in ("2.6", "9.9.9"):
        waiver = {"case": "specs/pointwise/exp.*", "reason": f"Wrong in {release}.", "link": "https://example.org"}
        (folder / "waivers" / f"{release}.yaml").write_text(json.dumps([waiver]))
    assert command("catalogue", "-o", "site", "reports")[0] == 0
    page = (folder / "site" / "pointwise" / "exp.html").read_text()
    assert "Wrong in 2.6." in page
    assert "Wrong in 9.9.9." not in page
    assert "Waivers in force" not in (folder / "site" / "pointwise" / "neg.html").read_text()


def test_other_specs_may_be_meant(command: Command, folder: Path) -> None:
    (folder / "mine").mkdir()
    (folder / "specs" / "pointwise" / "exp.grad.yaml").rename(folder / "mine" / "exp.grad.yaml")
    assert command("catalogue", "-o", "site", "--specs", "mine")[0] == 0
    assert sorted(path.parent.name for path in folder.glob("site/*/*.html")) == ["mine"]


def test_a_broken_spec_is_told_and_the_others_have_their_pages(command: Command, folder: Path) -> None:
    (folder / "specs" / "pointwise" / "exp.grad.yaml").write_text("a: [")
    code, out = command("catalogue", "-o", "site")
    assert code == 2
    assert "specs/pointwise/exp.grad.yaml:2:1: " in out
    assert (folder / "site" / "pointwise" / "neg.html").is_file()


def test_what_holds_no_results_is_refused(command: Command, folder: Path) -> None:
    code, out = command("catalogue", "-o", "site", "nowhere")
    assert code == 2
    assert "no such file of results: 'nowhere'" in out


def test_a_folder_that_cannot_be_written_is_one_clear_error(command: Command, folder: Path) -> None:
    (folder / "site").write_text("a file")
    code, out = command("catalogue", "-o", "site")
    assert (code, out) == (2, "gradsuite: 'site' cannot be used: File exists; give another path\n")


def test_it_imports_no_torch(tmp_path: Path) -> None:
    made = ["catalogue", "-o", str(tmp_path), "--specs", "specs/pointwise"]
    code = f"import sys; from gradsuite.cli import main; assert main({made!r}) == 0; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
    assert (tmp_path / "pointwise" / "exp.html").is_file()
