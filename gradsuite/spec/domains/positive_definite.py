"""Symmetric matrices with positive eigenvalues: covariances, kernels, metrics."""

from typing import Any

from gradsuite.spec.domain import DomainKind


def _definite(x: Any) -> Any:
    """The mean of the outer products of the columns, beside a diagonal: no two eigenvalues are alike by chance."""
    import numpy as np  # only where values are drawn: domains are read without it

    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise ValueError(f"positive_definite is a domain of square matrices; the shape is {tuple(x.shape)}")
    size = max(1, x.shape[-1])
    gram = x @ x.swapaxes(-1, -2) / size
    return (gram + gram.swapaxes(-1, -2)) / 2 + np.diag((1 + np.arange(x.shape[-1])) / size)


def _is_definite(x: Any) -> bool:
    import numpy as np  # as above

    matrix = np.asarray(x, dtype=np.float64)
    return bool((matrix == matrix.swapaxes(-1, -2)).all()) and bool((np.linalg.eigvalsh(matrix) > 0).all())


DOMAIN = DomainKind(
    "positive_definite",
    "x is symmetric in its last two dimensions, and its eigenvalues are positive",
    shape=_definite,
    member=_is_definite,
)
