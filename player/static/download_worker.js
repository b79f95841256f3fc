/**
 * Fetches one file at a time, off the page's thread, and proves that it is the right one.
 *
 * Where the browser has a private file system the bytes go to tmp/<hash>.part, from the byte at
 * which a broken download stopped, and become media/<hash> only once their hash is right.
 * Elsewhere they are kept in memory, with the same proof.
 *
 * @typedef {object} Order
 * @property {string} url
 * @property {string} sha256
 * @property {number} bytes
 * @property {string} mime
 * @property {string} token
 * @property {boolean} onDisk
 */

import { bearer } from "./api.js";
import { hex } from "./ids.js";
import { sha256 } from "./vendor/noble-hashes/sha2.js";

/** crypto.subtle is five times faster, but wants the whole file in memory. */
const SUBTLE_MAX_BYTES = 64 * 1024 * 1024;
const STALL_MS = 30_000;
const BEAT_EVERY_MS = 5000;

/** Refused for what it is, not for the moment: trying again needs a reason. */
class Unfit extends Error {}

setInterval(() => self.postMessage({ beat: true }), BEAT_EVERY_MS);

self.onmessage = async (message) => {
  const { id, order } = message.data;
  try {
    const blob = await (order.onDisk ? downloadToDisk(order) : downloadToMemory(order));
    self.postMessage({ id, blob });
  } catch (error) {
    const { name, status = 0 } = /** @type {any} */ (error);
    const unfit = error instanceof Unfit || status === 404;
    self.postMessage({ id, error: String(error), name, status, unfit });
  }
};

/** @param {Order} order @returns {Promise<null>} */
async function downloadToDisk(order) {
  const root = await navigator.storage.getDirectory();
  const tmp = await root.getDirectoryHandle("tmp", { create: true });
  const media = await root.getDirectoryHandle("media", { create: true });
  const part = await tmp.getFileHandle(`${order.sha256}.part`, { create: true });
  try {
    if ((await part.getFile()).size < order.bytes) await append(part, order);
  } catch (error) {
    // Half a file for which there is no room must not take the room that the plays need.
    if (/** @type {Error} */ (error).name === "QuotaExceededError") await tmp.removeEntry(part.name);
    throw error;
  }
  if (!(await isRight(await part.getFile(), order))) {
    await tmp.removeEntry(part.name);
    throw new Unfit("hash_mismatch");
  }
  await /** @type {any} */ (part).move(media, order.sha256);
  return null;
}

/** @param {FileSystemFileHandle} part @param {Order} order */
async function append(part, order) {
  const held = (await part.getFile()).size;
  const answer = await request(order, held);
  const file = await /** @type {any} */ (part).createSyncAccessHandle();
  try {
    let at = answer.status === 206 ? held : 0;
    file.truncate(at);
    for await (const chunk of chunks(answer)) {
      if (at + chunk.length > order.bytes) throw new Unfit("longer_than_planned");
      // On a full disk Chromium throws nothing: it answers with another number, even a huge one.
      if (file.write(chunk, { at }) !== chunk.length) throw full();
      at += chunk.length;
    }
    file.flush();
  } finally {
    file.close();
  }
}

function full() {
  return new DOMException("No room for the rest of the file.", "QuotaExceededError");
}

/** @param {Order} order @returns {Promise<Blob>} */
async function downloadToMemory(order) {
  const answer = await request(order, 0);
  const parts = [];
  for await (const chunk of chunks(answer)) parts.push(chunk);
  const blob = new Blob(parts, { type: order.mime });
  if (!(await isRight(blob, order))) throw new Unfit("hash_mismatch");
  return blob;
}

/** @param {Order} order @param {number} from */
async function request(order, from) {
  const headers = bearer(order.token);
  if (from > 0) headers.Range = `bytes=${from}-`;
  const answer = await fetch(order.url, { headers, cache: "no-store", credentials: "omit" });
  if (answer.ok) return answer;
  throw Object.assign(new Error(`http_${answer.status}`), { status: answer.status });
}

/** @param {Response} answer the body, unless it stops flowing @returns {AsyncGenerator<any>} */
async function* chunks(answer) {
  const reader = /** @type {ReadableStream} */ (answer.body).getReader();
  for (;;) {
    const timer = setTimeout(() => reader.cancel(new Error("stalled")), STALL_MS);
    const { done, value } = await reader.read();
    clearTimeout(timer);
    if (done) return;
    yield value;
  }
}

/** @param {Blob} blob @param {Order} order */
async function isRight(blob, order) {
  return blob.size === order.bytes && (await digest(blob)) === order.sha256;
}

/** @param {Blob} blob */
async function digest(blob) {
  if (crypto.subtle && blob.size <= SUBTLE_MAX_BYTES) {
    return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer())));
  }
  const hash = sha256.create();
  const reader = blob.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return hex(hash.digest());
    hash.update(value);
  }
}
