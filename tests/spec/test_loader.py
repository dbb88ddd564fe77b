"""The loader: every fault of every file at once, at its place, with a way to mend it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradsuite.errors import SpecError, UsageError
from gradsuite.spec import find, load, load_all

SOFTMAX = """\
gradsuite: 1
op: torch.nn.functional.softmax
summary: Exponentials along a dimension, scaled to sum to one.
reference: Bridle (1990)
inputs:
  x: {shape: "*B C", domain: real}
arguments:
  dim: [-1, 0]
let:
  e: exp(x - max(x, dim))
forward: e / sum(e, dim)
derivative:
  x: {jacobian: "y[i] * (delta(i, j) - y[j])", along: dim}
"""

LOG = """\
gradsuite: 1
op: torch.log
summary: The logarithm.
reference: DLMF 4.2
inputs: {x: {shape: "*B", domain: positive}}
forward: log(x)
derivative: {x: {elementwise: 1 / x}}
"""


def write(folder: Path, text: str, name: str = "log") -> Path:
    path = folder / f"{name}.grad.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def faults(path: Path) -> list[str]:
    with pytest.raises(SpecError) as caught:
        load(path)
    return [str(fault).removeprefix(f"{path.as_posix()}:") for fault in caught.value.faults]


def only_fault(folder: Path, text: str) -> str:
    found = faults(write(folder, text))
    assert len(found) == 1, found
    return found[0]


def test_a_sound_spec_is_compiled(tmp_path: Path) -> None:
    spec = load(write(tmp_path, SOFTMAX, "softmax"))
    (definition,) = spec.definitions
    assert (spec.name, spec.family, spec.real, spec.complex) == ("softmax", tmp_path.name, True, False)
    assert [(str(axis.size.text), axis.variadic) for axis in definition.inputs["x"].shape] == [
        ("B", True),
        ("C", False),
    ]
    assert definition.arguments == {"dim": (-1, 0)}
    assert definition.forward["y"].text == "e / sum(e, dim)"
    assert definition.derivative["x"].along == "dim"


def test_a_spec_broken_in_five_ways_has_five_good_messages(tmp_path: Path) -> None:
    text = SOFTMAX
    for right, wrong in [
        ("summary:", "sumary:"),
        ("domain: real", "domain: rael"),
        ("exp(x", "expp(x"),
        ("sum(e, dim)", "sum(e, dmi)"),
        (", along: dim", ""),
    ]:
        text = text.replace(right, wrong, 1)
    assert faults(write(tmp_path, text, "softmax")) == [
        "3:1: unknown key 'sumary'; did you mean 'summary'?",
        "6:30: unknown domain 'rael'; did you mean 'real'?",
        "10:6: unknown function 'expp'; did you mean 'exp'?",
        "11:21: unknown name 'dmi'; did you mean 'dim'?",
        "13:7: 'jacobian' needs 'along'; say which dimension i and j run over",
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("gradsuite: 1", "gradsuite: 2", "1:12: 'gradsuite' must be 1, not the number 2"),
        ("reference: DLMF 4.2\n", "", "1:1: the key 'reference' is missing; add 'reference: ...'"),
        ("op: torch.log", "op: log", "2:5: 'log' is no dotted path; write it as torch.exp"),
        ("op: torch.log", "op: torch.exp", "2:5: the file is called log.grad.yaml, but the op 'exp'; rename the file"),
        (
            "op: torch.log",
            "op: torch.exp\nname: exp",
            "3:7: the file is called log.grad.yaml, but the op 'exp'; rename",
        ),
        (
            "op: torch.log",
            "op: torch.log\ndtypes: [float32]",
            "3:10: this must be 'real' or 'complex', not the text 'float32'",
        ),
        ("op: torch.log", "op: torch.log\ndtypes: []", "3:9: no kind of dtype is listed"),
        ('"*B"', '"B,"', "5:22: sizes are separated by blanks, not commas; write 'N C'"),
        ('"*B"', '"N ..."', "5:24: a shape has no '...'; give the other sizes a name: '*B'"),
        ('"*B"', '"*B *C"', "5:25: a shape has one variadic word"),
        ('"*B"', '"G * I"', "5:24: '*' stands alone; a size is one word: 'G*I'"),
        ('"*B"', '"#2"', "5:22: '#' marks a symbol, not '2'"),
        ('"*B"', '"N*"', "5:22: not an expression"),
        ('"*B"', "3", "5:21: 'shape' must be text, not the number 3; write it in quotes: \"3\""),
        (
            "positive",
            "interval(0)",
            "5:35: the domain 'interval' is given 1 parameters, not 2; write interval(low, high)",
        ),
        ("positive", "positive(", "5:35: 'positive(' is no domain; write a name, as 'positive', or a call"),
        ("positive", "greater(lo)", "5:43: unknown name 'lo'"),
        ('{x: {shape: "*B", domain: positive}}', "3", "5:9: 'inputs' must be a mapping, not the number 3"),
        ('{x: {shape: "*B", domain: positive}}', "{x: 3}", "5:13: 'x' must be a mapping or text"),
        (
            '{x: {shape: "*B", domain: positive}}',
            '{x: "*B", y: "*B"}',
            "5:19: an input cannot be called 'y': the output is",
        ),
        ('{x: {shape: "*B", domain: positive}}', '{x: "x"}', "5:10: an input cannot be called 'x': a shape symbol is"),
        (
            '{x: {shape: "*B", domain: positive}}',
            '{x: "N", z: {shape: "*N", domain: boolean}}',
            "5:29: the symbol 'N' stands",
        ),
        ("forward: log(x)", "forward: log(x) + ct", "6:19: unknown name 'ct'; the cotangent is known in 'vjp'"),
        ("forward: log(x)", "forward: log(y)", "6:10: 'y' needs its own value: y -> y; break the circle"),
        ("forward: log(x)", "let: {a: b, b: a}\nforward: log(x)", "6:10: 'a' needs its own value: a -> b -> a"),
        ("forward: log(x)", "forward:", "6:9: neither 'forward' nor 'equals' says"),
        ("forward: log(x)\n", "", "1:1: neither 'forward' nor 'equals' says what the op computes"),
        ("{elementwise: 1 / x}", "1 / x", "7:17: 'x' must be a mapping, not the text '1 / x'"),
        ("elementwise: 1 / x", "elementwize: 1 / x", "7:18: unknown key 'elementwize'; did you mean 'elementwise'?"),
        (
            "elementwise: 1 / x",
            "elementwise: 1",
            "7:31: 'elementwise' must be text, not the number 1; write it in quotes: \"1\"",
        ),
        (
            "elementwise: 1 / x",
            "elementwise: 'x[i]'",
            "7:34: unknown name 'i'; index letters belong to the form 'jacobian'",
        ),
        ("elementwise: 1 / x", "vjp: ct / x, gradient: 1 / x", "the derivative for 'x' is given in 2 forms"),
        ("elementwise: 1 / x", "elementwise: 1 / x, along: 0", "7:38: 'along' belongs to 'jacobian'"),
        (
            "elementwise: 1 / x",
            "elementwise: x[i]",
            "7:32: not YAML: while parsing a flow mapping did not find expected ','",
        ),
        (
            "elementwise: 1 / x",
            "elementwise: atan2(x, 1)",
            "7:40: unknown key '1)'; inside { }, put text that contains a comma",
        ),
        ("positive", "interval(0, 1)", "5:47: unknown key '1)'; inside { }, put text that contains a comma"),
        ("elementwise: 1 / x", 'jacobian: "delta(i, j)", along: dim', "unknown argument 'dim'; none is declared"),
        ("{elementwise: 1 / x}", "{}", "7:14: the derivative for 'x' has no form"),
        ("{x: {elementwise: 1 / x}}", "{}", "5:10: no derivative is given for the input 'x'; add it to 'derivative'"),
        ("{x: {elementwise", "{z: {elementwise: 1 / x}, x: {elementwise", "7:14: unknown input 'z'; known here: x"),
        ("derivative", "not_differentiable: {inputs: [z]}\nderivative", "7:31: unknown input 'z'"),
        (
            "derivative",
            "not_differentiable: {inputs: [x]}\nderivative",
            "8:14: the input 'x' is not differentiable, yet",
        ),
        ("derivative", "kinks: [{at: x, convention: {z: x}}]\nderivative", "7:30: unknown input 'z'"),
        ("derivative", "kinks: [{}]\nderivative", "7:9: the key 'at' of entry 1 of 'kinks' is missing; add 'at: ...'"),
        ("derivative", "edge: [{z: 1.0}]\nderivative", "7:9: unknown input or argument 'z'"),
        ("derivative", "edge: [{x: [[1], 2]}]\nderivative", "7:12: 'x' is no array; write numbers in nested lists"),
        ("derivative", "edge: [{x: [1], expect: {z: 2}}]\nderivative", "7:26: unknown output or input 'z'"),
        ("derivative", "call: [x, dim]\nderivative", "7:11: unknown input or argument 'dim'"),
        ("derivative", "call: [1.5, x]\nderivative", "7:8: 'call' lists names, not 1.5"),
        ("derivative", "call: []\nderivative", "7:1: the input 'x' is not passed"),
        (
            "derivative",
            "arguments: {dim: {}}\nderivative",
            "7:18: 'dim' must be one value or a list of values, not a mapping",
        ),
        ("derivative", "arguments: {dim: []}\nderivative", "7:18: the argument 'dim' has no alternatives"),
        (
            "derivative",
            "arguments: {lambda: 1}\nderivative",
            "7:13: an argument cannot be called 'lambda': it is a word",
        ),
        ("derivative", "arguments: {d_x: 1}\nderivative", "7:13: an argument cannot be called 'd_x': it has a meaning"),
        ("derivative", "identities: {a: x + d_z == 0}\nderivative", "7:21: unknown name 'd_z'"),
        ("derivative", "identities: {a: x}\nderivative", "7:17: an identity reads 'left == right'"),
        ("derivative", "equals: {a: {with: {f: log}, expression: f(x)}}\nderivative", "7:24: 'log' is no dotted path"),
        ("derivative", "equals: {a: {expression: f(x)}}\nderivative", "7:26: unknown function 'f'"),
        ("derivative", "inplace: {saves: [z]}\nderivative", "7:19: unknown input or output 'z'"),
        ("derivative", "module: {construct: {n: M}}\nderivative", "7:25: unknown name 'M'"),
        ("derivative", "require: [B != 1, C > 2]\nderivative", "7:19: unknown name 'C'; known here: B, x"),
        ("derivative", "variants: {a: {op: torch.exp}}\nderivative", "7:16: unknown key 'op'; 'op' belongs at the top"),
        ("derivative", "variants: {a: {forward: log(z)}, b: {}}\nderivative", "7:29: unknown name 'z'"),
    ],
)
def test_each_fault_is_one_message_at_its_place(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    assert message in only_fault(tmp_path, LOG.replace(right, wrong, 1))


def test_a_fault_of_the_common_part_is_told_once_for_all_variants(tmp_path: Path) -> None:
    text = LOG.replace("log(x)", "lgo(x)") + "variants: {a: {node: A}, b: {node: B}}\n"
    assert "6:10: unknown function 'lgo'" in only_fault(tmp_path, text)


def test_variants_merge_by_name_and_may_take_an_input_away(tmp_path: Path) -> None:
    text = dedent("""\
        gradsuite: 1
        op: torch.addcmul
        summary: A sum and a product.
        reference: none
        inputs: {x: "N", w: "N"}
        arguments: {value: 2}
        forward: x * w * value
        derivative: {x: {elementwise: w * value}, w: {elementwise: x * value}}
        variants:
          whole: {}
          alone:
            inputs: {w: null}
            arguments: {value: [3, 4]}
            forward: x * value
            derivative: {x: {elementwise: value}}
    """)
    whole, alone = load(write(tmp_path, text, "addcmul")).definitions
    assert (whole.name, list(whole.inputs), whole.arguments) == ("whole", ["x", "w"], {"value": (2,)})
    assert (alone.name, list(alone.inputs), list(alone.derivative)) == ("alone", ["x"], ["x"])
    assert alone.arguments == {"value": (3, 4)} and alone.derivative["x"].formula.text == "value"


def test_integer_inputs_carry_no_gradient(tmp_path: Path) -> None:
    text = LOG.replace("domain: positive}", 'domain: positive}, t: {shape: "N", domain: "integer(0, 3)"}')
    (definition,) = load(write(tmp_path, text)).definitions
    assert definition.constant_inputs == {"t"}


def test_an_op_without_gradient_needs_no_derivative(tmp_path: Path) -> None:
    text = LOG.replace("derivative: {x: {elementwise: 1 / x}}", "not_differentiable: {outputs: [y]}")
    assert load(write(tmp_path, text)).definitions[0].constant_outputs == {"y"}


def test_an_equivalence_may_speak_for_the_op(tmp_path: Path) -> None:
    text = LOG[: LOG.index("forward")] + "equals: {half: {with: {log2: torch.log2}, expression: log2(x) * log(2)}}\n"
    (definition,) = load(write(tmp_path, text)).definitions
    assert not definition.forward and definition.equals["half"].functions == {"log2": "torch.log2"}


def test_several_outputs_each_have_a_cotangent(tmp_path: Path) -> None:
    text = LOG.replace("forward: log(x)", "forward: {s: log(x), t: s + x}").replace(
        "elementwise: 1 / x", "vjp: ct_s / x + ct_t"
    )
    (definition,) = load(write(tmp_path, text)).definitions
    assert list(definition.forward) == ["s", "t"]


def test_one_broken_file_never_stops_the_others(tmp_path: Path) -> None:
    write(tmp_path, LOG)
    write(tmp_path, SOFTMAX.replace("exp(", "exp(("), "softmax")
    write(tmp_path, "a: {", "broken")
    (tmp_path / "bytes.grad.yaml").write_bytes(b"op: \xff\n")
    (tmp_path / "notes.yaml").write_text("not: a spec")
    specs, found = load_all([tmp_path])
    assert [spec.name for spec in specs] == ["log"]
    assert [Path(fault.path).name.partition(".")[0] for fault in found] == ["broken", "bytes", "softmax"]
    assert (found[1].line, found[1].column, found[1].what) == (1, 5, "the file is not UTF-8")


def test_files_are_found_once_and_sorted(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    first, second = write(tmp_path / "b", LOG), write(tmp_path, LOG)
    assert find([tmp_path, second, first]) == [first, second]


def test_a_path_that_does_not_exist_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        find([tmp_path / "nowhere"])
    (tmp_path / "x.yaml").touch()
    with pytest.raises(UsageError, match=r"ends in \.grad\.yaml"):
        find([tmp_path / "x.yaml"])


def test_loading_imports_no_torch(tmp_path: Path) -> None:
    path = write(tmp_path, LOG)
    code = f"import sys; from pathlib import Path; from gradsuite.spec import load; load(Path({str(path)!r})); "
    done = subprocess.run(
        [sys.executable, "-c", code + "print('torch' in sys.modules)"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


PIECES = st.sampled_from(
    ["{", "}", "[", "]", ":", "'", '"', "*B", "&a", "#", "\n", "  ", "- ", ", ", "null", "1", "ct", "[i]", "<<: "]
)


@settings(max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edits=st.lists(st.tuples(st.integers(0, len(SOFTMAX)), st.integers(0, 6), PIECES), min_size=1, max_size=3),
)
def test_whatever_is_broken_the_answer_is_a_spec_or_faults(tmp_path: Path, edits: list[tuple[int, int, str]]) -> None:
    text = SOFTMAX
    for place, removed, piece in edits:
        text = text[:place] + piece + text[place + removed :]
    try:
        load(write(tmp_path, text, "softmax"))
    except SpecError as error:
        assert error.faults and all(fault.line >= 1 and fault.column >= 1 for fault in error.faults)
