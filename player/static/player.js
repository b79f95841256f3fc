/**
 * The player: puts the parts together, and tells each of them what concerns it.
 *
 * Playing never waits for the server. What is on disk plays at once; the plan, the media, the
 * proof and the heartbeat each go their own way and at their own pace.
 */

import { Api } from "./api.js";
import { Casting } from "./casting.js";
import { Clock } from "./clock.js";
import { Commands } from "./commands.js";
import { Credentials } from "./credentials.js";
import { deviceInfo } from "./device_info.js";
import { facts } from "./diagnosis.js";
import { openFiles } from "./files.js";
import { Heartbeat } from "./heartbeat.js";
import { newSecret } from "./ids.js";
import { keepShell, keepStorage, serialNumber } from "./kiosk.js";
import { Media, isFull } from "./media.js";
import { messageFor } from "./messages.js";
import { Outbox } from "./outbox.js";
import { addOverlay } from "./overlay.js";
import { Pairing } from "./pairing.js";
import { PairingView } from "./pairing_view.js";
import { PlanSource } from "./plan_source.js";
import { Playback } from "./playback.js";
import { Plays } from "./plays.js";
import { Repeat } from "./repeat.js";
import { Stage } from "./stage.js";
import { Store } from "./store.js";
import { Updates, isNight } from "./updates.js";
import { watch } from "./watchdog.js";

/** Until the server says how often. */
const PACE_MS = 60_000;
const CLOCK_WATCH_MS = 5000;
const PAIRED_SHOWN_MS = 5000;
/** Long enough to read on the last of several screens that were paired in one go. */
const NAME_SHOWN_MS = 60_000;

export class Player {
  /** Faults of the disk and the like, for the heartbeat. */
  lastFault = /** @type {string | null} */ (null);
  clockSteps = 0;
  persisted = false;
  /** @type {import("./playback.js").State} */
  #state = { kind: "no_plan" };
  /** @type {{name?: string, store_name?: string} | null} as far as the server told */
  place = null;

  /**
   * @param {string} version @param {string} build
   * @param {import("./messages.js").Messages} messages
   * @param {(id: string) => HTMLElement} part finds a part of the page
   */
  static async open(version, build, messages, part) {
    const store = await Store.open();
    const offsetMs = (await store.get("clock_offset_ms")) ?? null;
    const serial = await serialNumber(store);
    const files = await openFiles();
    return new Player({ version, build, messages, part, store, offsetMs, serial, files });
  }

