"use strict";
// Lines over the five seconds, drawn once as SVG, with a cursor that moves and a place to click.
(function (P) {
  const SVG = "http://www.w3.org/2000/svg";
  const WIDTH = 1000;
  const HEIGHT = 200;
  const DASHES = ["", "7 4", "2 3", "9 3 2 3"]; // runs of a model share its colour

  function make(name, attributes) {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  }

  /** A round number at or above a value: 1, 2 or 5 times a power of ten. */
  function ceiling(value) {
    if (!(value > 0)) return 1;
    const power = 10 ** Math.floor(Math.log10(value));
    return [1, 2, 5, 10].map((step) => step * power).find((top) => top >= value * 0.9999);
  }

  class Chart {
    /** `svg` is empty; `series`: [{values, fps, colour, run, grey}], `top` the axis' end or null to find it. */
    constructor(svg, seconds, series, top) {
      this.svg = svg;
      this.seconds = seconds;
      const highest = series.reduce((most, line) => line.values.reduce((a, b) => Math.max(a, b), most), 0);
      this.top = top || ceiling(highest);
      svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
      svg.setAttribute("preserveAspectRatio", "none"); // stretched with the page; strokes are not
      svg.replaceChildren(...this.grid(), ...series.map((line) => this.path(line)));
      this.cursor = make("line", { class: "cursor", y1: 0, y2: HEIGHT, x1: 0, x2: 0, "vector-effect": "non-scaling-stroke" });
      svg.append(this.cursor);
    }

    x(t) {
      return (t / this.seconds) * WIDTH;
    }

    y(value) {
      return HEIGHT - 2 - (Math.min(value, this.top) / this.top) * (HEIGHT - 4);
    }

    grid() {
      const lines = [];
      const add = (x1, y1, x2, y2) =>
        lines.push(make("line", { class: "grid", x1, y1, x2, y2, "vector-effect": "non-scaling-stroke" }));
      for (let second = 0; second <= this.seconds; second++) add(this.x(second), 0, this.x(second), HEIGHT);
      for (const share of [0, 0.5, 1]) add(0, this.y(share * this.top), WIDTH, this.y(share * this.top));
      return lines;
    }

    path(line) {
      const points = line.values.map((value, k) => `${this.x((k + 0.5) / line.fps).toFixed(1)},${this.y(value).toFixed(1)}`);
      const path = make("path", { class: line.grey ? "line variance" : "line", d: `M${points.join("L")}`, "vector-effect": "non-scaling-stroke" });
      if (!line.grey) path.style.stroke = line.colour;
      const dash = DASHES[((line.run || 1) - 1) % DASHES.length];
      if (dash) path.setAttribute("stroke-dasharray", dash);
      return path;
    }

    move(t) {
      const x = this.x(t).toFixed(1);
      this.cursor.setAttribute("x1", x);
      this.cursor.setAttribute("x2", x);
    }

    /** Press or drag: `sought(t)`. */
    listen(sought) {
      const at = (event) => {
        const frame = this.svg.getBoundingClientRect();
        sought(Math.max(0, Math.min(1, (event.clientX - frame.left) / frame.width)) * this.seconds);
      };
      this.svg.addEventListener("pointerdown", (event) => {
        this.svg.setPointerCapture(event.pointerId);
        at(event);
      });
      this.svg.addEventListener("pointermove", (event) => this.svg.hasPointerCapture(event.pointerId) && at(event));
    }
  }

  P.Chart = Chart;
})((window.PIQ_PLAYER = window.PIQ_PLAYER || {}));
