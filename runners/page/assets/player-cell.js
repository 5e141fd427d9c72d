"use strict";
// One player's place: its clip, and what is laid over it (take 1 below, motion masks above), each a track of the clock.
(function (P) {
  const FAR = "600px 0px"; // how far outside the window a player is made ready, so that scrolling finds pictures
  const LEFT_FOR = 1500; // ms it has to be out of there before its decoder goes

  function box(name, ...inside) {
    const element = document.createElement("div");
    element.className = name;
    element.append(...inside);
    return element;
  }

  class Cell {
    /** `figure` from the page, `data` its player of the payload, `first` that of take 1 or null, `up` the way to the files. */
    constructor(figure, data, first, up, clock) {
      this.figure = figure;
      this.data = data;
      this.first = first && first.id !== data.id && first.preview ? first : null;
      this.up = up;
      this.stage = figure.querySelector(".stage");
      this.told = figure.querySelector("[data-frame]");
      this.note = figure.querySelector("[data-note]");
      this.wanted = false; // chosen by the reader
      this.near = false; // in the window, or almost
      this.look = { mode: "grid", masks: false, full: false };
      this.main = this.track(data, clock);
      this.main.video.className = "main";
      this.clips = box("clips", this.main.video);
      this.stage.append(this.clips);
      this.layers = {}; // made when first needed: a decoder each
    }

    track(player, clock) {
      this.clock = clock;
      const track = new P.Track(player.fps, player.frames, () => this.tell());
      clock.add(track);
      return track;
    }

    get id() {
      return this.data.id;
    }

    /** Whether it has anything to play. */
    get playable() {
      return Boolean(this.data.preview || this.data.clip);
    }

    layer(name, player, place) {
      if (!this.layers[name]) {
        const track = this.track(player, this.clock);
        track.video.className = name;
        this.layers[name] = track;
        place(track.video);
      }
      return this.layers[name];
    }

    /** Watch which figures are near the window, where browsers tell; resolves when it is known for the first time. */
    static watch(cells) {
      if (!("IntersectionObserver" in window) || !cells.length) {
        cells.forEach((cell) => cell.come(true));
        return Promise.resolve();
      }
      const by = new Map(cells.map((cell) => [cell.figure, cell]));
      return new Promise((resolve) => {
        const seen = (entries) => {
          entries.forEach((entry) => by.get(entry.target).come(entry.isIntersecting));
          resolve();
        };
        const observer = new IntersectionObserver(seen, { rootMargin: FAR });
        cells.forEach((cell) => observer.observe(cell.figure));
      });
    }

    come(near) {
      clearTimeout(this.leaving);
      const turn = () => {
        this.near = near;
        this.arrange();
      };
      if (near) turn();
      else this.leaving = setTimeout(turn, LEFT_FOR);
    }

    show(wanted, look) {
      this.wanted = wanted;
      this.look = look;
      this.figure.hidden = !wanted;
      this.arrange();
    }

    address(player, full) {
      const file = (full && player.clip) || player.preview || player.clip;
      return file ? this.up + file : null; // addresses are percent-encoded already
    }

    /** Files to the tracks that are looked at, none to the others. */
    arrange() {
      const on = this.wanted && this.near && this.playable;
      const { mode, masks, full } = this.look;
      const stacked = on && this.first && (mode === "difference" || mode === "overlay");
      this.stage.dataset.mode = this.first ? mode : "grid";
      this.main.load(on ? this.address(this.data, full) : null);
      this.lay("under", stacked, this.first, full && this.first && this.first.clip, (video) => this.clips.prepend(video));
      this.lay("mask", on && masks && this.data.masks, this.data, null, (video) => this.cover("own", video));
      const both = on && masks && this.first && this.first.masks;
      this.lay("mask-first", both, this.first, null, (video) => this.cover("first", video));
    }

    lay(name, on, player, clip, place) {
      if (!on && !this.layers[name]) return;
      const track = this.layer(name, player, place);
      const file = name.startsWith("mask") ? { preview: player.masks } : { preview: clip || player.preview };
      track.load(on ? this.address(file, false) : null);
      (track.video.closest(".cover") || track.video).hidden = !on;
    }

    /** A mask film is white on black: it is tinted, and lights up what has moved. */
    cover(name, video) {
      const cover = box("cover", video);
      cover.dataset.of = this.data.kind === "truth" ? "first" : name;
      this.stage.append(cover);
    }

    /** The frame that is on the screen, or why there is none. */
    tell() {
      if (!this.main) return;
      const { shown, frames, failed, live } = this.main;
      this.told.textContent = live && shown !== null ? `${shown + 1}${frames ? ` / ${frames}` : ""}` : "";
      this.stage.classList.toggle("blank", !live || shown === null);
      const fixed = this.main.fixed;
      this.note.hidden = !failed && !fixed && this.playable;
      if (failed) this.note.textContent = "The file of this clip could not be played: it was moved, or this browser does not know its format.";
      else if (fixed) this.note.textContent = "The server of this page can't send parts of a file (range requests), so clips can't be played in step. Open the page from disk, or use another server.";
    }
  }

  P.Cell = Cell;
})((window.PIQ_PLAYER = window.PIQ_PLAYER || {}));
