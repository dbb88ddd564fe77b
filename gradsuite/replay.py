"""What went wrong run again, exactly: the same sample, check and comparison, with the op as it is now.

Where all samples fail together, because none of them does what one must do, a spec's case is run again as a whole.
An error may have ended its process: it is run in one of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch

from gradsuite import checks, declared, devices, modules, opinfo
from gradsuite.apart import Ended, apart
from gradsuite.comparison import Check, Comparison
from gradsuite.errors import Unsupported, UsageError
from gradsuite.group import definition_of
from gradsuite.numerics.estimate import Agreement
from gradsuite.plan import LIMIT, Case
from gradsuite.results import CaseResult, Declared, Failure, Outcome, Place, Told, digest
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.shield import shielded
from gradsuite.runner import Session, quiet
from gradsuite.sample import Subject
from gradsuite.spec import catalogue, load, load_all
from gradsuite.spec.definition import Spec
from gradsuite.spec.nearest import suggestion
from gradsuite.storage import restore
from gradsuite.subject import resolve, subjects
from gradsuite.tally import refused

UNASKED = "its domain was a function, which is not recorded: samples are taken as they are"
ANEW = "it was built anew by its class: what is no parameter, no buffer and no mode is as the class makes it"
OF_MANY = "one sample of several, of which one would do"


class Replayed(NamedTuple):
    """``fails``: what fails now, empty where nothing does; ``note``: what is not as it was."""

    fails: str
    note: str = ""


def replay(result: CaseResult, told: Told, specs: Sequence[Path] = (), op: str = "", limit: float = LIMIT) -> Replayed:
    """The sample that is ``told`` of the case ``result``, of a failure or of an error, run again.

    ``specs``: where to look for the case's spec, beside its own path below the working directory and the catalogue.
    ``op``: where the callable is, if the record cannot say it: ``package.module:function``. ``limit``: seconds after
    which an error is taken for a hang.
    Raises GradsuiteError where it cannot be run here, or decides nothing.
    """
    if told.stored is None:
        raise UsageError(f"its sample was not stored: {told.not_stored or 'an older gradsuite recorded it'}")
    if isinstance(told, Failure):
        return _of_failure(result, told, specs, op)
    try:
        return apart(partial(_of_error, result, told, specs, op), limit)
    except Ended as reason:
        return Replayed(str(reason))


def _of_failure(result: CaseResult, failure: Failure, specs: Sequence[Path], op: str) -> Replayed:
    assert failure.stored is not None
    with quiet():
        check = _check(result)
        if check.one_suffices and failure.stored.origin.spec:
            return _of_all_samples(result, _spec(result, specs))
        evidence, note = _evidence(result, failure, check, specs, op)
        subject = shielded(evidence.subject) if failure.stored.shielded else evidence.subject
        fails = _said(check, Evidence(subject, evidence.sample, failure.comparison), failure)
        return Replayed(fails, "; ".join(filter(None, (note, OF_MANY if fails and check.one_suffices else ""))))


def _of_error(result: CaseResult, told: Told, specs: Sequence[Path], op: str) -> Replayed:
    """As a run does: the op is tried out at the sample, and then the check asks there what it asks."""
    with quiet():
        check = _check(result)
        evidence, note = _evidence(result, told, check, specs, op)
        if evidence.overwrites:
            evidence = Evidence(shielded(evidence.subject), evidence.sample)
        fails, now = _ends(check, evidence)
        return Replayed(fails, "; ".join(filter(None, (now, note))))


def _evidence(result: CaseResult, told: Told, check: Check, specs: Sequence[Path], op: str) -> tuple[Evidence, str]:
    """The sample with its subject, and what of that is not as it was."""
    subject, note = _subject(result, told, specs, op)
    if reason := check.needs(subject.definition):
        raise UsageError(f"the check {result.check} does not apply: {reason}")
    sample = restore(told, subject, dtype=result.dtype, device=devices.place(result.device))
    return Evidence(subject, sample), note


def _of_all_samples(result: CaseResult, spec: Spec) -> Replayed:
    again = Session(seed=result.seed).run(Case(spec, result.device, result.dtype, result.check))
    if again.outcome not in (Outcome.FAILED, Outcome.PASSED):
        raise UsageError(f"the whole case was run, and decides nothing: {again.reason}")
    fails = "; ".join(f"{each.comparison}: {each.sentence}" for each in again.failures)
    return Replayed(fails, "the whole case was run, in the profile default: it is a failure of all samples together")


def _check(result: CaseResult) -> Check:
    """The case's check, once device and dtype are known to be here."""
    if result.check not in checks.requestable():
        raise UsageError(f"unknown check {result.check!r}; {suggestion(result.check, checks.requestable())}")
    devices.require(result.device)
    if not isinstance(getattr(torch, result.dtype, None), torch.dtype):
        raise UsageError(f"this torch has no dtype {result.dtype!r}")
    return checks.get(result.check)


