"""The recorded lines: everything that a report may know, as frozen records. No torch.

A run appends one JSON line for its environment, one for each op, one for each faulty spec file and
one for each case, flushed as it ends. Every report is made from such lines and from nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal, TextIO

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from gradsuite.errors import UsageError


class Outcome(StrEnum):
    """What became of a case. Only ``passed`` is a pass."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    UNSUPPORTED = "unsupported"
    WAIVED = "waived"
    ERROR = "error"


class Culprit(StrEnum):
    """Which side is wrong (NUMERICS: the routes vote, each with its bar)."""

    BACKWARD = "backward"
    DOUBLE_BACKWARD = "double backward"
    JVP = "jvp"
    FORWARD = "forward"
    SPEC = "spec"
    DOMAIN = "domain"
    UNDECIDED = "undecided"


class Record(BaseModel):
    """Frozen; infinities and NaN survive the trip through JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class Environment(Record):
    """Where and how a run was made. ``flags`` are settings that change numerics."""

    kind: Literal["environment"] = "environment"
    gradsuite: str
    torch: str
    python: str
    platform: str
    devices: tuple[str, ...]
    threads: int
    date: str  # ISO 8601, UTC
    command: str
    profile: str
    seed: int
    flags: dict[str, str] = {}
    checks: dict[str, str] = {}  # what each check means, by name


class GraphNode(Record):
    """A node of the autograd graph: ``role`` is function, leaf, constant or output."""

    id: int
    name: str  # SoftmaxBackward0, AccumulateGrad, or the input's name
    role: Literal["function", "leaf", "constant", "output"]
    saved: tuple[str, ...] = ()  # "result: 4x5 float64"


class Graph(Record):
    """The autograd graph of a small sample; edges run from output towards leaves."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[tuple[int, int], ...]


class Formula(Record):
    """A declared formula, for people: ``mathml`` is made by gradsuite and safe to embed."""

    label: str  # "y", "let e", "dx", "identity rows_sum_to_zero"
    form: str  # forward, let, elementwise, jacobian, gradient, reshuffle, vjp, kink, equals, identity
    text: str
    mathml: str


class Op(Record):
    """What a spec says of an op, ready to show."""

    kind: Literal["op"] = "op"
    op: str  # dotted path
    name: str  # softmax
    family: str  # activation
    path: str  # specs/activation/softmax.grad.yaml
    summary: str
    reference: str
    source: str = ""  # the spec file's text
    domains: dict[str, str] = {}
    notes: tuple[str, ...] = ()  # what could not be varied, and why
    formulas: tuple[Formula, ...] = ()
    graph: Graph | None = None
    atomic: bool | None = None


class SpecFault(Record):
    """A fault of a spec file (``errors.Fault``), recorded so that the report shows it."""

    kind: Literal["fault"] = "fault"
    path: str
    line: int
    column: int
    what: str
    mend: str = ""


class Memory(Record):
    """How a tensor lies in its memory, where it is not contiguous from the beginning of it on."""

    strides: tuple[int, ...]  # in elements, as the offset
    offset: int
    hex: tuple[str, ...]  # every element of the memory, those between the tensor's own among them
    conj: bool = False  # whether the tensor is marked as lazily conjugated,
    neg: bool = False  # or lazily negated: the memory holds other values then


class Array(Record):
    """A tensor for people and for replay, exact to the bit of every number."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    layout: str = "contiguous"
    requires_grad: bool = False
    hex: tuple[str, ...]  # float.hex() of each element in row-major order; complex as "re,im"; int as decimal
    text: str  # short, for reading
    memory: Memory | None = None


class Module(Record):
    """What a ``torch.nn.Module`` that was judged held: a replay puts it into one like it."""

    built: str = ""  # the class that builds such a one with no arguments, where no name leads to the module itself
    numbers: tuple[Array, ...] = ()  # parameters and buffers
    left_out: str = ""  # why these are not kept
    training: tuple[str, ...] = ()  # which of its modules are in training mode; the module itself is ""


class Declared(Record):
    """What ``gradsuite.check`` was told of a callable, and learnt about it.

    By input: shape and domain in the words of a spec, the derivative's formula, the set that it is projected onto.
    """

    shapes: dict[str, str]
    domains: dict[str, str]
    constant: tuple[str, ...] = ()  # inputs that are not differentiated
    derivative: dict[str, dict[str, str | int | None]] = {}
    forward: str = ""
    surrogate: str = ""
    sets: dict[str, str] = {}
    random: bool = False
    importable: bool = True  # by the case's op; else a replay is told where it is
    predicate: bool = False  # whether a function said which samples belong, which no record holds
    module: Module | None = None  # if the callable is one


class Place(Record):
    """Which of an OpInfo entry's samples it is: with how many and with which seed they were drawn, and its place."""

    profile: str
    seed: int
    number: int


class Origin(Record):
    """Where a replay finds the subject, as far as a case's id does not say it."""

    spec: str = ""  # the beginning of a hash of the spec's text
    declared: Declared | None = None  # of a callable with no spec
    place: Place | None = None  # of an OpInfo entry


class Stored(Record):
    """What a replay needs to know of a sample, beside what is told of it and its case says.

    ``inputs`` are the sample's, where others are told.
    """

    seed: int  # of tangents, cotangents and the op's own draws
    profile: str
    differentiable: tuple[str, ...]
    symbols: dict[str, int | tuple[int, ...]] = {}
    shielded: bool = False  # whether the op was kept from overwriting what it is given
    inputs: tuple[Array, ...] | None = None
    origin: Origin = Origin()


