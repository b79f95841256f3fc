/**
 * The service worker: keeps the page and its scripts, so that a screen starts without a network.
 * Media and plans are none of its business: the player keeps those itself.
 */

const build = new URL(self.location.href).searchParams.get("build");
const CACHE = `player-${build}`;
const PAGE = "/player";
const NETWORK_WITHIN_MS = 4000;

self.addEventListener("install", (event) => event.waitUntil(keepShell()));
self.addEventListener("activate", (event) => event.waitUntil(dropOlder()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname } = new URL(request.url);
  if (request.mode === "navigate" && pathname === PAGE) event.respondWith(page(request));
  else if (pathname.startsWith(`${PAGE}/static/`)) event.respondWith(file(request));
});

async function keepShell() {
  const shell = await (await fetch(`${PAGE}/shell.json`, { cache: "no-store" })).json();
  const cache = await caches.open(CACHE);
  await cache.addAll([PAGE, ...shell.files].map((url) => new Request(url, { cache: "reload" })));
  await self.skipWaiting();
}

async function dropOlder() {
  const names = await caches.keys();
  const older = names.filter((name) => name.startsWith("player-") && name !== CACHE);
  await Promise.all(older.map((name) => caches.delete(name)));
  await self.clients.claim();
}

// The newest page where the network has it soon, else the one that is kept.
async function page(request) {
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(NETWORK_WITHIN_MS) });
    if (answer.ok) return answer;
  } catch {
    // Neither an error nor news: there is no network, which is what the kept page is for.
  }
  return (await caches.match(PAGE)) ?? Response.error();
}

async function file(request) {
  return (await caches.match(request)) ?? fetch(request);
}
