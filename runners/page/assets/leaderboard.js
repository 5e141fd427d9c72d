"use strict";
// The leaderboard: sorted by any column, two rows picked for comparison, published rows hidden; all of it in the address.
(() => {
  const { make, readState, writeState } = window.PIQ_UI;
  const USUAL = { sort: "verified", order: "", a: "", b: "", published: "" };
  const TEXT = new Set(["model", "prompts"]);
  let state = readState(USUAL);
  const tables = [...document.querySelectorAll("[data-board]")];
  const boxes = [...document.querySelectorAll('input[name="compare"]')];
  const choice = document.getElementById("sort-by");
  const published = document.getElementById("show-published");

  /** Numbers come largest first, names from A: what a first click on a heading is after. */
  const natural = (key) => (TEXT.has(key) ? "ascending" : "descending");

  function cellValue(row, at, key) {
    const value = row.cells[at].dataset.value;
    return TEXT.has(key) ? value.toLowerCase() : value === "" ? null : Number(value);
  }

  /** Rows without a value come last in either order; ties stay as they were built, best first. */
  function sortTable(table, key, order) {
    const headings = [...table.tHead.rows[0].cells];
    const at = headings.findIndex((heading) => heading.dataset.key === key);
    if (at < 0) return;
    for (const heading of headings) if (heading.dataset.key) heading.setAttribute("aria-sort", heading.dataset.key === key ? order : "none");
    const body = table.querySelector("[data-sorted]");
    const rows = [...body.rows].filter((row) => row.dataset.kind);
    for (const [place, row] of rows.entries()) row.dataset.place ??= String(place);
    const sign = order === "ascending" ? 1 : -1;
    rows.sort((one, other) => {
      const [a, b] = [cellValue(one, at, key), cellValue(other, at, key)];
      if (a === b) return Number(one.dataset.place) - Number(other.dataset.place);
      if (a === null || b === null) return a === null ? 1 : -1;
      return a < b ? -sign : sign;
    });
    body.append(...rows);
  }

  function apply() {
    const order = state.order || natural(state.sort);
    for (const table of tables) {
      sortTable(table, state.sort, order);
      table.toggleAttribute("data-hide-published", state.published === "no" && table.querySelector('[data-kind="complete"], [data-kind="ceiling"]') !== null);
    }
    if (choice) choice.value = state.sort;
    if (published) published.checked = state.published !== "no";
    for (const box of boxes) {
      box.checked = box.value === state.a || box.value === state.b;
      box.closest("tr").classList.toggle("picked", box.checked);
    }
    window.PIQ_UI.compare(state.a, state.b);
    writeState(state, USUAL);
  }

  function set(part) {
    state = { ...state, ...part };
    apply();
  }

  function sortBy(key) {
    const order = state.order || natural(state.sort);
    const turned = key === state.sort && order === natural(key) ? (order === "ascending" ? "descending" : "ascending") : "";
    set({ sort: key, order: turned });
  }

  /** A third row replaces the second; rows of two benchmarks can't be compared, so the others are let go. */
  function pick(box) {
    const benchmarkOf = (key) => window.PIQ.models.find((model) => model.key === key)?.benchmark;
    let picked = [state.a, state.b].filter((key) => key && key !== box.value);
    if (box.checked) {
      picked = picked.filter((key) => benchmarkOf(key) === benchmarkOf(box.value)).slice(0, 1);
      picked.push(box.value);
    }
    set({ a: picked[0] || "", b: picked[1] || "" });
  }

  for (const table of tables) {
    for (const heading of table.tHead.querySelectorAll("[data-key]")) {
      const button = make("button", { type: "button", text: heading.textContent });
      button.addEventListener("click", () => sortBy(heading.dataset.key));
      heading.replaceChildren(button);
    }
  }
  if (choice) {
    for (const heading of tables[0].tHead.querySelectorAll("[data-key]")) {
      choice.append(make("option", { value: heading.dataset.key, text: heading.textContent }));
    }
    choice.addEventListener("change", () => set({ sort: choice.value, order: "" }));
  }
  published?.addEventListener("change", () => set({ published: published.checked ? "" : "no" }));
  for (const box of boxes) box.addEventListener("change", () => pick(box));
  window.addEventListener("hashchange", () => {
    state = readState(USUAL);
    apply();
  });
  apply();
  document.documentElement.dataset.ready = "";
})();
