"use strict";
// What every page shares: the theme (set before anything is drawn), copying, and previews that play when looked at.
window.PIQ_UI = (() => {
  const THEMES = ["auto", "light", "dark"];
  const root = document.documentElement;

  /** localStorage may be forbidden for pages from disk. */
  function kept(name, value) {
    try {
      if (value === undefined) return localStorage.getItem(name);
      localStorage.setItem(name, value);
    } catch {
      // then the choice lasts as long as the page
    }
    return value ?? null;
  }

  function setTheme(theme) {
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    const button = document.getElementById("theme");
    if (button) button.textContent = `Theme: ${theme}`;
  }

  function startTheme() {
    const button = document.getElementById("theme");
    let theme = root.dataset.theme || "auto";
    button.hidden = false;
    setTheme(theme);
    button.addEventListener("click", () => {
      theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
      kept("piq-theme", theme);
      setTheme(theme);
    });
  }

  /** An element with a text, attributes and children; texts never become markup. */
  function make(name, { text, children = [], ...attributes } = {}) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) {
      if (value === true) made.setAttribute(key, "");
      else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }

  /** The state that the address tells, of the names in `defaults`. */
  function readState(defaults) {
    const told = new URLSearchParams(location.hash.slice(1));
    return Object.fromEntries(Object.entries(defaults).map(([name, usual]) => [name, told.get(name) ?? usual]));
  }

  /** Puts the state into the address; what is as usual is left out. */
  function writeState(state, defaults) {
    const told = new URLSearchParams();
    for (const [name, value] of Object.entries(state)) {
      if (value !== defaults[name] && value !== "") told.set(name, value);
    }
    const text = told.toString();
    if (text === location.hash.slice(1)) return;
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
  }

  /** Every `.code` and every [data-copy-from] gets a button that copies its text. */
  function startCopying() {
    for (const place of document.querySelectorAll("[data-copy]")) {
      const button = make("button", { type: "button", class: "copy", text: "Copy", "aria-label": place.dataset.copy });
      button.addEventListener("click", async () => {
        button.textContent = (await copied(place.querySelector("[data-text]"))) ? "Copied" : "Press Ctrl+C";
        setTimeout(() => (button.textContent = "Copy"), 2000);
      });
      place.append(button);
    }
  }

  async function copied(element) {
    try {
      await navigator.clipboard.writeText(element.textContent);
      return true;
    } catch {
      getSelection().selectAllChildren(element); // where the clipboard is closed, one key remains
      return false;
    }
  }

  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  /** A thumbnail with data-preview plays it under the pointer or the focus, or by its own button. */
  class Preview {
    constructor(place) {
      this.place = place;
      this.video = null;
      this.button = make("button", { type: "button", class: "play", "aria-pressed": "false", "aria-label": `Play ${place.dataset.name}` });
      this.button.addEventListener("click", () => (this.video ? this.stop() : this.start()));
      place.append(this.button);
      const whole = place.closest(".tile") || place;
      const hinted = (act) => (event) => !calm.matches && event.pointerType !== "touch" && act();
      whole.addEventListener("pointerenter", hinted(() => this.start()));
      whole.addEventListener("pointerleave", hinted(() => this.stop()));
      whole.addEventListener("focusin", (event) => event.target !== this.button && event.target.matches(":focus-visible") && !calm.matches && this.start());
      whole.addEventListener("focusout", () => this.stop());
    }

    start() {
      if (this.video) return;
      const video = (this.video = make("video", { loop: true, playsinline: true, muted: true, "aria-hidden": "true", tabindex: "-1" }));
      video.muted = true;
      video.src = this.place.dataset.preview;
      this.place.insertBefore(video, this.button);
      this.button.setAttribute("aria-pressed", "true");
      video.play().catch(() => video === this.video && this.stop()); // left again before it began, or no such file
    }

    /** Its decoder is given back: browsers have few. */
    stop() {
      if (!this.video) return;
      const video = this.video;
      this.video = null;
      video.removeAttribute("src");
      video.load();
      video.remove();
      this.button.setAttribute("aria-pressed", "false");
    }
  }

  root.dataset.script = "";
  const theme = kept("piq-theme");
  if (THEMES.includes(theme)) setTheme(theme);
  document.addEventListener("DOMContentLoaded", () => {
    startTheme();
    startCopying();
    for (const place of document.querySelectorAll("[data-preview]")) new Preview(place);
  });

  const number = (value, digits) => (typeof value === "number" ? value.toFixed(digits) : "–");
  return { make, number, readState, writeState };
})();
