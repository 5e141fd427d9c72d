"use strict";
// The list of scenarios: searched, filtered and ordered; all of it in the address.
(() => {
  const { number, readState, writeState } = window.PIQ_UI;
  const USUAL = { q: "", benchmark: "", view: "", cat: "", model: "", min: "", max: "", sort: "id" };
  const { models, scenes } = window.PIQ;
  const list = document.getElementById("scenes");
  if (!list) return;
  const controls = Object.keys(USUAL).map((name) => document.getElementById(name)).filter(Boolean);
  const tiles = new Map([...list.children].map((tile) => [tile.dataset.key, tile]));
  const judged = models.filter((model) => !model.oracle);
  const spelled = (text) => text.toLowerCase().normalize("NFKC");
  const words = new Map(scenes.map((scene) => [scene, spelled(`${scene.id} ${scene.scene} ${scene.scene.replace(/[-_]/g, " ")} ${scene.view} ${scene.category}`)]));
  let state = readState(USUAL);

  /** The marks that count: of the chosen model, else of all that are no ceilings. */
  function marks(scene, chosen) {
    const of = chosen ? [chosen] : judged.map((model) => model.key);
    return of.map((key) => scene.values[key]?.verified).filter((value) => typeof value === "number");
  }

  const mean = (values) => (values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null);

  function disagreement(scene) {
    const values = marks(scene, "");
    return values.length > 1 ? Math.max(...values) - Math.min(...values) : null;
  }

  /** An empty or unreadable bound is none. */
  const bound = (text, none) => (text.trim() === "" || Number.isNaN(Number(text)) ? none : Number(text));

  function fits(scene, score) {
    const { q, benchmark, view, cat, model, min, max } = state;
    if (benchmark && scene.benchmark !== benchmark) return false;
    if (view && scene.view !== view) return false;
    if (cat && scene.category !== cat) return false;
    if (model && !scene.values[model]) return false;
    if (!spelled(q).split(/\s+/).every((word) => words.get(scene).includes(word))) return false;
    const [low, high] = [bound(min, null), bound(max, null)];
    if (low === null && high === null) return true;
    return score !== null && score >= (low ?? -Infinity) && score <= (high ?? Infinity);
  }

  /** Scenarios without a value come last; ties stay in the order of their numbers. */
  function ordered(found) {
    const keys = { score: (one) => one.score, "-score": (one) => one.score, disagreement: (one) => disagreement(one.scene) };
    const key = keys[state.sort];
    if (!key) return found;
    const sign = state.sort === "score" ? 1 : -1;
    const at = new Map(found.map((one) => [one, key(one)]));
    return [...found].sort((one, other) => {
      const [a, b] = [at.get(one), at.get(other)];
      if (a === b) return 0;
      if (a === null || b === null) return a === null ? 1 : -1;
      return sign * (a - b);
    });
  }

  function shownValue(one) {
    const spread = state.sort === "disagreement" ? disagreement(one.scene) : null;
    return spread === null ? number(one.score, 1) : `${number(spread, 1)} apart`;
  }

  function apply() {
    const all = scenes.map((scene) => ({ scene, score: mean(marks(scene, state.model)) }));
    const found = ordered(all.filter((one) => fits(one.scene, one.score)));
    const shown = new Set(found.map((one) => one.scene.key));
    for (const [key, tile] of tiles) tile.hidden = !shown.has(key);
    for (const one of found) tiles.get(one.scene.key).querySelector("[data-score]").textContent = shownValue(one);
    list.prepend(...found.map((one) => tiles.get(one.scene.key)));
    document.getElementById("count").textContent = `${found.length === scenes.length ? "" : `${found.length} of `}${scenes.length} scenarios`;
    document.getElementById("none").hidden = found.length > 0;
    document.getElementById("reset").hidden = Object.entries(USUAL).every(([name, usual]) => state[name] === usual);
    writeState(state, USUAL);
  }

  /** What an address asks for and no list offers is not asked for: else nothing would be shown, and no control say why. */
  function fill() {
    for (const control of controls) {
      control.value = state[control.id];
      if (control.value !== state[control.id]) {
        control.value = state[control.id] = USUAL[control.id];
      }
    }
  }

  for (const control of controls) {
    control.addEventListener("input", () => {
      state = { ...state, [control.id]: control.value };
      apply();
    });
  }
  document.getElementById("reset").addEventListener("click", () => {
    state = { ...USUAL };
    fill();
    apply();
    document.getElementById("q").focus();
  });
  window.addEventListener("hashchange", () => {
    state = readState(USUAL);
    fill();
    apply();
  });
  fill();
  apply();
  document.documentElement.dataset.ready = "";
})();
