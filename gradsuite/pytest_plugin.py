"""The pytest plugin: specs, marked tests and a fixture, each case a test that is recorded.

pytest imports this module at every start, in every environment that has gradsuite: so it imports neither torch nor
hypothesis nor numpy, nor anything of gradsuite that would, before a spec, the marker, the fixture or a setting is met.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gradsuite.errors import GradsuiteError
from gradsuite.plugin import hookspecs, settings
from gradsuite.plugin.outcome import CaseFailure, taken
from gradsuite.plugin.parameter import marked

if TYPE_CHECKING:
    from gradsuite.plugin.bench import Bench
    from gradsuite.plugin.fixture import Checker
    from gradsuite.plugin.specs import SpecFile

SUFFIX = ".grad.yaml"
_TOLD = pytest.StashKey[bool]()


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """The hooks by which other projects add to gradsuite."""
    pluginmanager.add_hookspecs(hookspecs)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options and ini keys, all of them named ``gradsuite``: a host suite has its own names."""
    settings.declare(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marker; where something is set, refuses to start with what cannot be."""
    config.addinivalue_line("markers", "gradsuite(op, inputs, ...): an op of which every case becomes a test")
    try:
        _begin(config)
    except GradsuiteError as fault:
        raise pytest.UsageError(f"gradsuite: {fault}") from fault


def _begin(config: pytest.Config) -> None:
    hooks = [vars(config.hook).get(name) for name in vars(hookspecs) if name.startswith("pytest_gradsuite_")]
    if not settings.given(config) and not any(hook and hook.get_hookimpls() for hook in hooks):
        return
    from gradsuite.plugin.bench import bench

    used = bench(config)
    if used.settings.waivers:
        _ = used.waivers
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        for folders in config.hook.pytest_gradsuite_specs(config=config):
            config.args += [str(config.rootpath / folder) for folder in folders]
    if used.settings.report is not None and not hasattr(config, "workerinput"):
        from gradsuite.plugin.report import Reporting

        config.pluginmanager.register(Reporting(used, used.settings.report), "gradsuite-report")
    if used.settings.gradcheck:
        from gradsuite.substitution import Substitution

        config.pluginmanager.register(Substitution(used.settings.gradcheck), "gradsuite-gradcheck")


# What is told: the effective settings, once, where gradsuite is used.


def pytest_report_header(config: pytest.Config) -> list[str]:
    """The settings, where any is given."""
    return _told(config)


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    """The settings, where none is given and yet there are cases."""
    return _told(config)


def _told(config: pytest.Config) -> list[str]:
    used = _set_up(config)
    if used is None or _TOLD in config.stash or config.get_verbosity() < 0:
        return []
    config.stash[_TOLD] = True
    return [f"gradsuite: {used.settings}"]


def _set_up(config: pytest.Config) -> Bench | None:
    """The bench, if gradsuite is used in this process."""
    from gradsuite.plugin.bench import set_up

    return set_up(config)


# What is collected.


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> SpecFile | None:
    """Specs are known by their double suffix alone: this is asked for each file of the host suite."""
    if not file_path.name.endswith(SUFFIX):
        return None
    from gradsuite.plugin.specs import SpecFile

    return SpecFile.from_parent(parent, path=file_path)


@pytest.hookimpl(trylast=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A marked test becomes one for each case, after its own parameters."""
    if marker := metafunc.definition.get_closest_marker("gradsuite"):
        from gradsuite.plugin.bench import bench
        from gradsuite.plugin.marked import parametrize

        parametrize(metafunc, marker, bench(metafunc.config).settings)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Cases that share samples stay together, wherever another plugin moved them; host tests keep their order."""
    if _set_up(config):
        from gradsuite.plugin.groups import together

        items[:] = together(items)


@pytest.fixture
def gradsuite_check(request: pytest.FixtureRequest) -> Checker:
    """``gradsuite.check`` for this test: under the settings of the run, recorded in its report, raising what it finds.

    ``gradsuite_check(fn, (x, w))``; the arguments and the report that it returns are those of ``gradsuite.check``.
    """
    from gradsuite.plugin.fixture import Checker

    return Checker(request.node)


# What is run.


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """A marked test is judged by what it returns."""
    case = marked(pyfuncitem)
    if case is None:
        return (yield)
    from gradsuite.plugin.marked import call

    return (yield from call(pyfuncitem, case))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """A failed case is shown in its own words; one that could not be run is recorded as that.

    What pytest expects to fail is recorded as expected, once pytest has said so.
    """
    report = yield
    if results := taken(item):
        from gradsuite.plugin.expected import weigh

        weigh(item, results, report, raised=call.excinfo is not None)
    if call.excinfo is None:
        return report
    if isinstance(call.excinfo.value, CaseFailure):
        if report.failed:
            report.longrepr = str(call.excinfo.value)
    elif isinstance(item, pytest.Function) and (case := marked(item)) and report.failed and call.when != "teardown":
        from gradsuite.plugin.marked import lost

        lost(item, case, f"{call.when}: {call.excinfo.exconly()}")
    return report
