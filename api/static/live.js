// Keeps the numbers of rooms fresh. The page is complete without it.
const EVERY_MS = 10000;
const STALE_S = 15 * 60;
const STATE_STALE_S = 25 * 3600;
const language = document.documentElement.lang;
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });

function age(seconds) {
  if (seconds < 60) return relative.format(-Math.round(seconds), "second");
  if (seconds < 3600) return relative.format(-Math.round(seconds / 60), "minute");
  if (seconds < 86400) return relative.format(-Math.round(seconds / 3600), "hour");
  return relative.format(-Math.round(seconds / 86400), "day");
}

function show(place, reading, now) {
  const digits = Number(place.dataset.digits);
  const form = new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const seconds = Math.max(0, (now - Date.parse(reading.at)) / 1000);
  const words = place.dataset.words?.split("|");
  const word = words && (reading.value === 0 || reading.value === 1) ? words[reading.value] : null;
  if (!words || word) place.querySelector("[data-value]").textContent = reading.value === null ? "–" : word ?? form.format(reading.value);
  place.querySelector("[data-age]").textContent = age(seconds);
  place.classList.toggle("stale", seconds > (words ? STATE_STALE_S : STALE_S) || reading.quality === "stale");
  place.classList.toggle("doubt", reading.quality === "uncertain" || reading.quality === "bad");
}

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch("/api/v1/readings/latest", { headers: { accept: "application/json" } });
  if (!answer.ok) return;
  // The server's clock, not the tablet's: a wrong tablet must not make fresh values look old.
  const now = Date.parse(answer.headers.get("x-minori-now") ?? "") || Date.now();
  const byKey = new Map();
  for (const one of await answer.json()) {
    byKey.set(String(one.series), one);
  }
  for (const place of document.querySelectorAll("[data-reading]")) {
    const reading = byKey.get(place.dataset.reading);
    if (reading && reading.at !== place.dataset.at) {
      place.dataset.at = reading.at;
    }
    if (reading) show(place, reading, now);
  }
}

setInterval(() => refresh().catch(() => {}), EVERY_MS);
