/** What this player can say about the machine it runs on. */

const CODECS = /** @type {const} */ ([
  ["h264", 'video/mp4; codecs="avc1.640028"'],
  ["h265", 'video/mp4; codecs="hvc1.1.6.L120.B0"'],
  ["vp8", 'video/webm; codecs="vp8"'],
  ["vp9", 'video/webm; codecs="vp09.00.40.08"'],
  ["av1", 'video/mp4; codecs="av01.0.08M.08"'],
]);

/**
 * @param {string} playerVersion
 * @param {string | null} serial as the kiosk's start page gave it: /player?serial=...
 */
export async function deviceInfo(playerVersion, serial) {
  return {
    model: "Web player",
    ...(serial ? { serial } : {}),
    os: operatingSystem(),
    player_version: playerVersion,
    screens: [screenSize()],
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    codecs: await playableCodecs(),
    offline: isSecureContext,
    user_agent: navigator.userAgent,
  };
}

function operatingSystem() {
  const { userAgentData, platform } = /** @type {any} */ (navigator);
  return userAgentData?.platform || platform || "unknown";
}

// The screen in its own dots: CSS pixels times the scale that the desktop draws them at.
function screenSize() {
  const width = Math.round(screen.width * devicePixelRatio);
  const height = Math.round(screen.height * devicePixelRatio);
  return { width, height, orientation: width >= height ? "landscape" : "portrait" };
}

async function playableCodecs() {
  const answers = await Promise.all(CODECS.map(([, type]) => canPlay(type)));
  return CODECS.filter((_, index) => answers[index]).map(([name]) => name);
}

/** @param {string} contentType of 1080p at 30 frames a second, the usual thing in shops */
async function canPlay(contentType) {
  const video = { contentType, width: 1920, height: 1080, bitrate: 8_000_000, framerate: 30 };
  if (!navigator.mediaCapabilities) return document.createElement("video").canPlayType(contentType);
  return (await navigator.mediaCapabilities.decodingInfo({ type: "file", video })).supported;
}
