"""An open interval; either end may be infinite."""

from gradsuite.spec.domain import Bounds, DomainKind


def _bounds(low: float, high: float) -> Bounds:
    return Bounds(float(low), float(high), low_open=True, high_open=True)


DOMAIN = DomainKind("interval", "low < x < high", ("low", "high"), bounds=_bounds)
