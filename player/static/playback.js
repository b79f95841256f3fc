/**
 * The director: at every moment it knows whose turn it is, has the next item ready in time, and
 * writes down what was on screen. Nothing can hold it up: what is missing or broken is noted and
 * something else of the loop takes its turn.
 *
 * @typedef {import("./schedule.js").Plan} Plan
 * @typedef {import("./schedule.js").Slot} Slot
 * @typedef {import("./casting.js").Cast} Cast
 *
 * @typedef {object} State
 * @property {"playing" | "nothing_scheduled" | "nothing_ready" | "no_plan"} kind
 * @property {number | null} [until] Unix ms at which something begins
 *
 * @typedef {object} OnScreen
 * @property {import("./schedule.js").Item | null} item null: a stretch of nothing to show
 * @property {import("./plays.js").Open} play
 * @property {() => void} release
 * @property {boolean} cut it was taken off before its turn was over
 */

import { carryOver, nextStart, slotAt } from "./schedule.js";

const PREPARE_EARLY_MS = 5000;
const LOOK_AGAIN_MS = 1000;
const STALLED_AFTER_MS = 10_000;
const PROGRESS_EVERY_MS = 5000;
const CLOCK_SLACK_MS = 2000;

export class Playback {
  #stage;
  #casting;
  #clock;
  #plays;
  /** @type {{plan: Plan, etag: string} | null} */
  #programme = null;
  /** @type {{slot: Slot, cast: Promise<Cast>, standIn: boolean} | null} */
  #upcoming = null;
  /** @type {OnScreen | null} */
  #onScreen = null;
  #wake = () => {};
  #heldUntil = 0;
  #broken = "";
  #missedTurn = "";
  #progressAt = 0;
  #video = { time: -1, since: 0 };
  /** Monotonic ms of the last sign of life. */
  beat = 0;
  /** Called with what the screen does, each time it begins something else. */
  onState = (/** @type {State} */ _state) => {};

  /**
   * @param {import("./stage.js").Stage} stage
   * @param {import("./casting.js").Casting} casting
   * @param {import("./clock.js").Clock} clock
   * @param {import("./plays.js").Plays} plays
   */
  constructor(stage, casting, clock, plays) {
    this.#stage = stage;
    this.#casting = casting;
    this.#clock = clock;
    this.#plays = plays;
    stage.onBroken = (error) => this.#break(error);
    casting.onTry = () => (this.beat = clock.monotonic());
    document.addEventListener("visibilitychange", () => this.#wake());
  }

  /** @param {Plan} plan @param {string} etag from now on */
  follow(plan, etag) {
    this.#programme = { plan, etag };
    this.#wake();
  }

  /** A file has come: whoever stands in for it in the next turn may step back. */
  lookAgain() {
    if (this.#upcoming?.standIn) this.#dropUpcoming();
    this.#wake();
  }

  /** What the heartbeat says is on screen, or null. */
  get nowPlaying() {
    if (!this.#onScreen?.item) return null;
    const { item, play } = this.#onScreen;
    const started_at = play.row.event.started_at;
    return { item_id: item.item_id, started_at, frame: this.#stage.frame };
  }

  /** Plays for ever. */
  async run() {
    for (;;) await this.#turn();
  }

  async #turn() {
    this.#broken = "";
    const programme = this.#programme;
    const at = this.#instant();
    const slot = programme && !document.hidden ? slotAt(programme.plan, at) : null;
    if (!programme || !slot) return this.#rest(at);
    const cast = await this.#cast(programme, slot, at);
    this.#beat();
    if (programme !== this.#programme || this.#clock.now() >= slot.endsAt) {
      return this.#discard(cast);
    }
    this.#noteMissed(cast, programme.etag);
    if (!cast.prepared || !cast.item) return this.#showNothing(slot, programme.etag);
    if (await this.#show(cast, programme.etag)) await this.#hold(slot);
  }

  // A correction of the clock by a hair must not give a turn that is over a second chance.
  #instant() {
    const now = this.#clock.now();
    const early = this.#heldUntil - now;
    return early > 0 && early < CLOCK_SLACK_MS ? this.#heldUntil : now;
  }

  /** @param {{plan: Plan, etag: string}} programme @param {Slot} slot @param {number} at */
  async #cast(programme, slot, at) {
    const upcoming = this.#upcoming;
    this.#upcoming = null;
    if (upcoming && sameTurn(upcoming.slot, slot)) return upcoming.cast;
    this.#drop(upcoming);
    return this.#casting.prepare(programme.plan, slot, at);
  }

  /** @param {Cast} cast @param {string} etag whether it came on screen */
  async #show(cast, etag) {
    const item = /** @type {import("./schedule.js").Item} */ (cast.item);
    try {
      await cast.prepared?.present();
    } catch (error) {
      this.#casting.distrust(item, /** @type {Error} */ (error).message);
      this.#discard(cast);
      return false;
    }
    this.#takeOff();
    const shown = { itemId: item.item_id, plannedMs: item.duration_ms, planEtag: etag };
    const play = this.#plays.open(shown);
    this.#onScreen = { item, play, release: cast.release, cut: false };
    this.#video = { time: -1, since: this.#clock.monotonic() };
    this.#broken = "";
    this.onState({ kind: "playing" });
    return true;
  }

  // Until the turn is over, or something takes the item off before.
  /** @param {Slot} slot */
  async #hold(slot) {
    let turn = slot;
    let programme = this.#programme;
    while (this.#clock.now() < turn.endsAt) {
      this.#prepareNext(turn);
      await this.#until(this.#upcoming ? turn.endsAt : turn.endsAt - PREPARE_EARLY_MS);
      if (this.#broken) return this.#takeOffBroken(turn);
      if (document.hidden) return this.#cut();
      if (programme === this.#programme || !this.#programme) continue;
      programme = this.#programme;
      const carried = carryOver(turn, programme.plan, this.#clock.now());
      this.#dropUpcoming();
      if (!carried) return this.#cut();
      turn = carried;
    }
    this.#heldUntil = turn.endsAt;
  }

  /** @param {Slot} turn */
  #prepareNext(turn) {
    const due = this.#clock.now() >= turn.endsAt - PREPARE_EARLY_MS;
    if (!due || this.#upcoming || !this.#programme) return;
    const { plan } = this.#programme;
    const slot = slotAt(plan, turn.endsAt);
    if (!slot) return;
    const cast = this.#casting.prepare(plan, slot, turn.endsAt);
    const upcoming = { slot, cast, standIn: false };
    cast.then(({ missed }) => (upcoming.standIn = missed !== null));
    this.#upcoming = upcoming;
  }

  // Nothing is scheduled, or nobody could see it.
  /** @param {number} at */
  async #rest(at) {
    this.#dropUpcoming();
    this.#takeOff();
    this.#stage.clear();
    const plan = this.#programme?.plan;
    const until = plan ? nextStart(plan, at) : null;
    this.onState({ kind: plan?.windows.length ? "nothing_scheduled" : "no_plan", until });
    await this.#until(Math.min(until ?? Infinity, at + LOOK_AGAIN_MS));
  }

  // Something is scheduled, and none of it can be shown.
  /** @param {Slot} slot @param {string} etag */
  async #showNothing(slot, etag) {
    if (this.#onScreen?.item !== null) {
      this.#takeOff();
      this.#stage.clear();
      const play = this.#plays.openFallback(etag);
      this.#onScreen = { item: null, play, release: () => {}, cut: false };
    }
    this.onState({ kind: "nothing_ready" });
    await this.#until(slot.endsAt);
  }

  /** @param {Cast} cast @param {string} etag */
  #noteMissed({ slot, missed }, etag) {
    const turn = `${slot.item.item_id} ${slot.startsAt}`;
    if (!missed || turn === this.#missedTurn) return;
    this.#missedTurn = turn;
    const { item_id: itemId, duration_ms: plannedMs } = slot.item;
    this.#plays.miss({ itemId, plannedMs, planEtag: etag }, missed.result, missed.error);
  }

  #takeOff(failed = "") {
    const { play, release, cut } = this.#onScreen ?? {};
    if (play) this.#plays.close(play, failed ? { failed } : { cut });
    release?.();
    this.#onScreen = null;
  }

