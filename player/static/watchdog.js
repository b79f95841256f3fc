/** Starts the page anew where the director gives no sign of life, but not over and over. */

const LOOK_EVERY_MS = 1000;
const SILENT_MS = 5000;
const RELOAD_AT_MOST_EVERY_MS = 5 * 60_000;

/** @param {() => number} lastBeat monotonic ms @param {() => void} startAnew */
export function watch(lastBeat, startAnew) {
  const since = performance.now();
  let looked = since;
  setInterval(() => {
    const now = performance.now();
    const slept = now - looked > SILENT_MS / 2;
    looked = now;
    const silent = now - Math.max(lastBeat(), since) > SILENT_MS;
    if (silent && !slept && now - since > RELOAD_AT_MOST_EVERY_MS) startAnew();
  }, LOOK_EVERY_MS);
}