  /** @param {any} opened what `open` has found */
  constructor({ version, build, messages, part, store, offsetMs, serial, files }) {
    this.version = version;
    this.messages = messages;
    this.store = store;
    this.info = () => deviceInfo(version, serial);
    this.clock = new Clock({ offsetMs });
    this.credentials = new Credentials(store, this.clock);
    this.api = new Api(this.clock, this.credentials);
    this.files = files;
    this.media = new Media(files, this.credentials);
    this.stage = new Stage(part("stage"));
    this.casting = new Casting(this.stage, this.media, this.clock);
    this.plays = new Plays(store, this.clock, version);
    this.playback = new Playback(this.stage, this.casting, this.clock, this.plays);
    this.planSource = new PlanSource(this.api, store);
    this.outbox = new Outbox(store, this.api);
    this.commands = new Commands(store, this.api, this.#deeds());
    this.heartbeat = new Heartbeat(this.api, this.#condition(), version, this.info);
    this.pairingView = new PairingView(part("pairing"));
    this.planLoop = new Repeat(() => this.planSource.fetch(), PACE_MS);
    this.mediaLoop = new Repeat(() => this.#fetchMedia(), PACE_MS);
    this.playsLoop = new Repeat(() => this.#sendPlays(), PACE_MS / 2);
    this.updates = new Updates(build, {
      isQuiet: () => this.#isQuiet(),
      keep: keepShell,
      startAnew: () => location.reload(),
    });
    this.#connect();
    addOverlay(part("overlay"), () => facts(this));
  }

  /** Plays what there is, and pairs where nobody has yet. */
  async run() {
    await Promise.all([this.credentials.load(), this.media.load()]);
    this.plays.belongTo(this.credentials.deviceId ?? "");
    await this.plays.recover();
    await this.planSource.load().catch(() => {});
    this.persisted = await keepStorage();
    this.place = (await this.store.get("place")) ?? null;
    const paired = this.credentials.deviceId !== null;
    if (paired) this.#goOnline();
    else await this.#pair();
    setInterval(() => this.#watchClock(), CLOCK_WATCH_MS);
    watch(() => this.playback.beat, () => location.reload());
    await this.playback.run();
  }

  #connect() {
    this.playback.onState = (state) => {
      this.#state = state;
      this.#say();
    };
    this.planSource.onPlan = (plan, etag) => {
      this.media.want(plan);
      this.mediaLoop.now();
      this.playback.follow(plan, etag);
    };
    this.media.onChange = () => {
      this.playback.lookAgain();
      this.#say();
    };
    this.plays.onError = (error) => (this.lastFault = String(error));
    this.heartbeat.onAnswer = (answer) => this.#heed(answer);
    this.credentials.onSignedOut = () => this.#pair();
    addEventListener("online", () => this.#goOnline());
  }

  #goOnline() {
    const { heartbeat, planLoop, mediaLoop, playsLoop, updates } = this;
    for (const loop of [heartbeat, planLoop, mediaLoop, playsLoop, updates]) loop.now();
  }

  #isQuiet() {
    const night = isNight(this.clock.now(), this.planSource.plan?.timezone ?? "UTC");
    return this.#state.kind !== "playing" || night;
  }

  // A screen that was signed out plays on meanwhile: its code is then a card in a corner.
  async #pair() {
    const install_secret = (await this.store.get("install_secret")) ?? newSecret();
    await this.store.set("install_secret", install_secret);
    const identity = { device_info: await this.info(), install_secret };
    const pairing = new Pairing(this.api, identity, this.pairingView);
    this.pairingView.onCode = (code) => pairing.redeem(code);
    this.pairingView.show();
    const reply = await pairing.run();
    await this.credentials.keep(reply);
    this.plays.belongTo(reply.device_id);
    this.pairingView.hide();
    await this.#standAt(reply);
    const { name, store_name } = reply;
    const line = [name, store_name].filter(Boolean).join(", ");
    this.messages.hold({ title: "This screen is paired", line, tone: "done" }, PAIRED_SHOWN_MS);
    if (name) this.messages.identify(name, store_name ?? "", NAME_SHOWN_MS);
    this.#goOnline();
  }

  /** @param {{name?: string, store_name?: string}} told */
  async #standAt({ name, store_name }) {
    if (!name) return;
    this.place = { name, store_name };
    await this.store.set("place", this.place);
  }

  /** @param {any} answer to a heartbeat */
  async #heed(answer) {
    this.planLoop.intervalMs = answer.plan_poll_s * 1000;
    this.playsLoop.intervalMs = (answer.heartbeat_interval_s * 1000) / 2;
    if (answer.plan_etag && answer.plan_etag !== this.planSource.etag) this.planLoop.now();
    await this.store.set("clock_offset_ms", this.clock.offsetMs());
    await this.commands.take(answer.commands ?? []);
  }

  async #fetchMedia() {
    try {
      await this.media.fetchMissing(this.clock.now());
      this.lastFault = null;
    } catch (error) {
      this.lastFault = isFull(error) ? "The storage is full." : String(error);
      throw error;
    }
  }

  async #sendPlays() {
    await this.plays.settled();
    if (this.credentials.deviceId) await this.outbox.send(this.credentials.deviceId);
  }

  #say() {
    const timezone = this.planSource.plan?.timezone ?? "UTC";
    const words = messageFor(this.#state, this.media.progress, timezone, this.clock.now());
    this.messages.show(words);
  }

  // The device's clock was set or the device slept: the server's next reply says what time it is.
  #watchClock() {
    if (!this.clock.stepped()) return;
    this.clockSteps += 1;
    this.heartbeat.now();
  }

  /** @returns {import("./heartbeat.js").Sources} */
  #condition() {
    return {
      nowPlaying: () => this.playback.nowPlaying,
      planEtag: () => this.planSource.etag,
      usedBytes: () => this.media.usedBytes,
      lastError: () =>
        this.planSource.lastError ??
        this.media.trouble ??
        this.casting.lastError ??
        this.lastFault,
      counters: async () => ({
        ...this.outbox.counters,
        plays_waiting: await this.store.countFinishedPlays(this.credentials.deviceId ?? ""),
        content_failures: this.casting.failures,
        files_missing: this.media.progress.files - this.media.progress.ready,
        clock_steps: this.clockSteps,
        worker_restarts: this.media.workerRestarts,
        storage_persisted: Number(this.persisted),
        uptime_s: Math.round(performance.now() / 1000),
      }),
    };
  }

  /** @returns {Record<string, import("./commands.js").Deed>} what a command makes it do */
  #deeds() {
    return {
      identify: async (args) => {
        const name = args?.name ?? "This screen";
        this.messages.identify(name, args?.store_name ?? `${this.credentials.deviceId}`);
        await this.#standAt(args ?? {});
      },
      reload: async () => location.reload(),
      refresh_plan: () => this.planSource.fetch(),
      clear_cache: async () => {
        await this.media.clear();
        this.casting.forgive();
        this.mediaLoop.now();
      },
      screenshot: async () => this.api.putScreenshot(await this.stage.picture()),
    };
  }
}
