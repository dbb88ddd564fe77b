"""From text to a checked syntax tree: an allow-list, hard limits, and messages that say how to mend it.

Nothing is evaluated here, not even constants; the time taken is bounded by the length of the text.
"""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Collection, Iterator

from gradsuite.errors import FormulaError
from gradsuite.spec.formula.formula import Formula
from gradsuite.spec.formula.registry import FUNCTIONS
from gradsuite.spec.nearest import nearest

MAX_TEXT = 4000  # characters
MAX_NODES = 800
MAX_DEPTH = 80
MAX_INTEGER = 2**63 - 1  # of a literal
MAX_EXPONENT = 1024  # of a literal integer exponent

_ALLOWED = (
    ast.Constant, ast.Name, ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp, ast.IfExp, ast.Call, ast.Tuple, ast.List,
    ast.Subscript, ast.Slice, ast.Attribute, ast.keyword,
)  # fmt: skip
_OPERATORS = (
    ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.MatMult, ast.FloorDiv, ast.Mod, ast.UAdd, ast.USub, ast.Not,
    ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Is, ast.IsNot,
)  # fmt: skip
_SPOKEN = {
    ast.Lambda: "a lambda", ast.JoinedStr: "an f-string", ast.NamedExpr: "an assignment",
    ast.Starred: "a starred argument", ast.ListComp: "a comprehension", ast.GeneratorExp: "a comprehension",
    ast.SetComp: "a comprehension", ast.DictComp: "a comprehension", ast.Dict: "a dict", ast.Set: "a set",
    ast.Await: "await", ast.Yield: "yield", ast.BitAnd: "'&'", ast.BitOr: "'|'", ast.BitXor: "'^'", ast.Invert: "'~'",
    ast.LShift: "'<<'", ast.RShift: "'>>'", ast.In: "'in'", ast.NotIn: "'not in'",
}  # fmt: skip
_INSTEAD = {
    ast.BitAnd: "use logical_and(a, b)", ast.BitOr: "use logical_or(a, b)", ast.Invert: "use logical_not(a)",
    ast.BitXor: "a power is written x ** n",
}  # fmt: skip


def parse(text: str, *, indices: Collection[str] = (), functions: Collection[str] = ()) -> Formula:
    """The formula that ``text`` holds.

    ``indices`` are the letters of index notation; ``functions`` names callables that the scope will provide beside
    the language's own. Raises FormulaError, which names the offending part, its column and the nearest known name.
    """
    tree = _tree(text)
    _check(tree, text, frozenset(indices), frozenset(functions))
    return Formula.of(text, tree, frozenset(indices), frozenset(functions))


def parse_identity(text: str) -> tuple[Formula, Formula]:
    """The two sides of ``left == right``. Raises FormulaError as ``parse`` does."""
    tree = _tree(text)
    _check(tree, text, frozenset(), frozenset())
    match tree:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            return _part(text, left), _part(text, right)
    raise FormulaError("an identity reads 'left == right'", column=_column(tree, text), mend="write one ==")


def _part(text: str, tree: ast.expr) -> Formula:
    source = ast.get_source_segment(_flat(text), tree)
    return Formula.of(source or ast.unparse(tree), tree, frozenset(), frozenset())


def _flat(text: str) -> str:
    return text.replace("\n", " ").replace("\r", " ").replace("\f", " ").replace("\t", " ")


def _tree(text: str) -> ast.expr:
    """Parse, with every way that Python's parser can fail turned into a FormulaError."""
    _check_text(text)
    flat = _flat(text)
    body = flat.lstrip(" ")
    offset = len(flat) - len(body)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "invalid escape sequence" and the like are not for the user's terminal
            tree = ast.parse(body, mode="eval").body
    except SyntaxError as error:
        column = min(max(error.offset or 1, 1), len(body) + 1) + offset
        raise FormulaError(
            f"not an expression: {error.msg}", column=column, mend="check brackets and operators"
        ) from None
    except (ValueError, MemoryError, RecursionError, OverflowError):
        raise FormulaError("not an expression, or too deeply nested", mend="split it with let") from None
    if offset:
        for node in ast.walk(tree):
            if isinstance(node, (ast.expr, ast.keyword)):
                node.col_offset += offset
                node.end_col_offset = (node.end_col_offset or 0) + offset
    return tree


def _check_text(text: str) -> None:
    if not text.strip():
        raise FormulaError("the formula is empty")
    if len(text) > MAX_TEXT:
        raise FormulaError(
            f"the formula has {len(text)} characters; at most {MAX_TEXT} are read", mend="split it with let"
        )
    if not text.isprintable() and any(not c.isprintable() and c not in "\n\r\t" for c in text):
        place = next(i for i, c in enumerate(text) if not c.isprintable() and c not in "\n\r\t")
        raise FormulaError(f"a control character: {text[place]!r}", column=place + 1, mend="remove it")
    if "#" in text:
        raise FormulaError("a '#' in a formula", column=text.index("#") + 1, mend="put comments outside the formula")
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth > MAX_DEPTH:
            raise FormulaError(
                f"brackets are nested deeper than {MAX_DEPTH}", column=place + 1, mend="split it with let"
            )


def _column(node: ast.AST, text: str) -> int:
    """Columns count characters from 1; Python's syntax tree counts bytes from 0."""
    flat = _flat(text).encode()
    return len(flat[: getattr(node, "col_offset", 0)].decode(errors="ignore")) + 1


