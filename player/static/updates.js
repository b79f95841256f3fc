/**
 * A newer player on the server: kept whole first, then begun when it disturbs least.
 *
 * That is while nothing plays, or at night by the store's clock, or after a day at the latest.
 */

import { Repeat } from "./repeat.js";

const LOOK_EVERY_MS = 15 * 60_000;
const WAIT_AT_MOST_MS = 24 * 3600_000;
const NIGHT_HOUR = 3;

export class Updates {
  #build;
  #repeat;
  #isQuiet;
  #keep;
  #startAnew;
  /** @type {number | null} monotonic ms */
  #foundAt = null;

  /**
   * @param {string} build of this page
   * @param {{isQuiet: () => boolean, keep: (build: string) => Promise<void>,
   *     startAnew: () => void}} player
   */
  constructor(build, { isQuiet, keep, startAnew }) {
    this.#build = build;
    this.#isQuiet = isQuiet;
    this.#keep = keep;
    this.#startAnew = startAnew;
    // Spread, so that a fleet does not fetch the new player in step.
    this.#repeat = new Repeat(() => this.#look(), LOOK_EVERY_MS * (0.75 + Math.random() / 2));
  }

  /** Looks now, and then again and again. */
  now() {
    this.#repeat.now();
  }

  async #look() {
    const answer = await fetch("/player/shell.json", { cache: "no-store", credentials: "omit" });
    if (!answer.ok) throw new Error(`http_${answer.status}`);
    const { build } = await answer.json();
    if (build === this.#build) this.#foundAt = null;
    else await this.#take(build);
  }

  /** @param {string} build */
  async #take(build) {
    if (this.#foundAt === null) await this.#keep(build);
    this.#foundAt ??= performance.now();
    const waited = performance.now() - this.#foundAt;
    if (this.#isQuiet() || waited > WAIT_AT_MOST_MS) this.#startAnew();
  }
}

/** Whether it is the hour in which a shop has nobody to look. @param {string} timeZone */
export function isNight(/** @type {number} */ now, timeZone) {
  const parts = { hour: "2-digit", hourCycle: "h23", timeZone };
  const hour = new Intl.DateTimeFormat("en", /** @type {any} */ (parts)).format(now);
  return Number(hour) === NIGHT_HOUR;
}
