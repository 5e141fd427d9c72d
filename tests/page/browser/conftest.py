"""A browser of the system, a report of its own, and pages that are watched for whatever they should not do."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.page.browser.results import make_results, write_report
from tests.page.browser.serving import serve
from tests.page.browser.watched import Watched

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def missing() -> str:
    """What these tests lack here, and the command that installs it; "" if nothing."""
    if importlib.util.find_spec("playwright") is None:
        return "these tests run in an environment of their own: make browser"
    if not any(shutil.which(name) for name in BROWSERS):
        return "no Chromium on the PATH; install one: apt-get install chromium"
    return ""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A running headless browser. `make browser` needs one; elsewhere its tests are skipped without."""
    if why := missing():
        if os.environ.get("BROWSER_TESTS") == "required":
            pytest.fail(why)
        pytest.skip(why)
    from playwright.sync_api import sync_playwright

    program = next(path for name in BROWSERS if (path := shutil.which(name)))
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses to be root with its sandbox
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def report(chromium: Any, previews: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report's folder, with everything in it. BROWSER_REPORT: one that is there, while tests are written."""
    if there := os.environ.get("BROWSER_REPORT"):
        return Path(there)
    place = tmp_path_factory.mktemp("browser")
    return write_report(make_results(place), place / "report")


@pytest.fixture(scope="session")
def served(report: Path) -> Iterator[str]:
    """The same folder on a server that sends parts of files, as most do."""
    with serve(report, parts=True) as address:
        yield address


@pytest.fixture(scope="session")
def served_whole(report: Path) -> Iterator[str]:
    """On one that sends whole files only, as `python -m http.server`."""
    with serve(report, parts=False) as address:
        yield address


@pytest.fixture
def visit(chromium: Any, report: Path) -> Iterator[Callable[..., Watched]]:
    """Opens a page of the report from disk; at the end nothing may have been complained of or asked for elsewhere."""
    opened: list[Watched] = []

    def go(address: str, *, base: str = "", **settings: Any) -> Watched:
        watched = Watched(chromium, base or f"{report.as_uri()}/", **settings)
        opened.append(watched)
        watched.go(address)
        return watched

    yield go
    complaints = [complaint for watched in opened for complaint in watched.complaints()]
    for watched in opened:
        watched.close()
    assert complaints == []
