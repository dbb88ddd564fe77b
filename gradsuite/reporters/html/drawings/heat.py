"""The Jacobian as three heat maps. Sign shows as colour and as a figure or a minus sign, never as colour alone."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from markupsafe import Markup

from gradsuite.reporters import words
from gradsuite.reporters.html.drawings import svg
from gradsuite.results import Picture

_STEPS = 6  # shades of each sign
_LARGEST = 32  # rows or columns drawn; larger Jacobians show the worst entry of each block
_LEFT, _TOP = 16.0, 16.0
Grid = list[list[float]]


def draw(picture: Picture) -> list[tuple[str, str, Markup]]:
    """For truth, got and error: its name, what the full shade stands for, and the drawing."""
    size = picture.rows * picture.columns
    if not size or any(len(m) != size for m in (picture.truth, picture.got, picture.error)):
        return []
    grids = [_grid(m, picture) for m in (picture.truth, picture.got, picture.error)]
    common = max(_scale(grids[0]), _scale(grids[1]))
    scales = (common, common, _scale(grids[2]))
    names = ("truth", "got", "error = got − truth")
    return [
        (name, f"full shade: ±{words.number(scale)}", _map(grid, scale, f"{name}, {picture.rows} by {picture.columns}"))
        for name, grid, scale in zip(names, grids, scales, strict=True)
    ]


def reduced(picture: Picture) -> bool:
    """Whether blocks of the Jacobian are drawn instead of its entries."""
    return max(picture.rows, picture.columns) > _LARGEST


def _grid(matrix: Sequence[float], picture: Picture) -> Grid:
    tall, wide = (math.ceil(n / _LARGEST) for n in (picture.rows, picture.columns))

    def worst(i: int, j: int) -> float:
        rows = range(i, min(i + tall, picture.rows))
        columns = range(j, min(j + wide, picture.columns))
        return max((matrix[r * picture.columns + c] for r in rows for c in columns), key=_size)

    return [[worst(i, j) for j in range(0, picture.columns, wide)] for i in range(0, picture.rows, tall)]


def _size(value: float) -> float:
    return math.inf if math.isnan(value) else abs(value)


def _scale(grid: Grid) -> float:
    return max((abs(v) for row in grid for v in row if math.isfinite(v)), default=0.0)


def _map(grid: Grid, scale: float, title: str) -> Markup:
    rows, columns = len(grid), len(grid[0])
    figures = columns <= 6 and rows <= 12
    cell = min(52.0, 244.0 / columns) if figures else max(7.0, min(22.0, 244.0 / max(rows, columns)))
    height = min(cell, 30.0) if figures else cell
    parts = [*_shades(grid, scale, cell, height)]
    parts += _figures(grid, scale, cell, height) if figures else [_minuses(grid, scale, cell)]
    parts += [svg.text(_LEFT, 11, "input →"), _sideways(_TOP + 2, "output →")]
    return svg.figure(_LEFT + columns * cell, _TOP + rows * height, parts, title=title, css="heat")


def _sideways(y: float, content: str) -> Markup:
    return Markup('<text transform="translate(4 {}) rotate(90)">{}</text>').format(svg.short(y), content)


def _shade(value: float, scale: float) -> str:
    """A class: z (zero), p1..p6, n1..n6, or x where not finite. A square root keeps small entries visible."""
    if not math.isfinite(value):
        return "hx"
    if value == 0 or scale == 0:
        return "hz"
    step = max(1, round(_STEPS * math.sqrt(abs(value) / scale)))
    return f"h{'p' if value > 0 else 'n'}{step}"


def _shades(grid: Grid, scale: float, cell: float, height: float) -> list[Markup]:
    """One path for each shade."""
    paths: defaultdict[str, list[str]] = defaultdict(list)
    gap = 1 if cell > 9 else 0
    for i, row in enumerate(grid):
        for j, value in enumerate(row):
            w, h = svg.short(cell - gap), svg.short(height - gap)
            corner = f"M{svg.short(_LEFT + j * cell)} {svg.short(_TOP + i * height)}"
            paths[_shade(value, scale)].append(f"{corner}h{w}v{h}h-{w}z")
    return [svg.path("".join(data), shade) for shade, data in sorted(paths.items())]


def _figures(grid: Grid, scale: float, cell: float, height: float) -> list[Markup]:
    return [
        svg.text(
            _LEFT + (j + 0.5) * cell,
            _TOP + i * height + height / 2 + 4,
            _brief(value),
            "strong" if _shade(value, scale)[-1] in "56" else "",
            "middle",
        )
        for i, row in enumerate(grid)
        for j, value in enumerate(row)
    ]


def _brief(value: float) -> str:
    """Two digits: what fits into a cell."""
    if not math.isfinite(value) or value == int(value):
        return words.number(value)
    plain = f"{value:.2f}" if abs(value) >= 0.01 else f"{value:.0e}".replace("e-0", "e-")
    return plain.replace("-", "−")


def _minuses(grid: Grid, scale: float, cell: float) -> Markup:
    """A short dash in each negative cell, a cross in each that is not finite."""
    marks = []
    for i, row in enumerate(grid):
        for j, value in enumerate(row):
            x, y = _LEFT + j * cell + cell * 0.3, _TOP + (i + 0.5) * cell
            length = cell * 0.4
            if not math.isfinite(value):
                marks.append(f"M{svg.short(x)} {svg.short(y)}l{svg.short(length)} {svg.short(length)}")
            if not math.isfinite(value) or value < 0:
                marks.append(f"M{svg.short(x)} {svg.short(y)}h{svg.short(length)}")
    return svg.path("".join(marks), "minus")
