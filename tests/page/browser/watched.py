"""A page with what it said and asked for."""

from __future__ import annotations

import time
from typing import Any

WIDE = {"width": 1400, "height": 900}
PHONE = {"width": 360, "height": 740}
LONGEST_S = 20.0  # for what is under way: then the test has failed
READY = "document.documentElement.dataset.ready !== undefined"
BEFORE = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
});
window.painted = new Map(); // film → the time of the frame on the screen, as the browser tells it
const made = document.createElement;
document.createElement = function (name, ...more) {
  const element = made.call(document, name, ...more);
  if (String(name).toLowerCase() === "video") {
    const see = (now, picture) => {
      window.painted.set(element, picture.mediaTime);
      element.requestVideoFrameCallback(see);
    };
    element.requestVideoFrameCallback(see);
  }
  return element;
};
"""


class Watched:
    """One page in a context of its own. `page` is Playwright's."""

    def __init__(self, browser: Any, base: str, *, viewport: dict[str, int] | None = None, **settings: Any) -> None:
        self.base = base
        self.context = browser.new_context(viewport=viewport or WIDE, **settings)
        self.context.add_init_script(BEFORE)
        self.page = self.context.new_page()
        self.page.set_default_timeout(1000 * LONGEST_S)
        self.asked: list[str] = []
        self.said: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._answered)
        self.page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        self.page.on("console", self._logged)

    def _failed(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # a film that was let go of, or a picture of a page that was left
            self.said.append(f"failed: {request.url} {request.failure}")

    def _answered(self, response: Any) -> None:
        if response.status >= 400:
            self.said.append(f"{response.status}: {response.url}")

    def _logged(self, line: Any) -> None:
        if line.type in ("error", "warning"):
            self.said.append(f"{line.type}: {line.text}")

    def go(self, address: str) -> None:
        """To an address of the report; back when the page's scripts have run."""
        self.page.goto(self.base + address)
        self.ready()

    def ready(self) -> None:
        self.until(READY)

    def players(self) -> None:
        """Until every player of a scenario's page has its picture."""
        self.page.evaluate("PIQ_PLAYER.ready")

    def ask(self, script: str, argument: Any = None) -> Any:
        """What a script in the page returns."""
        return self.page.evaluate(script, argument)

    def until(self, script: str) -> None:
        """Waits until a script says yes. Playwright's own way would need `eval`, which the page's policy forbids."""
        end = time.monotonic() + LONGEST_S
        while not self.ask(script):
            assert time.monotonic() < end, f"still not: {script}"
            self.page.wait_for_timeout(10)

    @property
    def state(self) -> str:
        """The part of the address behind the #."""
        return str(self.ask("decodeURIComponent(location.hash.slice(1))"))

    def complaints(self) -> list[str]:
        """What the browser complained of, and requests for what isn't in the report."""
        outside = [f"asked: {url}" for url in self.asked if not url.startswith((self.base, "data:"))]
        violations = self.ask("window.violations || []")
        return [*self.said, *outside, *(f"policy: {told}" for told in violations)]

    def close(self) -> None:
        self.context.close()
