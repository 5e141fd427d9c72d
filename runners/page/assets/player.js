"use strict";
// A scenario's page: one state, from the address and back to it; players, curves and controls follow.
(function (P) {
  const scene = window.PIQ_SCENE;
  const index = window.PIQ || { models: [], scenes: [] };
  const UP = "../";
  const SECONDS = 5;

  class App {
    constructor() {
      this.colours = new Map(index.models.map((model) => [model.key, model.colour]));
      this.state = P.address.read(location.hash);
      this.clock = new P.Clock(() => this.move());
      const first = scene.players.find((player) => player.id === "take1") || null;
      this.cells = scene.players.map((player) => {
        const figure = document.querySelector(`[data-player="${CSS.escape(player.id)}"]`);
        if (player.model) figure.style.setProperty("--colour", this.colours.get(player.model) || "");
        return new P.Cell(figure, player, first, UP, this.clock);
      });
      this.set = this.set.bind(this);
      this.curves = new P.Curves(scene, this.colours, this.clock, (t) => this.clock.seek(t));
      this.controls = new P.Controls(this);
      this.neighbours = new P.Neighbours(index, scene, () => this.told());
      this.apply();
      this.clock.seek(this.state.t);
      this.watched = P.Cell.watch(this.cells);
      window.addEventListener("hashchange", () => this.reread());
      document.documentElement.dataset.ready = "";
    }

    /** What the address tells. */
    told() {
      return { ...this.state, t: this.clock.t, frame: this.clock.frame };
    }

    reread() {
      this.state = P.address.read(location.hash);
      this.apply();
      this.clock.seek(this.state.t);
    }

    set(part) {
      Object.assign(this.state, part);
      this.apply();
    }

    /** A way to look that can't be had is refused; the control says why. */
    look(part) {
      const name = Object.keys(part)[0];
      const why = part[name] && part[name] !== "grid" ? this.why(name) : "";
      if (why) return void (document.getElementById("looks-note").textContent = `${why}.`);
      this.set(part);
    }

    /** Why a way to look can't be had; "" if it can. */
    why(name) {
      const with_ = (kind) => scene.players.some((player) => player[kind]);
      const first = scene.players.find((player) => player.id === "take1");
      if (name === "masks") return with_("masks") ? "" : "This report holds no motion masks of these clips";
      if (name === "full") return with_("clip") ? "" : "This report holds previews only (report.media=preview)";
      return first && first.preview ? "" : "Take 1 is not in this report";
    }

    explain() {
      const { mode } = this.state;
      const masks = this.state.masks && !this.why("masks");
      const told = [];
      if (mode === "difference") told.push("Black is where a clip is the same as take 1 at this moment.");
      if (mode === "overlay") told.push("Left of the edge take 1, right of it the clip; drag on a clip.");
      if (masks) told.push("Orange moved in the clip, blue in take 1, white in both.");
      return told.join(" ");
    }

    usual(player) {
      if (player.kind === "truth") return true;
      const runs = scene.players.filter((other) => other.model === player.model).map((other) => other.run);
      return player.run === Math.min(...runs);
    }

    get shown() {
      const { show } = this.state;
      return this.cells.filter((cell) => (show === null ? this.usual(cell.data) : show.includes(cell.id)));
    }

    choose(id) {
      const ids = this.shown.map((cell) => cell.id);
      this.set({ show: ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id] });
    }

    /** Everything follows the state. */
    apply() {
      const { state, clock, cells } = this;
      const shown = this.shown;
      const mode = this.why("mode") ? "grid" : state.mode;
      const playable = shown.filter((cell) => cell.playable);
      const seconds = playable.map((cell) => (cell.data.frames || SECONDS * cell.main.fps) / cell.main.fps);
      clock.measure(Math.max(...playable.map((cell) => cell.main.fps), playable.length ? 0 : 30), Math.max(...seconds, seconds.length ? 0 : SECONDS));
      for (const cell of cells) cell.show(shown.includes(cell), { ...state, mode });
      document.getElementById("players").dataset.count = String(shown.length);
      clock.loop = state.loop;
      if (clock.speed !== state.speed) clock.setSpeed(state.speed);
      this.curves.draw(shown.map((cell) => cell.data));
      this.controls.renew();
      this.move();
      this.neighbours.renew();
    }

    step(frames) {
      return this.clock.step(frames, Number(this.state.step) || null);
    }

    /** With every frame. */
    move() {
      if (!this.controls) return; // still being made
      this.controls.move();
      this.curves.move();
      if (!this.clock.playing) P.address.write(() => this.told());
    }

    faster(by) {
      const speeds = [...document.getElementById("speed").options].map((option) => Number(option.value));
      const at = speeds.indexOf(this.state.speed) + by;
      if (speeds[at]) this.set({ speed: speeds[at] });
    }

    keys() {
      const { clock } = this;
      const second = (by) => () => clock.seek(Math.max(0, Math.min(clock.t + by, clock.middle(clock.count - 1))));
      const mode = (name) => () => this.look({ mode: this.state.mode === name ? "grid" : name });
      return {
        " ": () => clock.toggle(),
        ArrowLeft: () => this.step(-1),
        ArrowRight: () => this.step(1),
        "Shift+ArrowLeft": second(-1),
        "Shift+ArrowRight": second(1),
        Home: () => clock.seek(0),
        End: () => clock.seek(clock.middle(clock.count - 1)),
        g: () => this.look({ mode: "grid" }),
        d: mode("difference"),
        o: mode("overlay"),
        m: () => this.look({ masks: !this.state.masks }),
        f: () => this.look({ full: !this.state.full }),
        l: () => this.set({ loop: !this.state.loop }),
        "<": () => this.faster(-1),
        ">": () => this.faster(1),
        n: () => this.neighbours.go("next"),
        "]": () => this.neighbours.go("next"),
        p: () => this.neighbours.go("previous"),
        "[": () => this.neighbours.go("previous"),
        "?": () => document.getElementById("help").showModal(),
      };
    }

    /** Every shown player's frame that is on the screen, by its id; null where none is. */
    frames() {
      return Object.fromEntries(this.shown.map((cell) => [cell.id, cell.main.shown]));
    }

    /** All that is to be seen at first is there, or has failed. */
    async arrived() {
      await this.watched;
      await Promise.all(this.clock.live().map((track) => track.ready(10000)));
      await this.clock.settle();
    }
  }

  const app = new App();
  P.keys.listen(app.keys());
  // For tests, and for those who script the page.
  Object.assign(P, {
    app,
    ready: app.arrived(),
    time: () => app.clock.t,
    frames: () => app.frames(),
    playing: () => app.clock.playing,
    seek: (t) => app.clock.seek(t),
    step: (frames) => app.step(frames),
    play: () => app.clock.play(),
    pause: () => app.clock.pause(),
  });
})((window.PIQ_PLAYER = window.PIQ_PLAYER || {}));
