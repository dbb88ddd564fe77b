"""Do the bars of the differences hold? Their true errors, known from ball arithmetic, over the catalogue.

    python -m power.calibration

At many samples of each spec that declares a formula the slope is taken by differences, quick (four evaluations: what is
used to agree) and thorough (what is used to accuse), and compared with the declared derivative, where that is proven at
the sample. What the op itself computes wrongly is the op's matter: samples where it does not compute the declared
forward are left out.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import torch

from gradsuite.devices import kept
from gradsuite.errors import GradsuiteError, Unsupported
from gradsuite.group import Order, of_spec
from gradsuite.plan import Case
from gradsuite.routes.evidence import Evidence
from gradsuite.spec import catalogue, load_all

ROUTES = ("quick", "thorough")
Figure = tuple[float, float]  # true error over bar, bar over scale


def measure(name: str, count: int, seed: int) -> dict[str, list[Figure]]:
    """For each route the figures of ``count`` samples of the spec called ``name``, shared out among its variants."""
    spec = next(spec for spec in load_all([catalogue.folder("specs")])[0] if spec.path == name)
    found: dict[str, list[Figure]] = {route: [] for route in ROUTES}
    with kept(threads=1), torch.autograd.set_multithreading_enabled(False):
        for evidence in _drawn(spec, count, seed):
            for route in ROUTES:
                found[route] += _figure(evidence, route)
    return found


def _drawn(spec: Any, count: int, seed: int) -> Iterator[Evidence]:
    source = of_spec(Case(spec, "cpu", "float64", "reverse"))
    able = [s for s in source.subjects if s.definition and s.definition.derivative and not s.definition.surrogate]
    for subject in able:
        order = Order(
            "drawn",
            torch.float64,
            torch.device("cpu"),
            "quick",
            max(1, count // len(able)),
            f"calibration::{spec.path}",
            seed,
        )
        for sample in source.draw(subject, order):
            yield Evidence(subject, sample)


def _figure(evidence: Evidence, route: str) -> list[Figure]:
    """One figure, or none where the formula is not proven, the op computes something else, or the bar is not finite."""
    try:
        if not evidence.proven or evidence.values_agree is False:
            return []
        truth, slope = evidence.formula_vote, getattr(evidence, route).central
    except (Unsupported, RuntimeError, GradsuiteError):
        return []
    if truth is None or not math.isfinite(slope.bar) or not evidence.scale:
        return []
    error = max(0.0, abs(slope.value - truth.value) - truth.bar)
    over = error / slope.bar if slope.bar else (0.0 if not error else math.inf)
    return [(over, slope.bar / evidence.scale)]


def summary(figures: Sequence[Figure]) -> dict[str, float]:
    """Samples, those within their bar, the worst error over its bar, and the median relative width of the bars."""
    return {
        "samples": len(figures),
        "within": sum(over <= 1 for over, _ in figures),
        "worst": max((over for over, _ in figures), default=0.0),
        "width": median(width for _, width in figures) if figures else math.nan,
    }


def markdown(figures: Mapping[str, Any]) -> str:
    """The sums over the catalogue, then the ops whose bars were exceeded."""
    head = ["| differences | samples | within their bar | median relative width |", "|---|---|---|---|"]
    rows = [_row(route, figures["all"][route]) for route in ROUTES]
    beyond = [
        f"- {route}, `{op}`: {found['samples'] - found['within']:.0f} of {found['samples']:.0f}, "
        f"{found['worst']:.3g} bars at worst"
        for route in ROUTES
        for op, found in figures[route].items()
        if found["within"] < found["samples"]
    ]
    return "\n".join([*head, *rows, *(["", "Beyond their bar:", "", *beyond] if beyond else [])])


def _row(route: str, found: Mapping[str, float]) -> str:
    share = 100 * found["within"] / found["samples"] if found["samples"] else 0.0
    return f"| {route} | {found['samples']:,.0f} | {share:.3f} % | {found['width']:.1e} |"


def main() -> None:
    """Prints the table; writes power/calibration.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=400, help="samples of each spec")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"))
    options = parser.parse_args()
    paths = [spec.path for spec in load_all([catalogue.folder("specs")])[0]]
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        found = dict(
            zip(paths, pool.map(measure, paths, [options.count] * len(paths), [options.seed] * len(paths)), strict=True)
        )
    figures: dict[str, Any] = {"all": {}}
    for route in ROUTES:
        figures["all"][route] = summary([figure for each in found.values() for figure in each[route]])
        figures[route] = {Path(path).name: summary(each[route]) for path, each in found.items() if each[route]}
    options.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(markdown(figures))


if __name__ == "__main__":
    main()
