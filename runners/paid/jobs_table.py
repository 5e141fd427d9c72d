"""Paid jobs as a table, with what can be done about those that are open."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from runners.core.shell import command_line, setting
from runners.paid.jobs import PaidJob, submitted_at


def jobs_table(title: str, jobs: Sequence[PaidJob]) -> Table:
    """One row per attempt."""
    table = Table(title=title, title_justify="left")
    for heading in ("clip", "attempt", "state", "job", "since (UTC)", "USD", "reason"):
        table.add_column(heading, justify="right" if heading in ("attempt", "USD") else "left", overflow="fold")
    for job in jobs:
        attempt = job.attempt
        facts = attempt.facts
        where = f"{attempt.number}" + (f" (segment {attempt.segment})" if attempt.segment else "")
        since = submitted_at(job).rstrip("Z").replace("T", " ") or "–"
        cells = (job.clip_id, where, job.word, str(attempt.job_id or "–"), since, f"{attempt.usd:.2f}")
        table.add_row(*map(Text, cells), Text(str(facts.get("reason") or facts.get("note") or "")))
    return table


def next_steps(run: str, jobs: Sequence[PaidJob]) -> list[str]:
    """What to type about the first ambiguous job, about all of them, and about the first whose video is gone."""
    many = sum(job.is_open and job.attempt.ambiguous for job in jobs)
    unknown = next((job.clip_id for job in jobs if job.is_open and job.attempt.ambiguous), None)
    gone = next((job.clip_id for job in jobs if job.is_open and job.attempt.state == "expired"), None)
    place, clip = setting("run", run), setting("clip", str(unknown or gone))
    adopt = command_line("jobs", "adopt", place, clip, "job=ID")
    abandon = command_line("jobs", "abandon", place, clip, "accept_double_charge=true")
    lines = [f"  if the service's dashboard shows its job: {adopt}"] if unknown else []
    if unknown or gone:
        lines.append(f"  {'if there is none' if unknown else 'to pay for another'}: {abandon}")
    if many > 1:
        export = command_line("jobs", "list", place, "export=FILE.csv")
        lines.append(f"  all {many} at once: {export}, or {command_line('jobs', 'abandon', place)}")
    return lines