class Told(Record):
    """A sample that shows what is wrong, for people and for ``gradsuite replay``, which finds it by its ``id``."""

    id: str = ""  # the beginning of a hash of what went wrong and where; empty in lines of an older gradsuite
    inputs: tuple[Array, ...] = ()
    arguments: dict[str, str] = {}
    variant: str = ""
    replay: str = ""  # a command that runs the case again
    reproducer: str = ""  # stand-alone Python: torch alone
    stored: Stored | None = None
    not_stored: str = ""  # why not


class Says(Record):
    """What one route says of the number under comparison, and how sure it is."""

    route: str  # reverse, forward_mode, differences, formula, reference, op, declared
    value: str
    bar: str
    agrees: bool


class Picture(Record):
    """The Jacobian (output x input) as three small matrices; ``error`` is got minus truth."""

    rows: int
    columns: int
    truth: tuple[float, ...]
    got: tuple[float, ...]
    error: tuple[float, ...]


class Step(Record):
    """One step of the differences: its size, its distance from the route it judges, and its bar."""

    size: float
    error: float
    bar: float


class Failure(Told):
    """One comparison that failed, at its smallest sample."""

    comparison: str  # "reverse: gradient of input x", pinned while shrinking
    culprit: Culprit
    sentence: str  # "the backward is wrong: the declared formula and the differences agree, autograd does not"
    hint: str = ""  # what the mistake looks like: "twice too large", "only the diagonal"
    when: str = ""  # "only where x holds a zero (3 of 29 samples)"; empty where every sample shows it
    cotangents: tuple[Array, ...] = ()
    says: tuple[Says, ...] = ()
    where: str = ""  # "input x, element [0, 2]"
    got: str = ""
    expected: str = ""
    ulps: float | None = None
    ratio: float | None = None  # to the natural error
    picture: Picture | None = None
    steps: tuple[Step, ...] = ()


class LastSample(Told):
    """The sample at which a case ended early: the op raised there, ended its process, or did not end."""


class Histogram(Record):
    """Counts between ``edges`` (one more than counts); the last edge may be infinite."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


class Measures(Record):
    """Figures of one case over all its samples; None where the check does not measure it."""

    worst_ulps: float | None = None
    ulps: Histogram | None = None
    worst_ratio: float | None = None  # error over natural error
    ratios: Histogram | None = None
    digits_proven: float | None = None  # decimal digits to which the declared formula is proven, at worst
    median_bar: float | None = None  # of the differences, relative
    bars_judged: int = 0  # samples at which a proven formula tells the true slope
    bars_held: int = 0  # those of them whose true slope lies within the bar of the differences
    mutants: int | None = None  # of the op's own gradient, put before the checks
    survivors: tuple[str, ...] = ()  # mutants that no check noticed at any sample


class CaseResult(Record):
    """The outcome of one case: op x device x dtype x check."""

    kind: Literal["result"] = "result"
    id: str  # specs/activation/softmax.grad.yaml::softmax::reverse[cpu-bfloat16]
    op: str  # dotted path, as in Op.op
    name: str
    path: str
    check: str
    device: str
    dtype: str
    outcome: Outcome
    reason: str = ""  # why unsupported, inconclusive, waived or error
    weighed: bool = False  # whether it tells the result before it anew, with the outcome that its test's xfail means
    last_sample: LastSample | None = None  # of an error
    samples: int = 0
    conclusive: int = 0
    seconds: float = 0.0
    seed: int = 0
    measures: Measures = Measures()
    failures: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()


Line = Annotated[Environment | Op | SpecFault | CaseResult, Field(discriminator="kind")]
_LINE: TypeAdapter[Line] = TypeAdapter(Line)
_OPENING = b'{"kind":"'  # of every line


def digest(text: str) -> str:
    """A short name for ``text``: among a thousand texts two share one in two million tries."""
    return sha256(text.encode()).hexdigest()[:10]


class Recorder:
    """Appends lines to an open text file, each flushed as it is written."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, line: Line) -> None:
        """Append one line."""
        self._file.write(line.model_dump_json() + "\n")
        self._file.flush()


def read(path: Path) -> Iterator[Line]:
    """The lines of ``path``. A last line cut short by a killed run is left out: it was in flight.

    Raises UsageError, with the line's number, for a line that no run of gradsuite wrote.
    """
    *whole, cut = path.read_bytes().split(b"\n")
    for number, text in enumerate(whole, start=1):
        if text:
            yield _line(path, number, text)
    if not (cut.startswith(_OPENING) or _OPENING.startswith(cut)):
        _line(path, len(whole) + 1, cut)  # tells what is wrong; a whole line would have ended


def _line(path: Path, number: int, text: bytes) -> Line:
    try:
        return _LINE.validate_json(text)
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_input=False, include_context=False)[0]
        place = f"at {'.'.join(map(str, first['loc']))!r}: " if first["loc"] else ""
        told = place + first["msg"].replace(" at line 1 column", " at column")
        what = f"{path}:{number}: this is no line of gradsuite's results: {told}"
        raise UsageError(f"{what}; give a results.jsonl that a run wrote") from fault


def verdict(outcomes: Iterable[Outcome]) -> Outcome:
    """The verdict over several outcomes: the worst wins; nothing but unsupported is unsupported."""
    seen = set(outcomes)
    order = (Outcome.ERROR, Outcome.FAILED, Outcome.INCONCLUSIVE, Outcome.PASSED, Outcome.WAIVED)
    return next((outcome for outcome in order if outcome in seen), Outcome.UNSUPPORTED)
