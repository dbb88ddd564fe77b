"""What the language accepts, what it refuses, and that it says so quickly and helpfully."""

from __future__ import annotations

import pickle
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gradsuite.errors import FormulaError
from gradsuite.spec.formula import FUNCTIONS, parse, parse_identity


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("e / sum(e, dim)", {"e", "dim"}),
        ("x if reduction == 'mean' else y", {"x", "y", "reduction"}),
        ("x[None, ..., 1:] + pi * inf", {"x"}),
        ("split(ct, [n, m], dim=1)[0].T", {"ct", "n", "m"}),
        ("  max(x)\n  - max", {"x", "max"}),  # a name may be a function's: only calls are of functions
        ("0 < x <= 1 and w is not None", {"x", "w"}),
        ("2 ** 10 + x ** (1 / 3)", {"x"}),
    ],
)
def test_free_names(text: str, names: set[str]) -> None:
    assert parse(text).names == names


def test_index_letters_are_not_free_names() -> None:
    formula = parse("y[i] * (delta(i, j) - y[j])", indices=("i", "j"))
    assert formula.names == {"y"}


def test_functions_of_the_scope_can_be_called() -> None:
    formula = parse("conv(unfold(x, 3), w)", functions=("conv", "unfold"))
    assert formula.names == {"x", "w"}
    assert pickle.loads(pickle.dumps(formula)) == formula


@pytest.mark.parametrize(
    ("text", "column", "what", "mend"),
    [
        ("1 + sofmax(x, 1)", 5, "unknown function 'sofmax'", "did you mean 'softmax'?"),
        ("x + __import__('os')", 5, "unknown function '__import__'", ""),
        ("x.__class__.__bases__", 1, "attribute .__bases__", "only .T"),
        ("x.T()", 1, "plain name", "write name(arguments)"),
        ("(lambda: 0)()", 1, "plain name", ""),
        ("[a for a in x]", 1, "a comprehension", ""),
        ("1 + f'{x}'", 5, "an f-string", ""),
        ("sum(*x)", 1, "starred", ""),
        ("sum(x, 1, 2, 3)", 1, "sum: too many positional", "sum(x, dim=None, *, keepdims=True)"),
        ("sum(x, axis=1)", 1, "axis", "sum(x, dim"),
        ("x & y", 1, "'&' is not part", "logical_and"),
        ("x ^ 2", 1, "'^' is not part", "x ** n"),
        ("ä + (x is y)", 6, "'is' is only for None", "use =="),
        ("9**9**9", 1, "power of constants", "one number"),
        ("x ** 100000", 1, "exponent above", "float"),
        ("99999999999999999999", 1, "64 bits", "float"),
        ("1e999", 1, "does not fit", "inf"),
        ("x[[1, 2]]", 1, "a list is not an index", ""),
        ("x['a']", 1, "'a' is not an index", ""),
        ("_hidden + 1", 1, "underscore", ""),
        ("exp(x", 4, "not an expression", "brackets"),
        ("x # why", 3, "'#'", "comments"),
        ("x; y", 2, "not an expression", ""),
        ("x := 1", 3, "not an expression", ""),
        ("   ", 1, "empty", ""),
        ("x\0", 2, "control character", ""),
        ("b'x'", 1, "bytes", ""),
    ],
)
def test_refusals_name_the_part_its_column_and_how_to_mend_it(text: str, column: int, what: str, mend: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse(text)
    assert caught.value.column == column
    assert what in caught.value.what
    assert mend in caught.value.mend


HOSTILE = {
    "deep brackets": "(" * 2000 + "x" + ")" * 1900,
    "deep calls": "exp(" * 900 + "x" + ")" * 900,
    "deep unary": "-" * 3900 + "x",
    "deep not": "not " * 900 + "x",
    "deep powers": "**".join(["9"] * 1300),
    "deep subscripts": "x" + "[0]" * 1300,
    "deep attributes": "x" + ".T" * 1900,
    "long": "x+" * 100_000 + "x",
    "wide": "+".join(["x"] * 1900),
    "digits": "9" * 3999,
    "list index": "x[[" + "-" * 3900 + "1]]",
    "ternaries": "x if x else " * 300 + "x",
    "long name": "a" * 3999 + "(x)",
    "surrogate": "x\ud800",
    "brackets in text": "'" + "(" * 3000 + "'",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_formulas_are_refused_in_bounded_time(text: str) -> None:
    started = time.process_time()
    with pytest.raises(FormulaError):
        parse(text)
    assert time.process_time() - started < 5.0  # of this process: bounded, whatever else the machine does


PIECES = st.sampled_from(
    [
        *"()[]{}.,:;+-*/@%<>=!&|^~\\'\"`$? \n\t0129_aTxij",
        "**",
        "//",
        "==",
        "lambda ",
        "if ",
        " else ",
        "not ",
        " and ",
        " is ",
        "None",
        "True",
        "...",
        "9e9",
        "1j",
        "0x",
        "b'",
        "f'{",
        "}",
        "for a in ",
        "await ",
        "yield ",
        ":=",
        "__import__",
        "é",
        "ﬁ",
        "\ud800",
        *sorted(FUNCTIONS),
    ]
)


@settings(deadline=2000, max_examples=300)
@given(st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=60).map("".join)))
@example("\N{ZERO WIDTH JOINER}")
@example("x[")
@example("'\\N{")
def test_anything_parses_or_is_refused(text: str) -> None:
    try:
        formula = parse(text, indices=("i", "j"))
    except FormulaError as error:
        assert error.what
        assert 1 <= error.column <= len(text) + 1
    else:
        assert all(isinstance(name, str) for name in formula.names)


def test_an_identity_has_two_sides() -> None:
    left, right = parse_identity("sum(d_x, dim) == 0 * ct")
    assert (left.text, right.text) == ("sum(d_x, dim)", "0 * ct")
    assert (left.names, right.names) == ({"d_x", "dim"}, {"ct"})
    assert pickle.loads(pickle.dumps(left)) == left


@pytest.mark.parametrize("text", ["x + y", "x == y == z", "x < y"])
def test_what_is_no_identity_is_refused(text: str) -> None:
    with pytest.raises(FormulaError, match="left == right"):
        parse_identity(text)


def test_parsing_imports_no_torch() -> None:
    import subprocess
    import sys

    use = "from gradsuite.spec.formula import parse; parse('softmax(x, 1)').run"
    code = f"import sys; {use}; assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
