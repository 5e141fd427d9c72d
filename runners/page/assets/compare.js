"use strict";
// Two models' paired comparison: the difference of their scores with its interval, and every scene, widest first.
(() => {
  const { make, number } = window.PIQ_UI;
  const place = document.getElementById("compare");
  const title = document.getElementById("compare-title");
  const body = document.getElementById("compare-body");
  const hint = document.getElementById("pick-hint");

  /** What rounds to zero has no sign. */
  function signed(value, digits) {
    const shown = Math.abs(value).toFixed(digits);
    return Number(shown) === 0 ? shown : `${value > 0 ? "+" : "−"}${shown}`;
  }

  const name = (model) => make("bdi", { text: model.label });

  /** The pair's differences as A − B, whichever way round they were stored. */
  function pairOf(a, b) {
    const pairs = (window.PIQ_PAIRS || { pairs: {} }).pairs;
    if (pairs[`${a.key}|${b.key}`]) return { ...pairs[`${a.key}|${b.key}`], turned: false };
    return pairs[`${b.key}|${a.key}`] ? { ...pairs[`${b.key}|${a.key}`], turned: true } : null;
  }

  function facts(a, b) {
    const pair = pairOf(a, b);
    if (!pair) {
      return make("p", { class: "quiet", text: "One of these is incomplete, so there is no score to take a difference of: below are the clips that both have, each by its own marks." });
    }
    const list = make("dl", { class: "facts" });
    for (const [key, found] of Object.entries(pair.differences)) {
      if (!found) continue;
      const turned = pair.turned ? -1 : 1;
      const [low, high] = [turned * found.low, turned * found.high].sort((x, y) => x - y);
      const sure = low > 0 || high < 0;
      list.append(
        make("div", {
          children: [
            make("dt", { text: `${window.PIQ.columns[key] || key}, difference` }),
            make("dd", {
              children: [
                make("b", { text: signed(turned * (found.a - found.b), 2) }),
                make("small", { text: `95 % interval ${signed(low, 2)} to ${signed(high, 2)}` }),
                make("small", { text: sure ? "The interval leaves out 0: a difference that other scenes would show too." : "The interval holds 0: these scenes do not tell the two apart." }),
              ],
            }),
          ],
        }),
      );
    }
    return list;
  }

  /** By scene the mean over the views that both have. */
  function scenesOf(a, b) {
    const found = new Map();
    for (const line of window.PIQ.scenes) {
      const [one, other] = [line.values[a.key], line.values[b.key]];
      if (line.benchmark !== a.benchmark || typeof one?.verified !== "number" || typeof other?.verified !== "number") continue;
      if (!found.has(line.scene)) found.set(line.scene, { scene: line.scene, category: line.category, views: [], a: 0, b: 0 });
      const scene = found.get(line.scene);
      scene.views.push(line);
      scene.a += one.verified;
      scene.b += other.verified;
    }
    for (const scene of found.values()) {
      scene.a /= scene.views.length;
      scene.b /= scene.views.length;
      scene.difference = scene.a - scene.b;
    }
    return [...found.values()].sort((one, other) => other.difference - one.difference);
  }

  /** A bar from the middle: to the left where A is ahead. */
  function lean(difference, widest, colour) {
    const bar = make("i");
    const width = widest ? (50 * Math.abs(difference)) / widest : 0;
    bar.style.width = `${width}%`;
    bar.style[difference > 0 ? "right" : "left"] = "50%";
    bar.style.setProperty("--colour", colour);
    return make("span", { class: "lean", "aria-hidden": "true", children: [bar] });
  }

  function row(scene, widest, a, b) {
    const link = (line) => make("a", { href: `scenes/${encodeURIComponent(line.key)}.html`, text: line.view, "aria-label": `${line.scene}, ${line.view}` });
    return make("tr", {
      "data-scene": scene.scene,
      children: [
        make("th", { scope: "row", children: [make("bdi", { text: scene.scene }), make("small", { children: [scene.category, " ", ...scene.views.flatMap((line) => [link(line), " "])] })] }),
        make("td", { class: "number", text: number(scene.a, 1) }),
        make("td", { class: "number", text: number(scene.b, 1) }),
        make("td", { class: "number", text: signed(scene.difference, 1) }),
        make("td", { class: "difference", children: [lean(scene.difference, widest, scene.difference > 0 ? a.colour : b.colour)] }),
      ],
    });
  }

  function table(a, b) {
    const scenes = scenesOf(a, b);
    if (!scenes.length) return make("p", { class: "empty", text: "The two have no scored clip in common." });
    const widest = Math.max(...scenes.map((scene) => Math.abs(scene.difference)));
    const heading = (text, kind) => make("th", { scope: "col", class: kind, text });
    const of = (letter, model) => make("th", { scope: "col", class: "number", title: model.label, children: [make("span", { class: "swatch", "aria-hidden": "true", style: `--colour: ${model.colour}` }), letter] });
    return make("div", {
      class: "scroll",
      tabindex: "0",
      role: "region",
      "aria-label": "Scenes compared",
      children: [
        make("table", {
          class: "pairs",
          children: [
            make("caption", { children: ["Verified score of each scene's own clips, 0 to 100, mean over views and runs. Above: scenes where A (", name(a), ") is ahead, below: where B (", name(b), ") is."] }),
            make("thead", { children: [make("tr", { children: [heading("Scene", "name"), of("A", a), of("B", b), heading("A − B", "number"), heading("A ahead | B ahead", "lean-heading")] })] }),
            make("tbody", { children: scenes.map((scene) => row(scene, widest, a, b)) }),
          ],
        }),
      ],
    });
  }

  let last = null;
  window.PIQ_UI.compare = (keyA, keyB) => {
    const of = (key) => window.PIQ.models.find((model) => model.key === key);
    const [a, b] = [of(keyA), of(keyB)];
    const both = a && b && a.benchmark === b.benchmark;
    place.hidden = !both;
    if (hint) {
      hint.replaceChildren(...(both ? ["Compared below: ", make("a", { href: "#compare", text: `${a.label} against ${b.label}` })] : [a || b ? "Tick one more row to compare the two scene by scene." : "Tick two rows to compare them scene by scene."]));
      hint.querySelector("a")?.addEventListener("click", (event) => {
        event.preventDefault(); // the part after # is the state's
        place.focus();
        place.scrollIntoView();
      });
    }
    if (!both || last === `${keyA}|${keyB}`) return;
    last = `${keyA}|${keyB}`;
    title.replaceChildren(name(a), " against ", name(b));
    body.replaceChildren(facts(a, b), table(a, b));
  };
})();