def _walk(tree: ast.expr) -> Iterator[tuple[ast.AST, int]]:
    """Every node with its depth, without recursion."""
    todo: list[tuple[ast.AST, int]] = [(tree, 1)]
    while todo:
        node, depth = todo.pop()
        yield node, depth
        todo.extend((child, depth + 1) for child in ast.iter_child_nodes(node))


def _check(tree: ast.expr, text: str, indices: frozenset[str], functions: frozenset[str]) -> None:
    for count, (node, depth) in enumerate(_walk(tree)):
        if count >= MAX_NODES or depth > MAX_DEPTH:
            what = "the formula is too long or too deeply nested"
            raise FormulaError(what, column=_column(node, text), mend="split it with let")
    callees = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    placed = [node for node in ast.walk(tree) if isinstance(node, (ast.expr, ast.keyword))]
    for node in sorted(placed, key=lambda node: node.col_offset):  # a parent stands before its children
        try:
            _check_node(node, indices, functions, id(node) in callees)
        except FormulaError as error:
            raise FormulaError(error.what, column=_column(node, text), mend=error.mend) from None


def _check_node(node: ast.AST, indices: frozenset[str], functions: frozenset[str], callee: bool) -> None:
    match node:
        case ast.Constant():
            _check_constant(node.value)
        case ast.Name() if not callee:
            _check_name(node.id)
        case ast.Attribute() if node.attr != "T" or callee:
            raise FormulaError(f"attribute .{node.attr}", mend="only .T is known; functions are called by plain name")
        case ast.Call():
            _check_call(node, functions)
        case ast.BinOp(op=ast.Pow()):
            _check_power(node)
        case ast.BinOp() | ast.UnaryOp():
            _check_kind(node.op)
        case ast.Compare():
            _check_comparison(node)
        case ast.Subscript():
            _check_subscript(node, indices)
    _check_kind(node)


def _check_kind(node: ast.AST) -> None:
    if isinstance(node, (*_ALLOWED, *_OPERATORS)):
        return
    spoken = _SPOKEN.get(type(node), type(node).__name__)
    raise FormulaError(f"{spoken} is not part of the formula language", mend=_INSTEAD.get(type(node), ""))


def _check_constant(value: object) -> None:
    if isinstance(value, bytes):
        raise FormulaError("bytes are not part of the formula language")
    if isinstance(value, int) and value > MAX_INTEGER:
        raise FormulaError("the integer does not fit in 64 bits", mend="write it as a float")
    if isinstance(value, (float, complex)) and not math.isfinite(abs(value)):
        raise FormulaError("the number does not fit in a double", mend="write inf if that is meant")


def _check_name(identifier: str) -> None:
    if identifier.startswith("_"):
        raise FormulaError(f"name {identifier!r} begins with an underscore", mend="choose another name")


def _check_call(node: ast.Call, functions: frozenset[str]) -> None:
    if not isinstance(node.func, ast.Name):
        raise FormulaError("only a function's plain name can be called", mend="write name(arguments)")
    if any(isinstance(argument, ast.Starred) for argument in node.args) or any(k.arg is None for k in node.keywords):
        raise FormulaError("starred arguments are not part of the formula language")
    called = node.func.id
    if called in functions:
        return
    if called not in FUNCTIONS:
        raise FormulaError(f"unknown function {called!r}", mend=_did_you_mean(called, [*FUNCTIONS, *functions]))
    try:
        FUNCTIONS[called].signature.bind(*node.args, **{str(k.arg): k.value for k in node.keywords})
    except TypeError as error:
        parameters = str(FUNCTIONS[called].signature)
        raise FormulaError(f"{called}: {error}", mend=f"it is called as {called}{parameters}") from None


def _check_power(node: ast.BinOp) -> None:
    """Powers of constants are never nested, and a literal exponent is small: 9**9**9 has 370 million digits."""
    for part in ast.walk(node.right):
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Pow) and _is_constant(part):
            raise FormulaError("a power of constants within an exponent", mend="write the exponent as one number")
        if isinstance(part, ast.Constant) and isinstance(part.value, int) and part.value > MAX_EXPONENT:
            raise FormulaError(f"an exponent above {MAX_EXPONENT}", mend="write it as a float")


def _is_constant(tree: ast.AST) -> bool:
    return not any(isinstance(node, ast.Name) for node in ast.walk(tree))


def _check_comparison(node: ast.Compare) -> None:
    for operator, right in zip(node.ops, node.comparators, strict=True):
        none = isinstance(right, ast.Constant) and right.value is None
        _check_kind(operator)
        if isinstance(operator, (ast.Is, ast.IsNot)) and not none:
            raise FormulaError("'is' is only for None", mend="use == or !=")


def _check_subscript(node: ast.Subscript, indices: frozenset[str]) -> None:
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    letters = [part for part in parts if isinstance(part, ast.Name) and part.id in indices]
    if letters and len(parts) > 1:
        raise FormulaError("index notation takes one letter", mend=f"write x[{letters[0].id}]")
    for part in parts:
        wrong = isinstance(part, ast.Constant) and isinstance(part.value, (bool, str, float, complex))
        if wrong or isinstance(part, ast.List):
            what = repr(part.value) if isinstance(part, ast.Constant) else "a list"
            raise FormulaError(f"{what} is not an index", mend="an index is an integer, a slice, None or ...")


def _did_you_mean(word: str, known: Collection[str]) -> str:
    near = nearest(word[:64], known)
    return f"did you mean {near!r}?" if near else ""
