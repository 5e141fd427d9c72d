"""Nothing leaves the report's folder, and no text is ever more than text."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from runners.page.survey import slug
from tests.page.browser.results import HOSTILE, HOSTILE_FOLDER
from tests.page.browser.watched import Watched

Visit = Callable[..., Watched]
BAD = slug(f"small/{HOSTILE_FOLDER}")
KINDS = ["index.html", "scenes.html", f"models/{BAD}.html", "scenes/small-0022.html"]


def test_every_page_works_from_disk_without_a_word_of_complaint(visit: Visit, report: Path) -> None:
    watched = visit("index.html", offline=True)
    pages = [str(path.relative_to(report)) for path in sorted(report.rglob("*.html"))]
    assert len(pages) == 2 + 6 + 9
    for page in pages:
        watched.go(page.replace("%", "%25").replace("#", "%23"))
        if page.startswith("scenes/"):
            watched.players()
    assert watched.complaints() == []  # and visit() looks again at the last one


@pytest.mark.parametrize("page", KINDS)
def test_every_kind_of_page_works_from_a_server(visit: Visit, served: str, page: str) -> None:
    visit(page, base=served)


@pytest.mark.parametrize(("page", "way"), [*((page, "disk") for page in KINDS), (KINDS[-1], "server")])
def test_the_policy_keeps_out_what_is_elsewhere(
    chromium: object, report: Path, served: str, page: str, way: str
) -> None:
    watched = Watched(chromium, f"{report.as_uri()}/" if way == "disk" else served)
    try:
        watched.go(page)
        assert watched.complaints() == []
        watched.ask("""() => {
          const add = (name, more) => document.body.append(Object.assign(document.createElement(name), more));
          add("img", { src: "http://example.com/picture.png" });
          add("script", { src: "http://example.com/script.js" });
          add("script", { textContent: "window.planted = true" });
          add("iframe", { src: "http://example.com/" });
          add("video", { src: "http://example.com/film.mp4" });
          add("link", { rel: "stylesheet", href: "http://example.com/style.css" });
          const form = document.createElement("form");
          form.action = "http://example.com/";
          document.body.append(form);
          return fetch("http://example.com/").catch(() => null);
        }""")
        kept_out = {"img-src", "script-src-elem", "frame-src", "media-src", "style-src-elem", "connect-src"}
        watched.until(f"new Set(window.violations.map((told) => told.split(' ')[0])).size >= {len(kept_out)}")
        told = watched.ask("window.violations")
        assert {line.split(" ")[0] for line in told} == kept_out
        assert not watched.ask("window.planted")
    finally:
        watched.close()


@pytest.mark.parametrize("page", KINDS)
def test_hostile_names_prompts_and_reasons_are_text(visit: Visit, page: str) -> None:
    watched = visit(page)
    watched.page.on("dialog", lambda dialog: watched.said.append(f"dialog: {dialog.message}"))
    assert watched.ask('[...document.querySelectorAll(\'[onerror], img[src="x"], img[src="1"]\')].length') == 0
    scripts = watched.ask("[...document.querySelectorAll('script')].map((script) => script.textContent)")
    assert "".join(scripts) == ""
    assert HOSTILE_FOLDER in str(watched.ask("document.body.textContent"))


def test_a_hostile_prompt_and_reason_are_shown_whole(visit: Visit) -> None:
    model = visit(f"models/{BAD}.html#prompts")
    text = str(model.ask("document.getElementById('prompts').textContent"))
    assert HOSTILE.strip() in text
    assert "0123456789" * 1000 in text
    assert HOSTILE.strip() in str(model.ask("document.getElementById('failures').textContent"))
    scene = visit("scenes/small-0022.html")
    assert "<script>alert(2)</script>" in scene.page.inner_text("figure.player [data-note]:visible >> nth=0")


def test_a_hostile_address_is_as_if_nothing_were_said(visit: Visit) -> None:
    bad = "%3Cimg%20src=x%20onerror=alert(1)%3E"
    for page in ("index.html", "scenes.html", "scenes/small-0007.html"):
        names = ("sort", "a", "b", "q", "view", "t", "show", "mode", "order", "speed")
        watched = visit(f"{page}#{'&'.join(f'{name}={bad}' for name in names)}")
        assert watched.ask("document.querySelectorAll('[onerror]').length") == 0


def test_no_link_of_a_page_leads_out_of_the_report_or_runs_anything(visit: Visit) -> None:
    for page in KINDS:
        watched = visit(page)
        for link in watched.ask("[...document.querySelectorAll('a[href]')].map((link) => link.href)"):
            assert link.startswith(watched.base) or re.match(r"https://", link), link
