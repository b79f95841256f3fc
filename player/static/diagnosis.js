/** The facts of the diagnosis overlay, in words. */

import { nextWindowChange, slotAt } from "./schedule.js";

/** @param {import("./player.js").Player} player @returns {Promise<[string, string][]>} */
export async function facts(player) {
  return [
    ...identity(player),
    ...programme(player),
    ...(await storage(player)),
    ...(await network(player)),
  ];
}

/** @param {import("./player.js").Player} player @returns {[string, string][]} */
function identity({ credentials, place, version }) {
  return [
    ["Screen", place?.name ?? "name not told"],
    ["Store", place?.store_name ?? "name not told"],
    ["Device", credentials.deviceId ?? "not paired"],
    ["Player", version],
    ["Size", `${innerWidth} x ${innerHeight}, ${devicePixelRatio} dots per pixel`],
  ];
}

/** @param {import("./player.js").Player} player @returns {[string, string][]} */
function programme({ planSource, playback, clock }) {
  const { plan, etag } = planSource;
  const now = clock.now();
  const change = plan && nextWindowChange(plan, now);
  const slot = plan && slotAt(plan, now);
  return [
    ["Plan", etag ? `${etag.slice(0, 16)}, until ${instant(plan?.until)}` : "none"],
    ["Due now", slot ? `${slot.item.item_id} (${slot.content.kind})` : "nothing"],
    ["On screen", playback.nowPlaying?.item_id ?? "nothing"],
    ["Next change", change ? instant(change) : "none in this plan"],
    ["Server time", `${instant(now)}, ${offset(clock.offsetMs())}`],
  ];
}

/** @param {import("./player.js").Player} player @returns {Promise<[string, string][]>} */
async function storage({ media, files, persisted }) {
  const { ready, files: wanted, rejected } = media.progress;
  const place = files.onDisk ? "on disk" : "in memory: this address is not secure";
  const kept = persisted ? "kept for good" : "may be cleared by the browser";
  return [
    ["Content", `${ready} of ${wanted} here${rejected ? `, ${rejected} unfit` : ""}`],
    ["Storage", `${megabytes(media.usedBytes)} ${place}${files.onDisk ? `, ${kept}` : ""}`],
  ];
}

/** @param {import("./player.js").Player} player @returns {Promise<[string, string][]>} */
async function network({ heartbeat, store, credentials, outbox }) {
  const ago = heartbeat.answeredAt === null ? null : performance.now() - heartbeat.answeredAt;
  const waiting = await store.countFinishedPlays(credentials.deviceId ?? "");
  const answered = ago === null ? "has not answered yet" : `answered ${seconds(ago)} ago`;
  return [
    ["Server", `${answered}${navigator.onLine ? "" : ", no network"}`],
    ["Plays", `${waiting} waiting, ${outbox.counters.plays_sent} sent since the start`],
  ];
}

/** @param {number | undefined} at */
function instant(at) {
  return at === undefined ? "" : new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}

/** @param {number | null} ms */
function offset(ms) {
  return ms === null ? "never compared" : `this device is off by ${-ms} ms`;
}

/** @param {number} bytes */
function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** @param {number} ms */
function seconds(ms) {
  return `${Math.round(ms / 1000)} s`;
}
