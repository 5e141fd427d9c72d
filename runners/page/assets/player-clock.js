"use strict";
// One clock in seconds for videos of any rate: they start together, are kept together, and stop on the same moment.
(function (P) {
  const START_WAIT = 4000; // ms; a video that is slower than this starts later and catches up
  const CHECK_EVERY = 200; // ms between two looks at who lags
  const JUMP = 0.25; // s; beyond it a laggard is sought, below it is played faster
  const JUMP_EVERY = 1500; // ms; each jump costs a laggard time, which must not become its next lag
  const PULL = 0.1; // a laggard's speed is changed by at most this share

  class Clock {
    /** `changed(clock)` is called whenever the time or the state is another. */
    constructor(changed) {
      this.changed = changed;
      this.tracks = new Set();
      this.t = 0;
      this.playing = false; // what was asked for; `running` is whether the videos do, which they don't while all are sought
      this.running = false;
      this.speed = 1;
      this.loop = false;
      this.fps = 30; // the finest rate: steps and the scrub bar count by it
      this.count = 150;
      this.turn = 0; // each play, pause and seek while playing is a new turn; what an old one awaited is dropped
      this.wanted = null;
      this.seeking = null;
      this.checked = 0;
      this.jumped = new WeakMap();
    }

    get end() {
      return this.count / this.fps;
    }

    get frame() {
      return Math.max(0, Math.min(this.count - 1, Math.floor(this.t * this.fps + 1e-6)));
    }

    /** Time is told as the middle of a frame, so that every rate finds the same frame again. */
    middle(frame) {
      return (Math.max(0, Math.min(this.count - 1, frame)) + 0.5) / this.fps;
    }

    measure(fps, seconds) {
      this.fps = fps;
      this.count = Math.max(1, Math.round(seconds * fps));
      if (!this.playing) this.t = this.middle(this.frame);
    }

    add(track) {
      this.tracks.add(track);
      track.video.addEventListener("loadeddata", () => this.playing || track.seek(this.t));
      track.video.addEventListener("canplay", () => this.join(track));
      track.video.addEventListener("waiting", () => this.stall(track));
    }

    live() {
      return [...this.tracks].filter((track) => track.live);
    }

    /** Who is followed while playing: the longest of those that play. */
    lead() {
      const running = this.live().filter((track) => track.loaded && !track.video.paused);
      const length = (track) => (track.frames || 0) / track.fps;
      return running.reduce((best, track) => (best && length(best) >= length(track) ? best : track), null);
    }

    /** A video that comes later: to the clock's moment, and along. */
    join(track) {
      const over = track.frames && this.t >= track.frames / track.fps;
      if (!this.running || !track.playable || !track.video.paused || over) return;
      track.video.currentTime = this.t;
      track.play(this.speed);
    }

    /** One that has run dry halts all, for a moment: else it would lag behind for good. */
    stall(track) {
      const turn = this.turn;
      setTimeout(() => {
        if (turn !== this.turn || !this.running || !track.live || track.playable || track.video.seeking) return;
        this.start(this.t);
      }, CHECK_EVERY);
    }

    halt() {
      this.running = false;
      this.tracks.forEach((track) => track.video.pause());
    }

    /** All to one moment; asked again while it is at it, it goes to the newest moment only. */
    seek(t) {
      this.t = this.middle(Math.floor(t * this.fps + 1e-6));
      this.changed(this);
      if (this.playing) return this.start(this.t);
      return this.settle();
    }

    settle() {
      this.wanted = this.t;
      if (!this.seeking) this.seeking = this.seekAll();
      return this.seeking;
    }

    async seekAll() {
      while (this.wanted !== null) {
        const t = this.wanted;
        this.wanted = null;
        await Promise.all(this.live().map((track) => track.seek(t)));
      }
      this.seeking = null;
    }

    step(frames, fps) {
      const rate = fps || this.fps;
      const t = (Math.floor(this.t * rate + 1e-6) + frames + 0.5) / rate;
      this.pause();
      return this.seek(Math.max(0, Math.min(t, this.middle(this.count - 1))));
    }

    toggle() {
      return this.playing ? this.pause() : this.play();
    }

    play() {
      if (this.playing) return Promise.resolve();
      return this.start(this.frame >= this.count - 1 ? 0 : this.t);
    }

    /** From a moment on: all there, all ready, then all at once. */
    async start(t) {
      const turn = ++this.turn;
      this.playing = true;
      this.halt();
      this.t = this.middle(Math.floor(t * this.fps + 1e-6));
      this.changed(this);
      await this.settle();
      await Promise.all(this.live().map((track) => track.ready(START_WAIT)));
      if (turn !== this.turn) return;
      await Promise.all(this.live().map((track) => track.playable && track.play(this.speed)));
      if (turn !== this.turn) return;
      this.running = true;
      this.last = performance.now();
      this.checked = this.last;
      requestAnimationFrame((now) => this.follow(turn, now));
    }

    pause() {
      if (!this.playing) return this.settle();
      this.turn++;
      const lead = this.lead();
      if (lead) this.t = lead.video.currentTime;
      this.playing = false;
      this.halt();
      return this.seek(this.t);
    }

    follow(turn, now) {
      if (turn !== this.turn) return;
      const lead = this.lead();
      // Without any video the clock itself goes on: the curves can be played alone.
      this.t = lead ? lead.video.currentTime : this.t + (this.speed * (now - this.last)) / 1000;
      this.last = now;
      const over = this.t >= this.middle(this.count - 1) || this.live().some((track) => track.video.ended && this.longest(track));
      if (over) return void this.finish();
      if (now - this.checked > CHECK_EVERY) {
        this.checked = now;
        this.gather(lead, now);
      }
      this.changed(this);
      requestAnimationFrame((next) => this.follow(turn, next));
    }

    longest(track) {
      return (track.frames || 0) / track.fps >= this.end - 0.5 / this.fps;
    }

    finish() {
      if (this.loop) return this.start(0);
      this.turn++;
      this.playing = false;
      this.halt();
      return this.seek(this.middle(this.count - 1));
    }

    /** Laggards faster, leaders slower, and those far off straight to the moment. */
    gather(lead, now) {
      for (const track of lead ? this.live() : []) {
        const video = track.video;
        if (video.paused) this.join(track);
        if (track === lead || video.paused || video.ended || video.seeking) continue;
        const lag = lead.video.currentTime - video.currentTime;
        if (Math.abs(lag) > JUMP && now - (this.jumped.get(track) || 0) > JUMP_EVERY) {
          this.jumped.set(track, now);
          video.currentTime = lead.video.currentTime;
          continue;
        }
        const off = Math.abs(lag) > 0.4 / this.fps;
        const rate = this.speed * (off ? 1 + Math.max(-PULL, Math.min(PULL, 2 * lag)) : 1);
        if (Math.abs(video.playbackRate - rate) > 0.005) video.playbackRate = rate;
      }
    }

    setSpeed(speed) {
      this.speed = speed;
      this.tracks.forEach((track) => (track.video.playbackRate = speed));
      this.changed(this);
    }
  }

  P.Clock = Clock;
})((window.PIQ_PLAYER = window.PIQ_PLAYER || {}));
