"use strict";
// Buttons, sliders and chips: they show the state, and ask for another. None of them keeps a state of its own.
(function (P) {
  const get = (id) => document.getElementById(id);

  function press(button, on) {
    button.setAttribute("aria-pressed", String(on));
  }

  /** A switch that can't be used says why; it stays focusable, so that the reason can be found by keyboard. */
  function allow(button, why) {
    button.setAttribute("aria-disabled", String(Boolean(why)));
    button.title = why || "";
  }

  class Controls {
    /** `app`: state, clock, cells and set(part of the state). */
    constructor(app) {
      this.app = app;
      const { clock, set } = app;
      get("play").addEventListener("click", () => clock.toggle());
      get("back").addEventListener("click", () => app.step(-1));
      get("forth").addEventListener("click", () => app.step(1));
      get("scrub").addEventListener("input", (event) => clock.seek(clock.middle(Number(event.target.value))));
      get("speed").addEventListener("change", (event) => set({ speed: Number(event.target.value) }));
      get("loop").addEventListener("click", () => set({ loop: !app.state.loop }));
      get("step").addEventListener("change", (event) => set({ step: event.target.value || null }));
      get("order").addEventListener("change", (event) => set({ order: event.target.value }));
      get("gain").addEventListener("input", (event) => set({ gain: Number(event.target.value) }));
      get("wipe").addEventListener("input", (event) => set({ wipe: Number(event.target.value) }));
      get("help-button").addEventListener("click", () => get("help").showModal());
      for (const name of ["masks", "full"]) get(name).addEventListener("click", () => app.look({ [name]: !app.state[name] }));
      for (const button of get("modes").children) button.addEventListener("click", () => app.look({ mode: button.dataset.mode }));
      this.chips();
      this.wiping();
      this.conditioning();
    }

    chips() {
      this.buttons = this.app.cells.map((cell) => {
        const chip = document.createElement("button");
        chip.type = "button";
        chip.className = "chip";
        chip.dataset.chip = cell.id;
        const swatch = cell.figure.querySelector(".swatch").cloneNode();
        swatch.style.setProperty("--colour", cell.figure.style.getPropertyValue("--colour"));
        chip.append(swatch, cell.figure.querySelector(".name").cloneNode(true));
        chip.title = "Show or hide; with a double click this one alone, beside take 1";
        chip.addEventListener("click", () => this.app.choose(cell.id));
        chip.addEventListener("dblclick", () => this.app.set({ show: [...new Set(["take1", cell.id])] }));
        return chip;
      });
      const usual = document.createElement("button");
      usual.type = "button";
      usual.className = "plain";
      usual.id = "chips-usual";
      usual.textContent = "first runs";
      usual.addEventListener("click", () => this.app.set({ show: null }));
      const all = usual.cloneNode();
      all.id = "chips-all";
      all.textContent = "all";
      all.addEventListener("click", () => this.app.set({ show: this.app.cells.map((cell) => cell.id) }));
      get("chips").append(...this.buttons, usual, all);
    }

    /** In the overlay the edge follows a pointer that is pressed on a clip. */
    wiping() {
      const wipe = (event) => {
        const stage = event.target.closest(".stage[data-mode=overlay]");
        if (!stage || !(event.buttons & 1)) return;
        const frame = stage.getBoundingClientRect();
        this.app.set({ wipe: Math.round(Math.max(0, Math.min(100, (100 * (event.clientX - frame.left)) / frame.width))) });
      };
      get("players").addEventListener("pointerdown", wipe);
      get("players").addEventListener("pointermove", wipe);
    }

    conditioning() {
      const place = get("conditioning");
      const [image, video] = [place.querySelector("img"), place.querySelector("video")];
      for (const button of place.querySelectorAll("[data-conditioning]")) {
        button.addEventListener("click", () => {
          const clip = button.dataset.conditioning === "clip";
          if (clip && !video) return;
          if (clip && !video.src) video.src = video.dataset.src;
          if (image) image.hidden = clip;
          if (video) video.hidden = !clip;
          if (video && !clip) video.pause();
          for (const other of place.querySelectorAll("[data-conditioning]")) press(other, other === button);
        });
      }
    }

    /** The whole state, on every control. */
    renew() {
      const { state, cells, shown } = this.app;
      this.buttons.forEach((chip, n) => press(chip, shown.includes(cells[n])));
      for (const button of get("modes").children) {
        press(button, button.dataset.mode === state.mode);
        allow(button, button.dataset.mode === "grid" ? "" : this.app.why("mode"));
      }
      for (const name of ["masks", "full"]) {
        press(get(name), state[name]);
        allow(get(name), this.app.why(name));
      }
      press(get("loop"), state.loop);
      get("speed").value = String(state.speed);
      get("order").value = state.order;
      get("gain").value = String(state.gain);
      get("wipe").value = String(state.wipe);
      get("gain-value").textContent = `×${state.gain}`;
      get("gain-place").hidden = state.mode !== "difference";
      get("wipe-place").hidden = state.mode !== "overlay";
      get("players").style.setProperty("--gain", state.gain);
      get("players").style.setProperty("--wipe", `${state.wipe}%`);
      get("looks-note").textContent = this.app.explain();
      this.steps();
    }

    /** What a step is: a choice only where rates differ. */
    steps() {
      const { shown, clock, state } = this.app;
      const rates = [...new Set(shown.filter((cell) => cell.playable).map((cell) => cell.main.fps))].sort((a, b) => b - a);
      get("step-place").hidden = rates.length < 2;
      get("step").replaceChildren(...rates.map((rate) => new Option(`1/${rate} s`, rate === clock.fps ? "" : String(rate))));
      get("step").value = rates.includes(Number(state.step)) ? state.step : "";
    }

    /** What changes with every frame. */
    move() {
      const { clock } = this.app;
      const text = `frame ${clock.frame + 1} of ${clock.count}`;
      const scrub = get("scrub");
      scrub.max = String(clock.count - 1);
      scrub.value = String(clock.frame);
      scrub.setAttribute("aria-valuetext", text);
      get("now").textContent = `${(clock.frame / clock.fps).toFixed(2)} s · ${text}`;
      const play = get("play");
      if (play.dataset.playing !== String(clock.playing)) {
        play.dataset.playing = String(clock.playing);
        play.setAttribute("aria-label", clock.playing ? "Pause" : "Play");
      }
    }
  }

  P.Controls = Controls;
})((window.PIQ_PLAYER = window.PIQ_PLAYER || {}));
