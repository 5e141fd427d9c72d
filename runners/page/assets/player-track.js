"use strict";
// One video that follows the common clock. It tells which frame is truly on the screen, where the browser can.
(function (P) {
  // Longest waits, in ms: for a frame that was asked for, and for its picture once the browser says `seeked`.
  const FRAME_WAIT = 2500;
  const PICTURE_WAIT = 400;
  const TELLS_FRAMES = "requestVideoFrameCallback" in HTMLVideoElement.prototype;

  class Track {
    /** `fps` of the file, `frames` in it (null: from its length), `changed(track)` is called for each new frame or state. */
    constructor(fps, frames, changed) {
      this.fps = fps || 30;
      this.frames = frames || null;
      this.changed = changed;
      this.shown = null; // the number of the frame on the screen
      this.failed = false;
      this.source = null;
      this.awaited = null; // {frame, finish} of the seek under way
      this.video = document.createElement("video");
      Object.assign(this.video, { muted: true, playsInline: true, preload: "none", disablePictureInPicture: true });
      this.video.setAttribute("aria-hidden", "true"); // its figure has the words
      this.video.addEventListener("error", () => this.fail());
      this.video.addEventListener("loadedmetadata", () => this.measure());
      this.watch();
    }

    get live() {
      return this.source !== null && !this.failed;
    }

    /** A server that can't send parts of a file: the browser then goes back to the first frame at every seek. */
    get fixed() {
      const { seekable } = this.video;
      return this.loaded && (seekable.length === 0 || seekable.end(seekable.length - 1) === 0);
    }

    get loaded() {
      return this.live && this.video.readyState >= HTMLMediaElement.HAVE_METADATA;
    }

    get playable() {
      return this.live && this.video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA;
    }

    /** Take a file up, or let go of it and its decoder (null). */
    load(source) {
      if (source === this.source) return;
      this.settle();
      this.source = source;
      this.shown = null;
      this.failed = false;
      if (source === null) {
        this.video.removeAttribute("src");
        this.video.preload = "none";
        this.video.load(); // without it the decoder is kept
        this.video.dispatchEvent(new Event("released"));
      } else {
        this.video.preload = "auto";
        this.video.src = source;
      }
      this.changed(this);
    }

    fail() {
      if (this.source === null) return; // told of the file that was let go
      this.failed = true;
      this.settle();
      this.changed(this);
    }

    measure() {
      if (!this.frames && Number.isFinite(this.video.duration)) this.frames = Math.round(this.video.duration * this.fps);
      this.changed(this);
    }

    frameAt(t) {
      return Math.max(0, Math.min(Math.floor(t * this.fps + 1e-6), (this.frames || Infinity) - 1));
    }

    /** Number each frame as it is painted: a seek is over only when its picture is there. */
    watch() {
      if (!TELLS_FRAMES) return;
      const see = (now, picture) => {
        this.see(Math.round(picture.mediaTime * this.fps));
        this.video.requestVideoFrameCallback(see);
      };
      this.video.requestVideoFrameCallback(see);
    }

    see(frame) {
      if (!this.live) return;
      this.shown = frame;
      if (this.awaited && this.awaited.frame === frame) this.settle();
      this.changed(this);
    }

    settle() {
      if (this.awaited) this.awaited.finish();
      this.awaited = null;
    }

    /** Show the frame of time `t`; resolves when it is on the screen, or after a while. */
    seek(t) {
      if (!this.loaded) return Promise.resolve(); // it is sought again once it is loaded
      const frame = this.frameAt(t);
      if (this.awaited && this.awaited.frame === frame) return this.awaited.promise;
      this.settle();
      const middle = (frame + 0.5) / this.fps;
      // One that has just been paused may still paint the frame after: it is sought even where the number is right.
      const there = Math.abs(this.video.currentTime - middle) < 1e-3 && !this.video.seeking;
      if (there && this.shown === frame) return Promise.resolve();
      const wait = { frame };
      this.awaited = wait;
      wait.promise = new Promise((resolve) => {
        const sought = () => {
          if (!TELLS_FRAMES) this.see(frame);
          else timers.push(setTimeout(() => this.awaited === wait && this.settle(), PICTURE_WAIT));
        };
        const timers = [setTimeout(() => this.awaited === wait && this.settle(), FRAME_WAIT)];
        wait.finish = () => {
          timers.forEach(clearTimeout);
          this.video.removeEventListener("seeked", sought);
          resolve();
        };
        this.video.addEventListener("seeked", sought, { once: true });
        // The frame's middle: a third of the seeks to its beginning end in the frame before.
        this.video.currentTime = middle;
      });
      return wait.promise;
    }

    /** Resolves once it could play, has failed, or `ms` have passed. */
    ready(ms) {
      if (!this.live || this.playable) return Promise.resolve();
      return new Promise((resolve) => {
        const names = ["canplay", "error", "released"];
        const done = () => {
          clearTimeout(timer);
          names.forEach((name) => this.video.removeEventListener(name, done));
          resolve();
        };
        const timer = setTimeout(done, ms);
        names.forEach((name) => this.video.addEventListener(name, done));
      });
    }

    play(speed) {
      this.video.playbackRate = speed;
      return this.video.play().catch(() => {}); // paused or let go while it was starting
    }
  }

  P.Track = Track;
})((window.PIQ_PLAYER = window.PIQ_PLAYER || {}));
