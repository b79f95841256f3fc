/** What a page can do so that a screen left alone stays a screen. */

/** Runs `start` in one tab of this browser only; `elsewhere` while another one has it. */
export function inOneTabOnly(
  /** @type {() => Promise<void>} */ start,
  /** @type {() => void} */ elsewhere,
) {
  if (!navigator.locks) return start();
  const waiting = setTimeout(elsewhere, 2000);
  return navigator.locks.request("playbill-player", async () => {
    clearTimeout(waiting);
    await start();
    await new Promise(() => {});
  });
}

/** Keeps the screen from sleeping whenever the page is seen; not every browser lets a page ask. */
export function stayAwake() {
  const ask = () => {
    if (document.hidden || !navigator.wakeLock) return;
    navigator.wakeLock.request("screen").catch(() => {});
  };
  document.addEventListener("visibilitychange", ask);
  ask();
}

/** Asks the browser not to clear the media when space is short; returns whether it agreed. */
export async function keepStorage() {
  return (await navigator.storage?.persist?.()) ?? false;
}

/** Keeps the page and its scripts whole, so that the player starts without a network. */
export async function keepShell(/** @type {string} */ build) {
  if (!navigator.serviceWorker) return;
  const address = `/player/sw.js?build=${build}`;
  const kept = await navigator.serviceWorker.register(address, { scope: "/player" });
  const worker = kept.installing ?? kept.waiting ?? kept.active;
  if (!worker || worker.state === "activated") return;
  await new Promise((resolve, reject) => {
    worker.addEventListener("statechange", () => {
      if (worker.state === "activated") resolve(null);
      if (worker.state === "redundant") reject(new Error("The new player could not be kept."));
    });
  });
}

/** The serial number that the kiosk's start page names, remembered once it was seen. */
export async function serialNumber(/** @type {import("./store.js").Store} */ store) {
  const given = new URLSearchParams(location.search).get("serial");
  if (given) await store.set("serial", given.slice(0, 100));
  return given ?? (await store.get("serial")) ?? null;
}
