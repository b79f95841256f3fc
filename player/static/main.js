/** Starts the player, in one tab of the browser only. */

import { inOneTabOnly, keepShell, stayAwake } from "./kiosk.js";
import { Messages } from "./messages.js";
import { Player } from "./player.js";

const { version = "", build = "" } = document.documentElement.dataset;
const messages = new Messages(part("message"), part("identify"));

inOneTabOnly(start, () =>
  messages.show({
    title: "The player already runs",
    line: "Another tab or window of this browser shows it. Close that one, and it moves here.",
  }),
);

async function start() {
  stayAwake();
  keepShell(build).catch(() => {});
  try {
    const player = await Player.open(version, build, messages, part);
    await player.run();
  } catch (error) {
    messages.show({ title: "The player cannot start", line: String(error) });
  }
}

/** @param {string} id */
function part(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
