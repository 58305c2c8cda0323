// What is done before the page is there: its proof is taken, and the day of the address asked for, while the browser still
// loads the other modules. Runs by itself, once.

import { api, begin } from "./api.js";

let early = null;

/** The day in the address; null is today. */
export function wantedDay() {
  const found = new URLSearchParams(location.search).get("day");
  return found && /^\d{4}-\d\d-\d\d$/.test(found) && !Number.isNaN(Date.parse(found)) ? found : null;
}

/** A day as the daemon tells it; the one that was asked for early only once. */
export function firstDay(wanted) {
  const mine = early?.wanted === wanted ? early.answer : null;
  early = null;
  return mine ?? api.get("/api/day", { date: wanted });
}

begin();
if (location.pathname === "/") {
  early = { wanted: wantedDay(), answer: api.get("/api/day", { date: wantedDay() }) };
  early.answer.catch(() => {}); // whoever takes it sees the refusal
}
