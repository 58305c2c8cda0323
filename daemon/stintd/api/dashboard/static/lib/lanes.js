// Where things are drawn on a day's timeline: pure arithmetic.

import { HOUR, MINUTE, clock } from "./time.js";

export const SNAP = 5 * MINUTE;
export const FINE = MINUTE;
const LEAST = 10 * HOUR;
const MORNING = 8 * HOUR;

/** The hours that are drawn: whole ones around everything there is, at least ten of them, inside the day. */
export function rangeOf(day, now) {
  const seen = [...day.entries, ...day.evidence].filter((one) => (one.to ?? now) > day.start && one.from < day.end);
  const isToday = now >= day.start && now < day.end;
  const starts = [...seen.map((one) => one.from), ...(isToday ? [now] : [])];
  const ends = [...seen.map((one) => one.to ?? now), ...(isToday ? [now] : [])];
  const [first, last] = starts.length ? [Math.min(...starts), Math.max(...ends)] : [day.start + 9 * HOUR, day.start + 17 * HOUR];
  const from = Math.max(day.start, Math.floor((first - day.start - 10 * MINUTE) / HOUR) * HOUR + day.start);
  const to = Math.min(day.end, Math.ceil((last - day.start + 10 * MINUTE) / HOUR) * HOUR + day.start);
  return widened({ from, to }, day);
}

/** At least ten hours: first back to the morning, then on into the evening, then whatever the day has left. */
function widened({ from, to }, day) {
  const back = Math.min(from, Math.max(to - LEAST, day.start + MORNING));
  const on = Math.min(day.end, Math.max(to, back + LEAST));
  return { from: Math.max(day.start, Math.min(back, on - LEAST)), to: on };
}

/** Beside which other entries an entry stands: `{column, columns}` by id. */
export function columnsOf(entries, now) {
  const placed = new Map();
  let group = [], until = -Infinity;
  const close = () => group.forEach((one) => (placed.get(one.id).columns = 1 + Math.max(...group.map((g) => placed.get(g.id).column))));
  for (const one of [...entries].sort((a, b) => a.from - b.from || (b.to ?? now) - (a.to ?? now))) {
    if (one.from >= until) {
      close();
      group = [];
    }
    const taken = new Set(group.filter((g) => (g.to ?? now) > one.from).map((g) => placed.get(g.id).column));
    let column = 0;
    while (taken.has(column)) column += 1;
    placed.set(one.id, { column, columns: 1 });
    group.push(one);
    until = Math.max(until, one.to ?? now);
  }
  close();
  return placed;
}

/** The lines of the hours: `{at, label}`. */
export function hoursOf({ from, to }) {
  const found = [];
  for (let at = from; at <= to; at += HOUR) found.push({ at, label: clock(at) });
  return found;
}

export function snapped(instant, step = SNAP) {
  return Math.round(instant / step) * step;
}

/** How far an entry may be dragged: through the day as far as it has come; one that lies beyond an end of it, also there. */
export function boundsOf(one, day, now) {
  const reach = (one.to ?? 0) > day.end ? now : Math.min(day.end, now);
  return { start: one.from < day.start ? -Infinity : day.start, end: Math.max(reach, one.to ?? 0) };
}

/** An entry's bounds when its edge, or all of it, was dragged by `by` milliseconds. */
export function dragged({ from, to }, edge, by, step, { start, end }) {
  const least = MINUTE;
  if (edge === "end") return { from, to: Math.min(end, Math.max(snapped(to + by, step), from + least)) };
  if (edge === "start") return { from: Math.max(start, Math.min(snapped(from + by, step), (to ?? end) - least)), to };
  const begin = Math.max(start, Math.min(snapped(from + by, step), end - (to - from)));
  return { from: begin, to: begin + (to - from) };
}