def _ends(check: Check, evidence: Evidence) -> tuple[str, str]:
    """What fails where an op raised: that it still does, or a comparison; else what it does in its place."""
    try:
        found = list(check.compare(evidence))
    except Unsupported as reason:
        return "", f"it is unsupported now: {reason}"
    except (Exception, SystemExit) as error:  # an op may raise anything
        told = f"{type(error).__name__}: {error}"
        return ("", f"it is unsupported now: {error}") if refused(error) else (f"the op raises {told}", "")
    wrong = [each for each in found if each.agreement is Agreement.DISAGREE]
    if wrong and not check.one_suffices:
        return f"it ends, but {_told(wrong[0])}", ""
    agree = sum(each.agreement is Agreement.AGREE for each in found)
    return "", f"it ends: {agree} of {len(found)} comparisons agree"


def _said(check: Check, evidence: Evidence, failure: Failure) -> str:
    try:
        found = list(check.compare(evidence))
    except Unsupported as reason:
        raise UsageError(f"nothing is compared here: {reason}") from None
    except Exception as error:  # an op may raise anything
        if refused(error):
            raise UsageError(f"the op refuses the sample: {error}") from None
        return f"the op raises {type(error).__name__}: {error}"
    return _weighed(found, failure)


def _weighed(found: Sequence[Comparison], failure: Failure) -> str:
    """The comparison that failed comes first, then any other: the sample shows a failure as long as one does."""
    ranked = sorted(found, key=lambda each: each.name != failure.comparison)
    for each in ranked:
        if each.agreement is Agreement.DISAGREE:
            return _told(each)
    for each in ranked[:1]:
        if each.agreement is Agreement.INCONCLUSIVE:
            raise UsageError(f"nothing can be decided here: {each.sentence or 'the bars are too wide'}")
    if not ranked:
        raise UsageError("nothing is compared here")
    return ""


def _told(found: Comparison) -> str:
    sentence = found.in_full() if found.in_full else found.sentence
    place = f"at {found.where}: " if found.where else ""
    numbers = f"; {place}got {found.got}, expected {found.expected}" if found.got else ""
    return f"{found.name}: {sentence}{numbers}"


# Where the op comes from.


def _subject(result: CaseResult, told: Told, specs: Sequence[Path], op: str) -> tuple[Subject, str]:
    """The subject, and what of it is not as it was."""
    assert told.stored is not None
    origin = told.stored.origin
    if origin.place is not None:
        return _of_opinfo(result, origin.place), ""
    if origin.declared is not None:
        return _callable(origin.declared, result, op)
    spec = _spec(result, specs)
    _imported(spec.op)
    found = next((each for each in subjects(spec) if definition_of(each).name == told.variant), None)
    if found is None:
        raise UsageError(f"the spec {spec.path} no longer has the variant {told.variant!r}")
    return found, "" if digest(spec.text) == origin.spec else f"{spec.path} is not as it was"


def _callable(known: Declared, result: CaseResult, op: str) -> tuple[Subject, str]:
    built = known.module.built if known.module else ""
    where = op or (result.op if known.importable else built)
    if not where:
        raise UsageError(
            f"{result.name} has no name to import it by: say where with --op package.module:function, or have a "
            "variable at the top level of a module hold it and record it again; or run its case"
        )
    fn, notes = _imported(where), []
    if known.module is not None:
        fn = modules.again(known.module, fn, where, devices.place(result.device))
        notes.append(f"{where}: {known.module.left_out}" if known.module.left_out else "")
        notes.append(ANEW if where == built else "")
    notes.append(UNASKED if known.predicate else "")
    return declared.subject(known, fn, result.name), "; ".join(filter(None, notes))


def _imported(op: str) -> Callable[..., Any]:
    try:
        return resolve(op)
    except UsageError:
        raise
    except Exception as error:  # a module may raise anything as it is imported
        raise UsageError(f"{op} cannot be imported here: {type(error).__name__}: {error}") from error


def _spec(result: CaseResult, folders: Sequence[Path]) -> Spec:
    """The spec among those below ``folders``; with none, at its path in the working directory or the catalogue."""
    if folders:
        known, _ = load_all(folders)
        found = [spec for spec in known if (spec.op, spec.name) == (result.op, result.name)]
        if found:
            return found[0]
    else:
        shipped = catalogue.folder("specs") / result.path.removeprefix("specs/")
        for path in (Path(result.path), shipped):
            if path.is_file():
                return load(path)
    raise UsageError(f"its spec {result.path} is not here: say with --specs where it lies")


def _of_opinfo(result: CaseResult, place: Place) -> Subject:
    """The same sample of the entry, drawn again: the record holds its values, but not how the entry calls the op."""
    asked = {"checks": [result.check], "devices": [result.device], "dtypes": [result.dtype]}
    cases = opinfo.plan(result.name, **asked)
    if not cases:
        raise UsageError(f"this torch's OpInfo has no {result.dtype} of {result.name} on {result.device}")
    found = opinfo.source(cases[0], profile=place.profile, seed=place.seed).subjects
    if place.number >= len(found):
        raise UsageError(f"this torch's OpInfo has other samples of {result.name} than the one recorded")
    return found[place.number]
