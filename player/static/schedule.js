/**
 * What plays when: pure functions of a plan and an instant of the server's time.
 *
 * Every screen with the same plan shows the same item at the same moment, because the position
 * in a loop is (now - the window's anchor) mod the loop's length, never something accumulated.
 *
 * @typedef {object} Item
 * @property {string} item_id what a play is reported with
 * @property {string} content key into Plan.content
 * @property {number} duration_ms
 * @property {number} notBefore Unix ms; -Infinity where the plan says null
 * @property {number} notAfter Unix ms; Infinity where the plan says null
 *
 * @typedef {object} Content
 * @property {string} content_id
 * @property {"image" | "video" | "url"} kind
 * @property {string} url
 * @property {string | null} sha256 null for a web page, which is neither verified nor stored
 * @property {number} bytes
 * @property {string | null} mime
 * @property {number | null} duration_ms
 *
 * @typedef {object} Window half-open; times in Unix ms of the server
 * @property {number} from
 * @property {number} until
 * @property {number} anchor
 * @property {string} playlist key into Plan.playlists
 * @property {string | null} schedule_id
 * @property {boolean} takeover
 *
 * @typedef {object} Plan
 * @property {number} from
 * @property {number} until
 * @property {string} timezone
 * @property {Window[]} windows
 * @property {Record<string, {playlist_id: string, items: Item[]}>} playlists
 * @property {Record<string, Content>} content
 *
 * @typedef {object} Slot one item's turn on screen
 * @property {Item} item
 * @property {Content} content
 * @property {Window} window
 * @property {string} playlistId
 * @property {number} index its place in the loop
 * @property {number} startsAt when its turn began, even where nobody watched yet
 * @property {number} endsAt when the next one's turn begins, or the window ends
 */

const DAY_MS = 86_400_000;

/** @param {any} body the plan as served @returns {Plan} the plan with its times as Unix ms */
export function readPlan(body) {
  const windows = body.windows.map((/** @type {any} */ window) => ({
    ...window,
    from: Date.parse(window.from),
    until: Date.parse(window.until),
    anchor: Date.parse(window.anchor),
  }));
  const playlists = Object.fromEntries(
    Object.entries(body.playlists).map(([key, playlist]) => [
      key,
      { ...playlist, items: playlist.items.map(readItem) },
    ]),
  );
  const [from, until] = [Date.parse(body.from), Date.parse(body.until)];
  return { from, until, timezone: body.timezone, windows, playlists, content: body.content };
}

/**
 * The window that covers an instant, or null. Past the end of the plan its last day repeats,
 * so that a screen cut off for weeks plays on.
 * @param {Plan} plan @param {number} at @returns {Window | null}
 */
function windowAt(plan, at) {
  const back = at < plan.until ? 0 : DAY_MS * (Math.floor((at - plan.until) / DAY_MS) + 1);
  const found = plan.windows.find(
    (window) => window.from <= at - back && at - back < window.until,
  );
  if (!found) return null;
  return back ? { ...found, from: found.from + back, until: found.until + back } : found;
}

/**
 * The items of a window that are valid at an instant, in order.
 * @param {Plan} plan @param {Window} window @param {number} at @returns {Item[]}
 */
function loopAt(plan, window, at) {
  return plan.playlists[window.playlist].items.filter(
    (item) => item.notBefore <= at && at < item.notAfter,
  );
}

/**
 * Whose turn it is at an instant, or null where nothing plays.
 * @param {Plan} plan @param {number} at @returns {Slot | null}
 */
export function slotAt(plan, at) {
  const window = windowAt(plan, at);
  if (!window) return null;
  const loop = loopAt(plan, window, at);
  const length = loop.reduce((sum, item) => sum + item.duration_ms, 0);
  if (length <= 0) return null;
  let startsAt = at - modulo(at - window.anchor, length);
  for (const [index, item] of loop.entries()) {
    const turnEnds = startsAt + item.duration_ms;
    if (at < turnEnds) {
      const endsAt = Math.min(turnEnds, window.until);
      return { ...describe(plan, window, item), index, startsAt, endsAt };
    }
    startsAt = turnEnds;
  }
  return null;
}

