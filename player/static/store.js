/**
 * What survives a power cut, in IndexedDB: the credentials, the plan, and every play that the
 * server has not acknowledged. A change of a play is on disk before it counts as made.
 *
 * @typedef {object} PlayRow
 * @property {string} event_id
 * @property {"open" | "closed" | "refused"} state
 * @property {string} device_id which device played it: another device's plays are never sent
 * @property {number} seq
 * @property {number} at Unix ms as the server would say, for deleting what it would refuse
 * @property {any} event what is sent
 */

const NAME = "playbill";
const VERSION = 1;
/** A month without a network is 300,000 plays: never all of them at once in memory. */
const DELETED_AT_ONCE = 1000;
const DURABLE = /** @type {const} */ ({ durability: "strict" });

export class Store {
  /** @param {IDBDatabase} db */
  constructor(db) {
    this.db = db;
  }

  /** @param {string} [name] */
  static async open(name = NAME) {
    const request = indexedDB.open(name, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("state");
      const plays = request.result.createObjectStore("plays", { keyPath: "event_id" });
      plays.createIndex("queue", ["device_id", "state", "seq"]);
      plays.createIndex("state", "state");
      plays.createIndex("at", "at");
    };
    return new Store(await answer(request));
  }

  /** @param {string} key */
  async get(key) {
    return answer(this.db.transaction("state").objectStore("state").get(key));
  }

  /** @param {string} key @param {unknown} value */
  async set(key, value) {
    const change = this.db.transaction("state", "readwrite", DURABLE);
    change.objectStore("state").put(value, key);
    await committed(change);
  }

  /** @param {string} key */
  async remove(key) {
    const change = this.db.transaction("state", "readwrite", DURABLE);
    change.objectStore("state").delete(key);
    await committed(change);
  }

  /**
   * Writes a new play with the next number of this installation, both or neither.
   * @param {PlayRow} row its seq is set here
   */
  async addPlay(row) {
    const change = this.db.transaction(["state", "plays"], "readwrite", DURABLE);
    const state = change.objectStore("state");
    row.seq = row.event.seq = ((await answer(state.get("seq"))) ?? 0) + 1;
    state.put(row.seq, "seq");
    change.objectStore("plays").add(row);
    await committed(change);
  }

  /** @param {PlayRow[]} rows */
  async putPlays(rows) {
    const change = this.db.transaction("plays", "readwrite", DURABLE);
    for (const row of rows) change.objectStore("plays").put(row);
    await committed(change);
  }

  /** @param {string[]} eventIds */
  async deletePlays(eventIds) {
    const change = this.db.transaction("plays", "readwrite", DURABLE);
    for (const id of eventIds) change.objectStore("plays").delete(id);
    await committed(change);
  }

  /** @param {number} instant plays that began before it are deleted; returns how many */
  async deletePlaysBefore(instant) {
    const older = IDBKeyRange.upperBound(instant, true);
    for (let deleted = 0; ; ) {
      const plays = this.db.transaction("plays").objectStore("plays");
      const keys = await answer(plays.index("at").getAllKeys(older, DELETED_AT_ONCE));
      if (!keys.length) return deleted;
      await this.deletePlays(/** @type {string[]} */ (keys));
      deleted += keys.length;
    }
  }

  /** @returns {Promise<PlayRow[]>} the plays that were on screen when the player stopped */
  async openPlays() {
    const plays = this.db.transaction("plays").objectStore("plays");
    return answer(plays.index("state").getAll("open"));
  }

  /**
   * The oldest finished plays of a device.
   * @param {string} deviceId @param {number} limit @returns {Promise<PlayRow[]>}
   */
  async finishedPlays(deviceId, limit) {
    const plays = this.db.transaction("plays").objectStore("plays");
    return answer(plays.index("queue").getAll(queueOf(deviceId), limit));
  }

  /** @param {string} deviceId */
  async countFinishedPlays(deviceId) {
    const plays = this.db.transaction("plays").objectStore("plays");
    return answer(plays.index("queue").count(queueOf(deviceId)));
  }
}

/** @param {string} deviceId */
function queueOf(deviceId) {
  return IDBKeyRange.bound([deviceId, "closed", 0], [deviceId, "closed", Infinity]);
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @param {IDBTransaction} change @returns {Promise<void>} */
function committed(change) {
  return new Promise((resolve, reject) => {
    change.oncomplete = () => resolve();
    change.onabort = () => reject(change.error);
  });
}
