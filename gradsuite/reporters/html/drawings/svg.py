"""The few SVG pieces that every drawing shares. Everything that comes from outside is escaped here."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape


def figure(width: float, height: float, parts: Iterable[Markup], *, title: str, css: str) -> Markup:
    """An ``<svg>`` of that size in pixels; ``title`` is what a screen reader says in its place."""
    body = Markup("").join(parts)
    box = f"{width:g} {height:g}"
    return Markup(
        '<svg class="{}" role="img" aria-label="{}" width="{:g}" height="{:g}" viewBox="0 0 {}">{}</svg>'
    ).format(css, title, width, height, box, body)


def text(x: float, y: float, content: str, css: str = "", anchor: str = "") -> Markup:
    """A line of text with its baseline at ``y``; ``anchor`` is start, middle or end."""
    extra = Markup(' class="{}"').format(css) if css else Markup("")
    extra += Markup(' text-anchor="{}"').format(anchor) if anchor else Markup("")
    return Markup('<text x="{}" y="{}"{}>{}</text>').format(short(x), short(y), extra, content)


def path(data: str, css: str) -> Markup:
    """A path; nothing at all where there is nothing to draw."""
    return Markup('<path class="{}" d="{}"/>').format(css, data) if data else Markup("")


def rectangle(x: float, y: float, width: float, height: float, css: str, radius: float = 0) -> Markup:
    """A rectangle with rounded corners."""
    corner = Markup(' rx="{:g}"').format(radius) if radius else Markup("")
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"{}/>').format(
        css, *map(short, (x, y, width, height)), corner
    )


def short(value: float) -> str:
    """A coordinate to a tenth of a pixel."""
    return str(escape(f"{value:.1f}".removesuffix(".0")))
