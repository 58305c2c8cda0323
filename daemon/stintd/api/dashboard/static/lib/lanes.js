// Where entries are drawn on the timeline of a day. Pure arithmetic.

import { HOUR, MINUTE, clock } from "./time.js";

export const SNAP = 5 * MINUTE;
export const FINE = MINUTE;
const LEAST = 10 * HOUR;
const MORNING = 8 * HOUR;

/** The hours to draw: whole hours around all entries and evidence, at least ten of them, within the day. */
export function rangeOf(day, now) {
  const spans = [...day.entries, ...day.evidence].filter((span) => (span.to ?? now) > day.start && span.from < day.end);
  const isToday = now >= day.start && now < day.end;
  const starts = [...spans.map((span) => span.from), ...(isToday ? [now] : [])];
  const ends = [...spans.map((span) => span.to ?? now), ...(isToday ? [now] : [])];
  const [first, last] = starts.length ? [Math.min(...starts), Math.max(...ends)] : [day.start + 9 * HOUR, day.start + 17 * HOUR];
  const from = Math.max(day.start, Math.floor((first - day.start - 10 * MINUTE) / HOUR) * HOUR + day.start);
  const to = Math.min(day.end, Math.ceil((last - day.start + 10 * MINUTE) / HOUR) * HOUR + day.start);
  return widen({ from, to }, day);
}

/** Widen the range to ten hours: first back to the morning, then on into the evening, then by whatever is left of the day. */
function widen({ from, to }, day) {
  const back = Math.min(from, Math.max(to - LEAST, day.start + MORNING));
  const on = Math.min(day.end, Math.max(to, back + LEAST));
  return { from: Math.max(day.start, Math.min(back, on - LEAST)), to: on };
}

/** The column of each entry, so that entries which overlap stand side by side: `{column, columns}` by id. */
export function columnsOf(entries, now) {
  const places = new Map();
  let group = [], until = -Infinity;
  const close = () => group.forEach((entry) => (places.get(entry.id).columns = 1 + Math.max(...group.map((other) => places.get(other.id).column))));
  for (const entry of [...entries].sort((a, b) => a.from - b.from || (b.to ?? now) - (a.to ?? now))) {
    if (entry.from >= until) {
      close();
      group = [];
    }
    const taken = new Set(group.filter((other) => (other.to ?? now) > entry.from).map((other) => places.get(other.id).column));
    let column = 0;
    while (taken.has(column)) column += 1;
    places.set(entry.id, { column, columns: 1 });
    group.push(entry);
    until = Math.max(until, entry.to ?? now);
  }
  close();
  return places;
}

/** The lines of the hours: `{at, label}`. */
export function hoursOf({ from, to }) {
  const hours = [];
  for (let at = from; at <= to; at += HOUR) hours.push({ at, label: clock(at) });
  return hours;
}

export function snap(instant, step = SNAP) {
  return Math.round(instant / step) * step;
}

/** How far an entry may be dragged: within the day, up to now. An entry that reaches beyond the day may stay there. */
export function boundsOf(entry, day, now) {
  const reach = (entry.to ?? 0) > day.end ? now : Math.min(day.end, now);
  return { start: entry.from < day.start ? -Infinity : day.start, end: Math.max(reach, entry.to ?? 0) };
}

/** The start and end of an entry after its edge, or all of it, was dragged by `by` milliseconds. */
export function dragResult({ from, to }, edge, by, step, { start, end }) {
  const least = MINUTE;
  if (edge === "end") return { from, to: Math.min(end, Math.max(snap(to + by, step), from + least)) };
  if (edge === "start") return { from: Math.max(start, Math.min(snap(from + by, step), (to ?? end) - least)), to };
  const begin = Math.max(start, Math.min(snap(from + by, step), end - (to - from)));
  return { from: begin, to: begin + (to - from) };
}