/**
 * Every distinct item that could fill a slot: its own first, then the loop's others in order.
 * @param {Plan} plan @param {Slot} slot @returns {{item: Item, content: Content}[]}
 */
export function candidates(plan, slot) {
  const loop = loopAt(plan, slot.window, Math.max(slot.startsAt, slot.window.from));
  const order = [slot.item, ...loop.slice(slot.index + 1), ...loop.slice(0, slot.index)];
  const seen = new Map(order.map((item) => [item.item_id, item]));
  return [...seen.values()].map((item) => ({ item, content: plan.content[item.content] }));
}

/**
 * What remains of a slot of an older plan under a newer one: the item plays to its end where the
 * same window still stands and still holds it, cut short only by the window's end. Null: cut now.
 * @param {Slot} slot @param {Plan} plan @param {number} at @returns {Slot | null}
 */
export function carryOver(slot, plan, at) {
  const window = windowAt(plan, at);
  if (!window || !sameOccurrence(window, slot, plan)) return null;
  const item = loopAt(plan, window, at).find((other) => other.item_id === slot.item.item_id);
  if (!item) return null;
  const endsAt = Math.min(slot.startsAt + item.duration_ms, window.until);
  return { ...slot, ...describe(plan, window, item), endsAt };
}

/**
 * The next instant after `at` at which a window begins or ends, or null.
 * @param {Plan} plan @param {number} at
 */
export function nextWindowChange(plan, at) {
  const edges = plan.windows.flatMap((window) => [window.from, window.until]);
  return earliestAfter(edges, at);
}

/**
 * The next instant after `at` at which something may begin to play where nothing does.
 * @param {Plan} plan @param {number} at
 */
export function nextStart(plan, at) {
  const starts = plan.windows.map((window) => window.from);
  const items = Object.values(plan.playlists).flatMap((playlist) => playlist.items);
  return earliestAfter([...starts, ...items.map((item) => item.notBefore), plan.until], at);
}

/**
 * The content a plan needs, what is needed soonest first.
 * @param {Plan} plan @param {number} at @returns {Content[]}
 */
export function contentInOrderOfNeed(plan, at) {
  const due = plan.windows.filter((window) => window.until > at);
  const keys = due.flatMap((window) =>
    plan.playlists[window.playlist].items.map((item) => item.content),
  );
  return [...new Set([...keys, ...Object.keys(plan.content)])].map((key) => plan.content[key]);
}

/** @param {any} item @returns {Item} */
function readItem(item) {
  return {
    ...item,
    notBefore: item.not_before === null ? -Infinity : Date.parse(item.not_before),
    notAfter: item.not_after === null ? Infinity : Date.parse(item.not_after),
  };
}

/** @param {Plan} plan @param {Window} window @param {Item} item */
function describe(plan, window, item) {
  const playlistId = plan.playlists[window.playlist].playlist_id;
  return { item, content: plan.content[item.content], window, playlistId };
}

/** @param {Window} window @param {Slot} slot @param {Plan} plan */
function sameOccurrence(window, slot, plan) {
  return (
    window.anchor === slot.window.anchor &&
    window.schedule_id === slot.window.schedule_id &&
    window.takeover === slot.window.takeover &&
    plan.playlists[window.playlist].playlist_id === slot.playlistId
  );
}

/** @param {number[]} instants @param {number} at */
function earliestAfter(instants, at) {
  const later = instants.filter((instant) => instant > at && Number.isFinite(instant));
  return later.length ? Math.min(...later) : null;
}

/** @param {number} value @param {number} length */
function modulo(value, length) {
  return ((value % length) + length) % length;
}
