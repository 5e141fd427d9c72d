"""`python -m runners.submit runs=[…] out=DIR`: a submission to the Verified leaderboard, checked rule by rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from runners.cli.command import Command, main
from runners.core.errors import counted
from runners.core.outcome import BAD_INPUT, DONE, STOPPED, Outcome
from runners.core.settings import SubmitSettings

if TYPE_CHECKING:
    from runners.generation.session import Session
    from runners.submission.check import Findings
    from runners.submission.runs import Submitted


def run(settings: SubmitSettings, _session: Session | None = None) -> Outcome:
    """Check the runs and, unless only that is asked for, write the submission. Raises UserError."""
    from runners.core.errors import UserError
    from runners.core.failures import writing
    from runners.core.files import user_path
    from runners.submission.card import read_card
    from runners.submission.check import examine
    from runners.submission.runs import find_runs

    if not settings.runs:
        raise UserError("say which runs: 'runs=[results/verified/svd-bpp-run_*]'")
    if not settings.check_only and not settings.out:
        raise UserError("say where the submission goes: out=DIR; or check_only=true to write nothing")
    runs = find_runs(settings.runs)
    foreign = [each.label for each in runs if each.record is None]
    if foreign and not settings.check_only:
        raise UserError(f"{foreign[0]} is no run folder with a manifest; check_only=true checks any folder of clips")
    given = read_card(user_path(settings.card)) if settings.card else {}
    findings = examine(runs, given, settings, datetime.now(UTC).date())
    if findings.breaches:
        return _refused(findings)
    if settings.check_only:
        return _checked(runs, findings, told=bool(given))
    with writing():
        return write(settings, runs, findings)


def write(settings: SubmitSettings, runs: Sequence[Submitted], findings: Findings) -> Outcome:
    """Write the folder, and say what is left for a person to fill in. Raises UserError."""
    from runners.core.files import shown, user_path
    from runners.submission.bundle import check_place, write_bundle
    from runners.submission.card import card_text, run_id
    from runners.submission.runs import descriptions_of

    scored = [each.scored for each in runs if each.scored is not None]
    folder = user_path(str(settings.out)) / run_id(findings.card, scored)
    check_place(folder, runs)
    write_bundle(folder, runs, descriptions_of(runs[0]), card_text(findings.card))
    lines = [f"warning: {warning}" for warning in findings.warnings]
    lines.append(f"written: {shown(folder)} (submission.yaml, descriptions.csv, {counted(len(runs), 'run')})")
    left = _open(runs, findings)
    return Outcome(STOPPED if left else DONE, folder.name, (*lines, *left), folder)


def _checked(runs: Sequence[Submitted], findings: Findings, *, told: bool) -> Outcome:
    lines = [f"warning: {warning}" for warning in findings.warnings]
    lines.append(f"{counted(len(runs), 'run')}, {counted(findings.clips, 'clip')}: no rule is broken")
    left = _open(runs, findings) if told else []
    return Outcome(STOPPED if left else DONE, "", (*lines, *left))


def _refused(findings: Findings) -> Outcome:
    lines = [f"warning: {warning}" for warning in findings.warnings]
    lines += [f"error: {breach}" for breach in findings.breaches]
    lines.append(
        f"{counted(len(findings.breaches), 'breach', 'breaches')} of the leaderboard's rules; nothing was written"
    )
    return Outcome(BAD_INPUT, "", tuple(lines))


def _open(runs: Sequence[Submitted], findings: Findings) -> list[str]:
    """The fields that only a person can fill in, listed."""
    from runners.submission.fields import open_fields, optional_fields, why_open

    service = any(each.record and each.record.configuration.model.paid for each in runs)
    left = open_fields(findings.card, service=service)
    if not left:
        return []
    optional = optional_fields(findings.card)
    lines = [
        "still to be filled in by you, in the card or by card=FILE.yaml:",
        *(f"  {name}{why_open(name)}" for name in left),
    ]
    return [*lines, *([f"may be filled in as well: {', '.join(optional)}"] if optional else [])]


COMMAND = Command(
    name="submit",
    purpose="Check runs against the rules of the Physics-IQ Verified leaderboard and write a submission: card, texts "
    "and clips. check_only=true checks any folders of clips and writes nothing.",
    schema=SubmitSettings,
    groups=("benchmark",),
    run=run,
)

if __name__ == "__main__":
    main(COMMAND)