  // The row that it has says why: the turn needs no second one.
  /** @param {Slot} slot */
  #takeOffBroken(slot) {
    const item = this.#onScreen?.item;
    if (item) this.#casting.distrust(item, this.#broken);
    this.#missedTurn = `${slot.item.item_id} ${slot.startsAt}`;
    this.#takeOff(this.#broken);
    this.#broken = "";
  }

  #cut() {
    if (this.#onScreen) this.#onScreen.cut = true;
  }

  /** @param {string} error */
  #break(error) {
    this.#broken = error;
    this.#wake();
  }

  /** @param {Cast} cast */
  #discard(cast) {
    cast.prepared?.discard();
    cast.release();
  }

  #dropUpcoming() {
    this.#drop(this.#upcoming);
    this.#upcoming = null;
  }

  // Not waited for: it may take seconds, and something more urgent is about to be shown.
  /** @param {{cast: Promise<Cast>} | null} upcoming */
  #drop(upcoming) {
    upcoming?.cast.then((cast) => this.#discard(cast));
  }

  // Waits for an instant of the server's time, or for something to happen. It looks up every
  // second: clocks are corrected, and a stalled video tells nobody.
  /** @param {number} instant */
  async #until(instant) {
    let woken = false;
    while (!woken && !this.#broken && this.#clock.now() < instant) {
      const ms = Math.min(LOOK_AGAIN_MS, instant - this.#clock.now());
      woken = await new Promise((resolve) => {
        const timer = setTimeout(resolve, ms, false);
        this.#wake = () => {
          clearTimeout(timer);
          resolve(true);
        };
      });
      this.#beat();
      this.#watchVideo();
    }
  }

  #beat() {
    this.beat = this.#clock.monotonic();
    if (!this.#onScreen || this.beat - this.#progressAt < PROGRESS_EVERY_MS) return;
    this.#progressAt = this.beat;
    this.#plays.progress(this.#onScreen.play);
  }

  #watchVideo() {
    const time = this.#stage.videoTime;
    if (time === null || time !== this.#video.time) {
      this.#video = { time: time ?? -1, since: this.#clock.monotonic() };
    } else if (this.#clock.monotonic() - this.#video.since > STALLED_AFTER_MS) {
      this.#break("stalled");
    }
  }
}

/** @param {Slot} one @param {Slot} other */
function sameTurn(one, other) {
  return one.startsAt === other.startsAt && one.item.item_id === other.item.item_id;
}
