"use strict";
// The leaderboard: rows in another order, two of them compared, published values shown or not; all in the address.
document.addEventListener("piq-ui", () => {
  const { element, address, fixed } = window.PIQ_UI;
  const index = window.PIQ;
  const models = new Map(index.models.map((model) => [model.key, model]));
  let state = address.read();

  function keep(changes) {
    state = { ...state, ...changes };
    address.write(state);
  }

  // Order

  function value(row, place, kind) {
    const cell = row.cells[place];
    if (kind === "text") return cell.textContent.trim().toLocaleLowerCase();
    const told = cell.dataset.value;
    return told === undefined || told === "" ? null : Number(told);
  }

  function sort(table, place, descending) {
    const heading = table.tHead.rows[0].cells[place];
    const kind = heading.dataset.sort;
    const sign = descending ? -1 : 1;
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [value(row, place, kind), row]);
    rows.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null); // what is not known stands last, always
      return sign * (kind === "text" ? a.localeCompare(b) : a - b);
    });
    body.append(...rows.map(([, row]) => row));
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
  }

  function makeSortable(table) {
    [...table.tHead.rows[0].cells].forEach((heading, place) => {
      if (!heading.dataset.sort) return;
      const button = element("button", { type: "button" }, heading.textContent);
      heading.replaceChildren(button);
      button.addEventListener("click", () => {
        const now = heading.getAttribute("aria-sort");
        const descending = now ? now === "ascending" : heading.dataset.sort === "number";
        sort(table, place, descending);
        keep({ sort: `${place}${descending ? "d" : "a"}` });
      });
    });
  }

  // Two rows

  const picked = () => [state.a, state.b].filter((key) => models.has(key));

  function pick(key, on) {
    const now = picked().filter((other) => other !== key);
    if (on) now.push(key);
    const [a = "", b = ""] = now.slice(-2); // a third one takes the first one's place
    keep({ a, b });
    showPicked();
  }

  function difference(a, b) {
    const found = window.PIQ_PAIRS.pairs[`${a}|${b}`];
    if (found) return found;
    const turned = window.PIQ_PAIRS.pairs[`${b}|${a}`];
    if (!turned) return null;
    const flip = (d) =>
      d && { ...d, a: d.b, b: d.a, low: -d.high, high: -d.low, a_higher: 1 - d.a_higher - d.equal, equal: d.equal };
    const differences = Object.fromEntries(Object.entries(turned.differences).map(([key, d]) => [key, flip(d)]));
    return { ...turned, differences };
  }

  function scoreTable(a, b, pair) {
    const head = element("tr", {}, ...["score", a.label, b.label, "difference", "95 %", `${a.label} higher`].map((text, n) =>
      element("th", { scope: "col", class: n ? "number" : null }, text)));
    const rows = Object.entries(index.columns).filter(([key]) => pair.differences[key]).map(([key, heading]) => {
      const d = pair.differences[key];
      const sign = (x, digits) => `${x >= 0 ? "+" : ""}${x.toFixed(digits)}`;
      const cells = [fixed(d.a), fixed(d.b), sign(d.a - d.b, 2)];
      cells.push(pair.scenes > 1 ? `${sign(d.low, 2)} … ${sign(d.high, 2)}` : "–", `${(100 * d.a_higher).toFixed(1)} %`);
      return element("tr", {}, element("th", { scope: "row" }, heading),
        ...cells.map((text) => element("td", { class: "number" }, text)));
    });
    const caption = `Paired over ${pair.scenes} scenes, ${window.PIQ_PAIRS.resamples} resamples of scenes; the share is that of resamples.`;
    return element("div", { class: "scroll" }, element("table", {}, element("caption", {}, caption),
      element("thead", {}, head), element("tbody", {}, ...rows)));
  }

  function sceneTable(a, b) {
    const rows = index.scenes.map((scene) => [scene, scene.values[a.key]?.verified, scene.values[b.key]?.verified])
      .filter(([, x, y]) => typeof x === "number" && typeof y === "number")
      .sort((one, other) => other[1] - other[2] - (one[1] - one[2]));
    const body = rows.map(([scene, x, y]) => element("tr", {},
      element("th", { scope: "row" }, element("a", { href: `scenes/${encodeURIComponent(scene.key)}.html#show=${encodeURIComponent(shown(a, b))}` },
        `${scene.id} ${scene.scene}, ${scene.view}`)),
      ...[x, y, x - y].map((number) => element("td", { class: "number" }, fixed(number, 1)))));
    const head = ["scenario", a.label, b.label, "difference"].map((text, n) =>
      element("th", { scope: "col", class: n ? "number" : null }, text));
    return element("details", { open: "" }, element("summary", {}, `${rows.length} scenarios, by their difference`),
      element("div", { class: "scroll" }, element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body))));
  }

  const shown = (a, b) => ["take1", a.runs[0].key, b.runs[0].key].join(",");

  function showPicked() {
    const [a, b] = picked().map((key) => models.get(key));
    for (const box of document.querySelectorAll("[data-pick]")) box.checked = picked().includes(box.dataset.pick);
    const place = document.getElementById("comparison");
    place.hidden = !b;
    place.replaceChildren();
    if (!b) return;
    place.append(element("h2", {}, `${a.label} beside ${b.label}`));
    const pair = a.benchmark === b.benchmark ? difference(a.key, b.key) : null;
    if (!pair) place.append(element("p", { class: "quiet" }, "They have no scene in common, so nothing can be compared."));
    else place.append(scoreTable(a, b, pair), sceneTable(a, b));
  }

  // Published values

  function showPublished(on) {
    for (const row of document.querySelectorAll("tr.published")) row.hidden = !on;
    for (const box of document.querySelectorAll("[data-published]")) box.checked = on;
  }

  function follow() {
    state = address.read();
    const order = /^(\d+)([ad])$/.exec(state.sort || "");
    for (const table of document.querySelectorAll("table.leaderboard")) {
      if (order && table.tHead.rows[0].cells[order[1]]?.dataset.sort) sort(table, Number(order[1]), order[2] === "d");
    }
    showPublished(state.published !== "0");
    showPicked();
  }

  document.querySelectorAll("table.leaderboard").forEach(makeSortable);
  document.querySelectorAll(".needs-script").forEach((part) => (part.hidden = false));
  document.addEventListener("change", (event) => {
    if (event.target.dataset.pick) pick(event.target.dataset.pick, event.target.checked);
    if ("published" in event.target.dataset) {
      keep({ published: event.target.checked ? "" : "0" });
      showPublished(event.target.checked);
    }
  });
  addEventListener("hashchange", follow);
  follow();
});
