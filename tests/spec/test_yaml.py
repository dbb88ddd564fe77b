"""YAML 1.2's core rules, places, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import pytest

from gradsuite.errors import Fault
from gradsuite.spec.node import Node, locate, normal
from gradsuite.spec.yaml import MAX_CHARACTERS, compose


def tree(text: str) -> Node:
    root, faults = compose("x.yaml", text)
    assert root is not None and not faults, faults
    return root


def fault(text: str) -> Fault:
    _, faults = compose("x.yaml", text)
    assert len(faults) == 1, faults
    return faults[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-5", 1e-5),
        ("1.0e+20", 1e20),
        (".5", 0.5),
        ("-.inf", -math.inf),
        ("on", "on"),
        ("no", "no"),
        ("y", "y"),
        ("12:30:45", "12:30:45"),
        ("2020-03-22", "2020-03-22"),
        ("1_000", "1_000"),
        ("0o17", 15),
        ("017", 17),
        ("0x1F", 31),
        ("true", True),
        ("~", None),
        ("'1'", "1"),
    ],
)
def test_plain_scalars_follow_the_core_schema(text: str, value: Any) -> None:
    found = tree(f"a: {text}").plain()["a"]
    assert found == value and type(found) is type(value)


def test_nan_is_a_number() -> None:
    assert math.isnan(tree("a: .nan").plain()["a"])


def test_nodes_and_keys_know_their_places() -> None:
    root = tree("a: 1\nbee:\n  - {c: 2}\n")
    bee = root.child("bee")
    assert root.keys == {"a": (1, 1), "bee": (2, 1)}
    assert bee is not None and (bee.line, bee.column) == (3, 3)


def test_columns_count_characters_not_bytes() -> None:
    node = tree("{é: ü, a: b}").child("a")
    assert node is not None and node.column == 11


def test_an_alias_stands_for_its_value() -> None:
    assert tree("a: &v [1, 2]\nb: *v").plain() == {"a": [1, 2], "b": [1, 2]}


def test_every_duplicate_key_is_told_in_one_go() -> None:
    _, faults = compose("x.yaml", "a: 1\nb: 2\na: 3\nb: 4\n")
    assert [(each.line, each.column, each.what) for each in faults] == [
        (3, 1, "the key 'a' is given twice"),
        (4, 1, "the key 'b' is given twice"),
    ]


def test_an_alias_bomb_is_refused_without_being_built() -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    assert "more than 20000 values" in fault("\n".join(lines)).what


@pytest.mark.parametrize(
    ("text", "what", "mend"),
    [
        ("shape: *B C", "the alias *B stands for nothing", '"*B"'),
        ("a: &a [*a]", "the alias *a stands for nothing", "quotes"),
        ("a: !!python/object/apply:os.system [ls]", "is refused", "quotes"),
        ("a: !tag b", "the tag '!tag' is refused", "quotes"),
        ("1: a", "a key must be text", "quotes"),
        ("[a]: b", "a key must be text", "quotes"),
        ("a: b\n---\nc: d", "a second document begins", "one document"),
        ("", "the file is empty", ""),
        ("# nothing\n", "the file is empty", ""),
        ("a: b: c", "not YAML: mapping values are not allowed", "': '"),
        ("a: @b", "not YAML", "quotes"),
        ("a: {b: f(c, [d}", "not YAML", "quotes"),
        ("a: 'b", "not YAML", "quotes"),
        ("a: \x01", "not YAML", "control character"),
        ("[" * 5000, "nested more than", ""),
        ("#" * (MAX_CHARACTERS + 1), "characters", "are read"),
    ],
)
def test_what_cannot_be_read_is_one_fault_with_a_way_out(text: str, what: str, mend: str) -> None:
    found = fault(text)
    assert what in found.what and mend in found.mend


@pytest.mark.parametrize(
    "text",
    [
        "a: x + WRONG",
        "a: 'x + WRONG'",
        "a: 'x == ''s'' + WRONG'",
        'a: "x \\\\ \\x41 \\" + WRONG"',
        "a: x +\n   y +\n   WRONG",
        "a: >\n  x +\n  WRONG\n",
        "a: |\n  x +\n\n   WRONG * 2\n",
        "{é: 0, a: 'x\n  + WRONG'}",
    ],
)
def test_a_character_of_a_scalar_is_found_in_the_file(text: str) -> None:
    node = tree(text).child("a")
    assert node is not None
    line, column = locate(text, node, normal(str(node.value)).index("WRONG"))
    assert text.split("\n")[line - 1][column - 1 :].startswith("WRONG")
