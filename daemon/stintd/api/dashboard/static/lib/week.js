// Weeks from Monday to Sunday; days are text, 2026-11-26.

import { dayTitle, addDays } from "./time.js";

/** The Monday of a day's week. */
export function mondayOf(day) {
  const weekday = new Date(`${day}T12:00:00Z`).getUTCDay();
  return addDays(day, -((weekday + 6) % 7));
}

export function daysOf(monday) {
  return Array.from({ length: 7 }, (_, number) => addDays(monday, number));
}

/** The ISO 8601 week number: that of its Thursday. */
export function numberOf(monday) {
  const thursday = Date.parse(`${addDays(monday, 3)}T12:00:00Z`);
  const first = Date.UTC(new Date(thursday).getUTCFullYear(), 0, 1);
  return Math.floor((thursday - first) / 604_800_000) + 1;
}

/** 23 – 29 November, or 30 November – 6 December */
export function weekTitle(monday) {
  const [, first, month] = dayTitle(monday).split(" ");
  const [, last, ending] = dayTitle(addDays(monday, 6)).split(" ");
  return month === ending ? `${first} – ${last} ${ending}` : `${first} ${month} – ${last} ${ending}`;
}
