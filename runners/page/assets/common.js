"use strict";
// What all pages have: the theme, thumbnails that play, buttons that copy.
(function () {
  const root = document.documentElement;

  function isDark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  const button = document.getElementById("theme");
  function tell() {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", `Change to the ${isDark() ? "light" : "dark"} theme`);
  }
  button.hidden = false;
  tell();
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try {
      localStorage.setItem("piq-theme", root.dataset.theme);
    } catch {
      // It holds for this page, then.
    }
    tell();
  });

  // A preview is loaded when somebody points at its picture, and let go of afterwards.
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

  function play(card) {
    const frame = card.querySelector(".frame");
    if (!card.dataset.preview || frame.querySelector("video")) return;
    const video = document.createElement("video");
    Object.assign(video, { muted: true, loop: true, playsInline: true, src: card.dataset.preview });
    video.setAttribute("aria-hidden", "true");
    video.tabIndex = -1;
    frame.append(video);
    video.play().catch(() => video.remove());
  }

  function stop(card) {
    const video = card.querySelector(".frame video");
    if (!video) return;
    video.removeAttribute("src");
    video.load();
    video.remove();
  }

  function listen(within) {
    if (still) return;
    for (const [on, off] of [["mouseenter", "mouseleave"], ["focus", "blur"]]) {
      within.addEventListener(on, (event) => event.target.matches?.(".card") && play(event.target), true);
      within.addEventListener(off, (event) => event.target.matches?.(".card") && stop(event.target), true);
    }
  }
  listen(document);

  document.addEventListener("click", async (event) => {
    const copy = event.target.closest("[data-copy]");
    if (!copy) return;
    const text = document.getElementById(copy.dataset.copy).textContent;
    try {
      await navigator.clipboard.writeText(text);
      copy.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(document.getElementById(copy.dataset.copy));
      copy.textContent = "Selected";
    }
    setTimeout(() => (copy.textContent = "Copy"), 1500);
  });

  /** An element with attributes, text and children; data never becomes markup. */
  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  /** The state in the address, behind the #; what is empty is left out. */
  const address = {
    read: () => Object.fromEntries(new URLSearchParams(location.hash.replace(/^#/, ""))),
    write(state) {
      const told = new URLSearchParams(Object.entries(state).filter(([, value]) => value !== "" && value !== null));
      const text = told.toString();
      history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
    },
  };

  window.PIQ_UI = { element, address, fixed: (value, digits = 2) => (value === null ? "–" : value.toFixed(digits)) };
  document.dispatchEvent(new Event("piq-ui"));
})();
