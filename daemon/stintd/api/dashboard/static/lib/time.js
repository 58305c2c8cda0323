// Instants in the user's time zone. Inside the page an instant is a number of milliseconds; a day is its text, 2026-11-26.

let zone = "";
let format;
let offsets = new Map();
const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
];

/** Set the time zone in which days and times are shown: the daemon's, not the browser's. */
export function setZone(name) {
  if (name === zone) return;
  zone = name;
  offsets = new Map();
  format = null;
}

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
const QUARTER = 15 * MINUTE;
const DAY = 24 * HOUR;

/** Milliseconds of a time that the API sent. */
export function ms(text) {
  return text == null ? null : Date.parse(text);
}

/** An instant as the API expects it. */
export function stamp(instant) {
  return new Date(Math.round(instant)).toISOString();
}

/** 09:05 */
export function clock(instant) {
  return localText(instant).slice(11, 16);
}

/** The local day of an instant. */
export function localDay(instant) {
  return localText(instant).slice(0, 10);
}

/** The local date and time as text. */
function localText(instant) {
  return new Date(instant + offsetAt(instant)).toISOString();
}

/** The day that is `days` days later. */
export function addDays(day, days) {
  return new Date(Date.parse(`${day}T12:00:00Z`) + days * 24 * HOUR).toISOString().slice(0, 10);
}

/** Thursday 26 November */
export function dayTitle(day) {
  const date = new Date(`${day}T12:00:00Z`);
  return `${WEEKDAYS[date.getUTCDay()]} ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
}

/** Thu 26 Nov */
export function dayShort(day) {
  const [weekday, number, month] = dayTitle(day).split(" ");
  return `${weekday.slice(0, 3)} ${number} ${month.slice(0, 3)}`;
}

/** Created when it is first needed, which takes the browser some milliseconds. Until the daemon's time zone is known, the browser's is used. */
function createFormat() {
  return new Intl.DateTimeFormat("en-GB", {
    timeZone: zone || undefined, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric",
    minute: "numeric", second: "numeric",
  });
}

/** How far the zone is ahead of UTC at an instant. Asking the browser is slow: a day whose offset is the same at both ends is looked
 * up once; on other days, each quarter of an hour is, because no zone changes its offset within one. */
function offsetAt(instant) {
  const day = Math.floor(instant / DAY) * DAY;
  const atStart = lookUpOffset(day);
  return atStart === lookUpOffset(day + DAY) ? atStart : lookUpOffset(Math.floor(instant / QUARTER) * QUARTER);
}

function lookUpOffset(instant) {
  if (!offsets.has(instant)) {
    format ??= createFormat();
    const parts = Object.fromEntries(format.formatToParts(instant).map((part) => [part.type, Number(part.value)]));
    offsets.set(instant, Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second) - instant);
  }
  return offsets.get(instant);
}

/** The instant of a local day and time, "2026-11-26" and "09:05". A time that a clock change skips is moved one hour later. */
export function instantOf(day, text) {
  const wanted = Date.parse(`${day}T${text.length === 5 ? text + ":00" : text}Z`);
  const first = wanted - offsetAt(wanted);
  const second = wanted - offsetAt(first);
  return offsetAt(second) === offsetAt(first) || second > first ? second : first;
}

/** A length: 1h 05m, 12m, 40s. */
export function length(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole}s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes}m`;
  return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, "0")}m`;
}

/** How long an entry is by now, without its pauses. A running timer grows. */
export function secondsOf(entry, now) {
  if (entry.state !== "running" && entry.state !== "paused") return entry.durationSeconds;
  const paused = entry.pauses.reduce((sum, pause) => sum + (ms(pause.end) ?? now) - ms(pause.start), 0);
  return Math.max(0, (now - ms(entry.start) - paused) / 1000);
}

/** The length of a running timer: 1:05:09. */
export function stopwatch(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** 09:05 – 10:25, followed by the day of the end where it is not that of the start. */
export function spanText(start, end) {
  if (end == null) return `${clock(start)} – now`;
  const [begin, finish] = [localText(start), localText(end)];
  const later = begin.slice(0, 10) === finish.slice(0, 10) ? "" : ` ${dayShort(finish.slice(0, 10))}`;
  return `${begin.slice(11, 16)} – ${finish.slice(11, 16)}${later}`;
}
