"use strict";
// What is looked at stands in the address, behind the #, so that a view can be sent to somebody.
(function (P) {
  const MODES = ["grid", "difference", "overlay"];
  const ORDERS = ["id", "score", "disagreement"];
  const SPEEDS = [0.25, 0.5, 1, 1.5, 2];

  function among(values, text, otherwise) {
    return values.includes(text) ? text : otherwise;
  }

  function number(text, low, high, otherwise) {
    const value = text === null || text.trim() === "" ? NaN : Number(text);
    return Number.isFinite(value) ? Math.max(low, Math.min(high, value)) : otherwise;
  }

  /** The state an address tells of; whatever it says that makes no sense is as if it were not said. */
  function read(hash) {
    const told = new URLSearchParams(hash.replace(/^#/, ""));
    return {
      t: number(told.get("t"), 0, 3600, 0),
      show: told.has("show") ? told.get("show").split(",").filter(Boolean) : null,
      mode: among(MODES, told.get("mode"), "grid"),
      masks: told.get("masks") === "1",
      full: told.get("full") === "1",
      loop: told.get("loop") === "1",
      speed: among(SPEEDS, Number(told.get("speed")), 1),
      gain: number(told.get("gain"), 1, 12, 4),
      wipe: number(told.get("wipe"), 0, 100, 50),
      order: among(ORDERS, told.get("order"), "id"),
      step: told.get("step"),
    };
  }

  /** The address of a state: what differs from the usual. `withTime`: also the moment; a neighbour starts at 0. */
  function format(state, withTime) {
    const usual = read("");
    const told = new URLSearchParams();
    if (withTime && state.frame > 0) told.set("t", String(Math.round(state.t * 1000) / 1000));
    if (state.show !== null) told.set("show", state.show.join(","));
    for (const key of ["mode", "masks", "full", "loop", "speed", "gain", "wipe", "order", "step"]) {
      const value = state[key];
      if (value !== usual[key] && value !== null) told.set(key, value === true ? "1" : String(value));
    }
    const text = told.toString().replaceAll("%2C", ",");
    return text ? `#${text}` : "";
  }

  let timer = null;

  /** Browsers allow only so many changes of the address in a while: the last one counts. */
  function write(state) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      history.replaceState(null, "", format(state(), true) || location.pathname + location.search);
    }, 150);
  }

  P.address = { read, format, write };
})((window.PIQ_PLAYER = window.PIQ_PLAYER || {}));
