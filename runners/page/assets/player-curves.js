"use strict";
// The curves under the players and their legend, which tells every line's value at the moment that is shown.
(function (P) {
  const METRICS = ["iou", "mse"];
  const DIGITS = { iou: 3, mse: 5 };

  function cell(tag, text, name) {
    const element = document.createElement(tag);
    element.textContent = text;
    if (name) element.className = name;
    return element;
  }

  class Curves {
    /** `colours`: by the model's key. `moment` has .t, .frame, .count and .end; `sought(t)` goes there. */
    constructor(scene, colours, moment, sought) {
      Object.assign(this, { scene, colours, moment, sought });
      this.body = document.querySelector("#legend tbody");
      this.charts = [];
      this.rows = [];
      for (const svg of document.querySelectorAll("#charts svg")) new P.Chart(svg, 1, [], 1).listen((share) => sought(share * this.seconds));
    }

    get seconds() {
      return this.moment.end;
    }

    /** A line's samples: frame k lies over (k + 0.5) / fps. */
    line(values, fps, more) {
      return { values, fps: fps || values.length / 5, ...more };
    }

    /** Draw the lines of these players. */
    draw(players) {
      const models = players.filter((player) => player.kind === "model");
      const variance = this.scene.variance;
      const some = Boolean(variance) || models.some((player) => player.mse || player.iou);
      document.getElementById("charts").hidden = document.getElementById("legend").hidden = !some;
      document.getElementById("no-curves").hidden = some;
      if (!some) return;
      this.charts = METRICS.map((metric) => {
        const svg = document.querySelector(`#charts svg[data-metric=${metric}]`);
        const lines = models.filter((player) => player[metric]).map((player) => {
          return this.line(player[metric], player.fps, { colour: this.colours.get(player.model), run: player.run });
        });
        if (variance && variance[metric]) lines.unshift(this.line(variance[metric], variance.fps, { grey: true }));
        const chart = new P.Chart(svg, this.seconds, lines, metric === "iou" ? 1 : null);
        document.querySelector(`[data-top=${metric}]`).textContent = String(chart.top);
        this.label(document.querySelector(`[data-seconds=${metric}]`));
        return chart;
      });
      this.list(models, variance);
      this.move();
    }

    label(place) {
      const seconds = Math.floor(this.seconds + 1e-6);
      place.replaceChildren(...Array.from({ length: seconds + 1 }, (_, second) => {
        const label = cell("span", second === seconds ? `${second} s` : String(second));
        label.style.left = `${(100 * second) / this.seconds}%`;
        return label;
      }));
    }

    list(models, variance) {
      this.rows = [];
      this.body.replaceChildren();
      if (variance) this.row([cell("span", "physical variance")], 1, null, variance);
      for (const player of models) {
        const name = document.querySelector(`[data-player="${CSS.escape(player.id)}"] .name`);
        this.row([...name.cloneNode(true).childNodes], player.run, this.colours.get(player.model), player);
      }
    }

    row(name, run, colour, series) {
      const row = document.createElement("tr");
      const head = cell("th", "");
      head.scope = "row";
      const swatch = cell("span", "", colour ? "swatch" : "swatch variance");
      if (colour) swatch.style.setProperty("--colour", colour);
      if (run > 1) swatch.dataset.run = String(((run - 1) % 4) + 1);
      head.append(swatch, ...name);
      row.append(head);
      if (series.iou || series.mse) {
        const cells = METRICS.map(() => cell("td", "", "number"));
        row.append(...cells);
        this.rows.push({ series, cells });
      } else {
        const none = cell("td", series.failed ? `${series.failed.kind}: no clip` : "no curves: not scored frame by frame", "quiet");
        none.colSpan = 2;
        row.append(none);
      }
      this.body.append(row);
    }

    /** Follow the clock: cursors, and the legend's values. */
    move() {
      for (const chart of this.charts) {
        chart.move(this.moment.t);
        chart.svg.setAttribute("aria-valuenow", String(this.moment.frame + 1));
        chart.svg.setAttribute("aria-valuemax", String(this.moment.count));
        chart.svg.setAttribute("aria-valuetext", `frame ${this.moment.frame + 1} of ${this.moment.count}`);
      }
      for (const { series, cells } of this.rows) {
        METRICS.forEach((metric, n) => {
          const values = series[metric];
          const fps = series.fps || (values && values.length / 5);
          const value = values && values[Math.min(values.length - 1, Math.floor(this.moment.t * fps + 1e-6))];
          const text = typeof value === "number" ? value.toFixed(DIGITS[metric]) : "–";
          if (cells[n].textContent !== text) cells[n].textContent = text;
        });
      }
    }
  }

  P.Curves = Curves;
})((window.PIQ_PLAYER = window.PIQ_PLAYER || {}));
