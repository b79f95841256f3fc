/**
 * Where verified media files lie: the browser's private file system, or memory where a page
 * that is not secure has none. Both answer the same questions.
 *
 * @typedef {object} Files
 * @property {boolean} onDisk
 * @property {() => Promise<Map<string, number>>} list bytes by hash
 * @property {(sha256: string) => Promise<Blob>} read
 * @property {(sha256: string, blob: Blob | null) => void} add null: it already lies there
 * @property {(sha256: string) => Promise<void>} remove
 * @property {(kept: Set<string>) => Promise<void>} dropParts of downloads that broke off, except
 */

/** @returns {Promise<Files>} */
export async function openFiles() {
  if (!isSecureContext || !navigator.storage?.getDirectory) return new MemoryFiles();
  const root = await navigator.storage.getDirectory();
  return new DiskFiles(await root.getDirectoryHandle("media", { create: true }), root);
}

class DiskFiles {
  onDisk = true;
  #media;
  #root;

  /** @param {FileSystemDirectoryHandle} media @param {FileSystemDirectoryHandle} root */
  constructor(media, root) {
    this.#media = media;
    this.#root = root;
  }

  async list() {
    const sizes = new Map();
    for await (const [name, handle] of /** @type {any} */ (this.#media).entries()) {
      sizes.set(name, (await handle.getFile()).size);
    }
    return sizes;
  }

  /** @param {string} sha256 */
  async read(sha256) {
    return (await this.#media.getFileHandle(sha256)).getFile();
  }

  // The worker has put it there.
  add() {}

  /** @param {string} sha256 */
  async remove(sha256) {
    const tmp = await this.#tmp();
    await tmp.removeEntry(`${sha256}.part`).catch(ignoreAbsent);
    await this.#media.removeEntry(sha256).catch(ignoreAbsent);
  }

  /** @param {Set<string>} kept */
  async dropParts(kept) {
    const tmp = await this.#tmp();
    for await (const name of /** @type {any} */ (tmp).keys()) {
      if (!kept.has(name.replace(/\.part$/, ""))) await tmp.removeEntry(name).catch(ignoreAbsent);
    }
  }

  #tmp() {
    return this.#root.getDirectoryHandle("tmp", { create: true });
  }
}

class MemoryFiles {
  onDisk = false;
  /** @type {Map<string, Blob>} */
  #blobs = new Map();

  async list() {
    return new Map([...this.#blobs].map(([sha256, blob]) => [sha256, blob.size]));
  }

  /** @param {string} sha256 */
  async read(sha256) {
    const blob = this.#blobs.get(sha256);
    if (!blob) throw new Error("not_downloaded");
    return blob;
  }

  /** @param {string} sha256 @param {Blob | null} blob */
  add(sha256, blob) {
    if (blob) this.#blobs.set(sha256, blob);
  }

  /** @param {string} sha256 */
  async remove(sha256) {
    this.#blobs.delete(sha256);
  }

  // What broke off was never kept.
  async dropParts() {}
}

/** @param {DOMException} error */
function ignoreAbsent(error) {
  if (error.name !== "NotFoundError") throw error;
}
