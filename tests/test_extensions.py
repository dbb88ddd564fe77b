"""What other projects add to each family is known like gradsuite's own, and what is wrong with it is told."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import torch

from gradsuite import checks, devices, extensions
from gradsuite.cli import main
from gradsuite.errors import UsageError
from gradsuite.extensions import adding
from gradsuite.inputs import layouts
from gradsuite.reporters.html import sections
from gradsuite.reporters.merge import merge
from gradsuite.spec import catalogue, domains
from gradsuite.spec.domain_text import parse_domain

MODULES = {
    "checks": """
from gradsuite.comparison import Check
CHECK = Check(lambda evidence: iter(()))
""",
    "domains": """
from gradsuite.spec.domain import Bounds, DomainKind
DOMAIN = DomainKind("any", "0 < x < 7", bounds=lambda: Bounds(0.0, 7.0, True, True))
""",
    "layouts": """
from gradsuite.inputs.layouts import Layout
LAYOUT = Layout("as it is", lambda x: True, lambda x: x.clone())
""",
    "devices": """
from gradsuite.devices import Device
DEVICE = Device("meta", lambda: True, "", dict, lambda: None, lambda: 0)
""",
    "sections": "ORDER, TITLE, ANCHOR = 1, 'Theirs', 'theirs'\ndef render(merged): return '<script>'\n",
}


def _name(family: str) -> str:
    """A device goes by torch's name for it."""
    return "meta" if family == "devices" else "theirs"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package ``theirs`` with one module for each family, and the folder that it lies in."""
    folder = tmp_path / "theirs"
    (folder / "specs").mkdir(parents=True)
    for family, text in MODULES.items():
        (folder / f"{family}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] == "theirs"]:
        del sys.modules[name]


@pytest.fixture
def added(package: Path) -> Iterator[None]:
    """Everything in the package, added as ``theirs``."""
    with ExitStack() as stack:
        for family in (*MODULES, "specs"):
            stack.enter_context(adding(family, {_name(family): f"theirs.{family}"}, "the test"))
        yield


@pytest.fixture
def install(package: Path) -> Iterator[None]:
    """Everything in the package, as if it were installed."""
    information = package / "theirs-1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1\n")
    groups = [f"[gradsuite.{family}]\n{_name(family)} = theirs.{family}\n" for family in (*MODULES, "specs")]
    (information / "entry_points.txt").write_text("\n".join(groups))
    extensions._installed.cache_clear()
    yield
    extensions._installed.cache_clear()


def _known() -> dict[str, bool]:
    return {
        "checks": "theirs" in checks.names() and checks.describe("theirs") == "",
        "domains": "theirs" in domains.names() and parse_domain("theirs").name == "theirs",
        "layouts": "theirs" in layouts.names() and layouts.fits("theirs", torch.ones(2)),
        "devices": "meta" in devices.names() and devices.place("meta").type == "meta",
        "sections": any(section.anchor == "theirs" for section in sections.rendered(merge([]))),
        "specs": "theirs.specs" in catalogue.added(),
    }


@pytest.mark.parametrize("way", ["added", "install"])
def test_each_family_knows_what_is_added(way: str, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(way)
    assert _known() == dict.fromkeys(_known(), True)


def test_nothing_stays_when_the_run_ends(package: Path) -> None:
    with adding("checks", {"theirs": "theirs.checks"}, "the test"):
        assert "theirs" in checks.requestable()
    assert "theirs" not in checks.requestable()


@pytest.mark.usefixtures("added")
def test_an_added_domain_bounds_what_is_drawn() -> None:
    assert domains.get("theirs").bounds().high == 7.0


@pytest.mark.usefixtures("added")
def test_what_a_section_returns_as_text_is_no_markup() -> None:
    (body,) = [section.body for section in sections.rendered(merge([])) if section.anchor == "theirs"]
    assert body == "&lt;script&gt;"


def test_a_section_that_raises_is_told_in_its_place(package: Path) -> None:
    (package / "theirs" / "broken.py").write_text("ORDER, TITLE, ANCHOR = 1, '', 'x'\ndef render(merged): return 1 / 0")
    with adding("sections", {"broken": "theirs.broken"}, "the <test>"):
        bodies = [section.body for section in sections.rendered(merge([]))]
    assert "the section &#39;broken&#39; of the &lt;test&gt; could not be made: ZeroDivisionError" in bodies[0]
    assert len(bodies) > 1


def test_a_layout_that_changes_values_is_found_out(package: Path) -> None:
    text = MODULES["layouts"].replace("x.clone()", "x + 1")
    (package / "theirs" / "shifted.py").write_text(text)
    with adding("layouts", {"shifted": "theirs.shifted"}, "the test"), pytest.raises(UsageError, match="repeats=True"):
        layouts.lay_out(torch.tensor([1.0, float("nan")]), "shifted")


def test_added_ops_join_the_catalogue_under_the_name_of_their_package(
    added: None, package: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = (Path(__file__).parents[1] / "specs/pointwise/exp.grad.yaml").read_text(encoding="utf-8")
    (package / "theirs/specs/exp.grad.yaml").write_text(spec)
    (package / "own").mkdir()
    monkeypatch.setattr(catalogue, "folder", lambda kind: package / "own")
    monkeypatch.chdir(package)
    assert main(["list"]) == 0
    assert "theirs/specs/exp.grad.yaml" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("family", "name", "module", "message"),
    [
        ("checks", "theirs", "nowhere.at_all", "the check 'theirs' of the test: the module 'nowhere.at_all' cannot be"),
        ("checks", "theirs", "theirs.domains", "must define CHECK, a Check"),
        ("checks", "a-b", "theirs.checks", "'a-b' is no name"),
        ("checks", "theirs", "theirs:checks", "'theirs:checks' is no module"),
        (
            "checks",
            "reverse",
            "theirs.checks",
            "the check 'reverse' of the test has the name of one of gradsuite's",
        ),
        ("checks", "compiled", "theirs.checks", "the name of one of gradsuite's own"),
    ],
)
def test_what_is_wrong_is_told(family: str, name: str, module: str, message: str, package: Path) -> None:
    with pytest.raises(UsageError, match=re.escape(message)), adding(family, {name: module}, "the test"):
        checks.names()
        checks.get(name)


def test_two_of_one_name_are_told(install: None) -> None:
    with (
        pytest.raises(UsageError, match="the check 'theirs' of the package theirs has the name of"),
        adding("checks", {"theirs": "theirs.checks"}, "the test"),
    ):
        checks.names()


@pytest.mark.parametrize(("module", "message"), [("theirs.checks", "is no package"), ("nowhere.at.all", "cannot be")])
def test_a_folder_of_specs_must_be_there(module: str, message: str, package: Path) -> None:
    with adding("specs", {"theirs": module}, "the test"), pytest.raises(UsageError, match=message):
        catalogue.added()
