"use strict";
// The next and the previous scenario, by name, by score or by how far the models disagree; and the scene's other views.
(function (P) {
  /** Verified marks of the models that are no oracles, on one scenario of the index. */
  function marks(scene, models) {
    const judged = models.filter((model) => !model.oracle && scene.values[model.key]);
    return judged.map((model) => scene.values[model.key].verified).filter((value) => typeof value === "number");
  }

  const KEYS = {
    score: (values) => values.reduce((sum, value) => sum + value, 0) / values.length, // worst first
    disagreement: (values) => Math.min(...values) - Math.max(...values), // widest first
  };

  /** Scenarios of the same benchmark in an order; those without marks come last, ties stay by id. */
  function ordered(index, scene, order) {
    const scenes = index.scenes.filter((other) => other.benchmark === scene.benchmark);
    if (order === "id") return scenes;
    const key = new Map(
      scenes.map((other) => {
        const values = marks(other, index.models);
        return [other, values.length ? KEYS[order](values) : Infinity];
      }),
    );
    return [...scenes].sort((a, b) => (key.get(a) === key.get(b) ? 0 : key.get(a) - key.get(b)));
  }

  /** {previous, next, place, count}: the neighbours' lines of the index, or null at an end. */
  function around(index, scene, order) {
    const scenes = ordered(index, scene, order);
    const place = scenes.findIndex((other) => other.key === scene.key);
    return { previous: scenes[place - 1] || null, next: scenes[place + 1] || null, place: place + 1, count: scenes.length };
  }

  /** The views of this scene, as lines of the index. */
  function views(index, scene) {
    const sides = ["left", "center", "right"];
    const same = index.scenes.filter((other) => other.benchmark === scene.benchmark && other.scene === scene.scene);
    return same.sort((a, b) => sides.indexOf(a.view) - sides.indexOf(b.view));
  }

  class Neighbours {
    /** `state()` gives what the address of a neighbour is to carry. */
    constructor(index, scene, state) {
      Object.assign(this, { index, scene, state });
      this.links = { previous: document.getElementById("previous"), next: document.getElementById("next") };
      this.renew();
    }

    href(line) {
      return `${encodeURIComponent(line.key)}.html${P.address.format(this.state(), false)}`;
    }

    renew() {
      const found = around(this.index, this.scene, this.state().order);
      for (const [name, link] of Object.entries(this.links)) {
        const line = found[name];
        link.classList.toggle("off", !line);
        if (line) {
          link.href = this.href(line);
          link.title = `${line.id} ${line.scene}, ${line.view}`;
        } else link.removeAttribute("href");
      }
      document.getElementById("place").textContent = found.place ? `${found.place} of ${found.count}` : "";
      this.renewViews();
    }

    renewViews() {
      const place = document.getElementById("views");
      place.replaceChildren();
      for (const line of views(this.index, this.scene)) {
        const here = line.key === this.scene.key;
        const item = document.createElement("a");
        item.textContent = line.view;
        item.href = here ? "#" : this.href(line);
        if (here) item.setAttribute("aria-current", "page");
        place.append(item);
      }
      place.hidden = place.children.length < 2;
    }

    go(name) {
      if (this.links[name].hasAttribute("href")) location.href = this.links[name].href;
    }
  }

  Object.assign(P, { Neighbours, ordered });
})((window.PIQ_PLAYER = window.PIQ_PLAYER || {}));
