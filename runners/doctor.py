"""`python -m runners.doctor model=… benchmark=…`: can this model and this data set be worked with? Spends nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from runners.cli.command import Command, main
from runners.cli.making import instantiate_adapter
from runners.core.outcome import BAD_INPUT, DONE, Outcome
from runners.core.settings import DoctorSettings

if TYPE_CHECKING:
    from adapters import Adapter, Finding
    from runners.generation.session import Session

_MARKS = {"ok": "ok     ", "note": "       ", "warning": "warning", "fault": "FAULT  "}


def run(settings: DoctorSettings, _session: Session) -> Outcome:
    """One model's check-up and its data set's. Raises UserError for a model that cannot even be described."""
    from runners.benchmarks.checkup import examine_data
    from runners.core.errors import counted
    from runners.core.failures import telling
    from runners.core.progress import make_bar
    from runners.core.shell import command_line, root_of, setting
    from runners.planning.needs import check_needs

    adapter = instantiate_adapter(settings.model.adapter)
    check_needs(adapter.needs)
    with telling("the adapter's diagnose()"):
        findings = list(examine(adapter, _picture_sizes(settings)))
    with make_bar(settings.progress, "opening the data set's files") as bar:
        findings += examine_data(settings.benchmark, deep=settings.deep, progress=bar)
    lines = [f"{_MARKS[finding.verdict]} {finding.what}: {finding.told}" for finding in findings]
    faults = sum(finding.verdict == "fault" for finding in findings)
    name = settings.model.name
    if faults:
        lines.append(f"{name} cannot work here yet: {counted(faults, 'fault')} to mend")
    else:
        words = [setting("model", name), setting("benchmark", settings.benchmark.name), *root_of(settings.benchmark)]
        lines.append(f"next: {command_line('generate', *words, 'plan=true')}")
    return Outcome(BAD_INPUT if faults else DONE, name, (f"{name}:", *lines))


def examine(adapter: Adapter, sizes: Sequence[tuple[int, int]]) -> Iterator[Finding]:
    """What it needs, whether it can work, and what it says of itself."""
    from adapters import Finding, SetupError

    needs = adapter.needs
    seen = "one frame" if needs.mode == "i2v" else f"{needs.conditioning_frames or '3 s of'} frames"
    yield Finding("note", "input", f"{needs.mode} ({seen}), prompt {needs.prompt}")
    try:
        adapter.check()
        yield Finding("ok", "set-up", "all that can be looked at is there")
    except SetupError as error:
        yield Finding("fault", "set-up", str(error))
    yield from adapter.diagnose(sizes)


def _picture_sizes(settings: DoctorSettings) -> list[tuple[int, int]]:
    """The size of the benchmark's switch frames, if they are there: the first that opens stands for all."""
    from adapters.harness import BadPicture, picture_size
    from runners.benchmarks.benchmark import benchmark_root

    for path in sorted((benchmark_root(settings.benchmark) / "switch-frames").glob("*.jpg")):
        try:
            return [picture_size(path)]
        except BadPicture:  # no picture: told where the data set is looked at
            continue
    return []


COMMAND = Command(
    name="doctor",
    purpose="Check whether a model can work here (packages, key, service) and which data is there. Spends nothing.",
    schema=DoctorSettings,
    groups=("model", "placement", "benchmark"),
    run=run,
)

if __name__ == "__main__":
    main(COMMAND)
