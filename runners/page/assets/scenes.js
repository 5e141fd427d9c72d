"use strict";
// The list of scenarios: searched, filtered and sorted by what stands in the address.
document.addEventListener("piq-ui", () => {
  const { element, address } = window.PIQ_UI;
  const { scenes, models } = window.PIQ;
  const form = document.getElementById("filters");
  const list = document.getElementById("cards");
  const items = new Map([...list.children].map((item) => [item.dataset.scene, item]));
  const judges = models.filter((model) => !model.oracle);

  function fill(name, options) {
    for (const [value, text] of options) form.elements[name].append(element("option", { value }, text));
  }
  const distinct = (key) => [...new Set(scenes.map((scene) => scene[key]))].sort().map((value) => [value, value]);
  fill("view", distinct("view"));
  fill("cat", distinct("category"));
  fill("model", models.map((model) => [model.key, model.label]));

  /** Verified marks of the contestants on a scenario, 0 to 100. */
  function marks(scene) {
    return judges.map((model) => scene.values[model.key]?.verified).filter((value) => typeof value === "number");
  }

  function scoreOf(scene, model) {
    if (model) return scene.values[model]?.verified ?? null;
    const found = marks(scene);
    return found.length ? found.reduce((sum, value) => sum + value, 0) / found.length : null;
  }

  function spread(scene) {
    const found = marks(scene);
    return found.length ? Math.max(...found) - Math.min(...found) : null;
  }

  function fits(scene, score, state) {
    const words = (state.q || "").toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const text = `${scene.id} ${scene.scene} ${scene.benchmark}`.toLocaleLowerCase();
    if (!words.every((word) => text.includes(word))) return false;
    if (state.view && scene.view !== state.view) return false;
    if (state.cat && scene.category !== state.cat) return false;
    if (state.min && !(score !== null && score >= Number(state.min))) return false;
    return !(state.max && !(score !== null && score <= Number(state.max)));
  }

  const ORDERS = {
    worst: (a, b) => a.score - b.score,
    best: (a, b) => b.score - a.score,
    disagreement: (a, b) => b.spread - a.spread,
  };

  function show(state) {
    const lines = scenes.map((scene) => ({ scene, score: scoreOf(scene, state.model), spread: spread(scene) }))
      .filter((line) => fits(line.scene, line.score, state));
    if (ORDERS[state.sort]) {
      const key = state.sort === "disagreement" ? "spread" : "score";
      const known = lines.filter((line) => line[key] !== null).sort(ORDERS[state.sort]);
      lines.splice(0, lines.length, ...known, ...lines.filter((line) => line[key] === null));
    }
    const shown = new Set(lines.map((line) => line.scene.key));
    for (const [key, item] of items) item.hidden = !shown.has(key);
    for (const line of lines) {
      const item = items.get(line.scene.key);
      item.querySelector("[data-score]").textContent = line.score === null ? "" : line.score.toFixed(1);
      list.append(item);
    }
    document.getElementById("count").textContent = `${lines.length} of ${scenes.length} scenarios`;
    document.getElementById("none").hidden = lines.length > 0;
  }

  function stated() {
    return Object.fromEntries([...new FormData(form)].map(([key, value]) => [key, value.trim()]));
  }

  function follow() {
    const state = address.read();
    for (const field of form.elements) {
      if (!field.name) continue;
      field.value = state[field.name] ?? "";
      if (field.value !== (state[field.name] ?? "")) field.value = ""; // an address of another report
    }
    show(stated());
  }

  form.addEventListener("input", () => {
    address.write(stated());
    show(stated());
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("clear").addEventListener("click", () => {
    form.reset();
    address.write({});
    show({});
    form.elements.q.focus();
  });
  addEventListener("hashchange", follow);
  form.hidden = false;
  follow();
});
