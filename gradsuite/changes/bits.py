"""Bits of accuracy lost and won, on one common scale: lost to the right, won to the left."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from gradsuite.changes.accuracy import Move
from gradsuite.reporters.html.drawings import svg

_WIDTH, _HEIGHT = 160.0, 14.0
_SCALE = 64.0  # bits at either end: more than a float64 has, so that only what is infinite is cut off


def draw(moves: Sequence[Move]) -> list[Markup]:
    """One drawing for each move; the longest fills its half."""
    longest = max((_bits(move) for move in moves), default=1.0)
    return [_bar(move, _bits(move) / longest * (_WIDTH / 2 - 2)) for move in moves]


def _bits(move: Move) -> float:
    return min(abs(move.bits), _SCALE)


def _bar(move: Move, length: float) -> Markup:
    middle, way = _WIDTH / 2, "lost" if move.bits > 0 else "won"
    parts = [
        svg.path(f"M{middle:g} 0v{_HEIGHT:g}", "axis"),
        svg.rectangle(middle if move.bits > 0 else middle - length, 3, length, _HEIGHT - 6, way, 2),
    ]
    return svg.figure(_WIDTH, _HEIGHT, parts, title=way, css="bits")
