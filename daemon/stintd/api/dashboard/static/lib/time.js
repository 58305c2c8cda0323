// Instants in the owner's zone. Inside the page an instant is a number of milliseconds; a day is its text, 2026-11-26.

let zone = "UTC";
let clockOf, dayOf, partsOf, titleOf, shortOf;

/** The zone that days and clocks are shown in: the daemon's, not the browser's. */
export function setZone(name) {
  if (clockOf && name === zone) return;
  zone = name;
  const format = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options });
  clockOf = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  dayOf = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
  partsOf = format({
    year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric", hourCycle: "h23",
  });
  titleOf = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", weekday: "long", day: "numeric", month: "long" });
  shortOf = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", weekday: "short", day: "numeric", month: "short" });
}
setZone(Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC");

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** Milliseconds of what the API writes. */
export function ms(text) {
  return text == null ? null : Date.parse(text);
}

/** What the API reads. */
export function stamp(instant) {
  return new Date(Math.round(instant)).toISOString();
}

/** 09:05 */
export function clock(instant) {
  return clockOf.format(instant);
}

/** The local day an instant lies in. */
export function localDay(instant) {
  return dayOf.format(instant);
}

/** Another day, so many days later. */
export function shifted(day, days) {
  return new Date(Date.parse(`${day}T12:00:00Z`) + days * 24 * HOUR).toISOString().slice(0, 10);
}

export function dayTitle(day) {
  return titleOf.format(Date.parse(`${day}T12:00:00Z`));
}

export function dayShort(day) {
  return shortOf.format(Date.parse(`${day}T12:00:00Z`));
}

/** How far the zone is ahead of UTC at an instant. */
function offsetAt(instant) {
  const parts = Object.fromEntries(partsOf.formatToParts(instant).map((one) => [one.type, Number(one.value)]));
  const local = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
  return local - Math.floor(instant / 1000) * 1000;
}

/** The instant of a local day and clock, "2026-11-26" and "09:05". A clock that a change of the hour skips is the hour after. */
export function instantOf(day, text) {
  const wanted = Date.parse(`${day}T${text.length === 5 ? text + ":00" : text}Z`);
  const first = wanted - offsetAt(wanted);
  const second = wanted - offsetAt(first);
  return offsetAt(second) === offsetAt(first) || second > first ? second : first;
}

/** Seconds in words: 1h 05m, 12m, 40s. */
export function length(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole}s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes}m`;
  return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, "0")}m`;
}

/** How long an entry is by now, without its pauses: what runs grows while one looks. */
export function secondsOf(entry, now) {
  if (entry.state !== "running" && entry.state !== "paused") return entry.durationSeconds;
  const paused = entry.pauses.reduce((sum, one) => sum + (ms(one.end) ?? now) - ms(one.start), 0);
  return Math.max(0, (now - ms(entry.start) - paused) / 1000);
}

/** A length that moves: 1:05:09. */
export function ticking(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** 09:05–10:25, with a mark where the end lies on another day. */
export function spanText(start, end) {
  if (end == null) return `${clock(start)} – now`;
  const later = localDay(end) === localDay(start) ? "" : ` ${dayShort(localDay(end))}`;
  return `${clock(start)} – ${clock(end)}${later}`;
}
