"use strict";
// The keyboard: what each key does, and when it belongs to the element that has the focus.
(function (P) {
  const TEXT = "input:not([type=range]):not([type=checkbox]), textarea, select, [contenteditable]";
  const PRESSED = "button, a[href], summary, input[type=checkbox], video[controls]"; // Space is theirs
  const MOVED = "input[type=range]:not(#scrub), [role=radiogroup], video[controls]"; // arrows, Home and End are theirs

  /** Whether a key is to be left to the element it was pressed on. */
  function taken(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return true;
    const target = event.target instanceof Element ? event.target : document.body;
    if (target.closest("dialog[open]") || target.closest(TEXT)) return true;
    if ((event.key === " " || event.key === "Enter") && target.closest(PRESSED)) return true;
    return /^(Arrow|Home|End)/.test(event.key) && Boolean(target.closest(MOVED));
  }

  /** `actions`: by key, with "Shift+" before it where it matters. */
  function listen(actions) {
    document.addEventListener("keydown", (event) => {
      if (taken(event)) return;
      const shifted = event.key.startsWith("Arrow") && event.shiftKey;
      const action = actions[`${shifted ? "Shift+" : ""}${event.key}`];
      if (!action) return;
      event.preventDefault();
      action();
    });
  }

  P.keys = { listen };
})((window.PIQ_PLAYER = window.PIQ_PLAYER || {}));
