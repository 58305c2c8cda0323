// What happens before the page is shown: the proof is taken from the address, and the day is requested while the browser still
// loads the other modules. Runs once, when it is imported.

import { api, begin } from "./api.js";

let early = null;

/** The day in the address; null is today. */
export function wantedDay() {
  const day = new URLSearchParams(location.search).get("day");
  return day && /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(Date.parse(day)) ? day : null;
}

/** A day as the daemon sends it. The early answer is used once. */
export function firstDay(wanted) {
  const answer = early?.wanted === wanted ? early.answer : null;
  early = null;
  return answer ?? api.get("/api/day", { date: wanted });
}

begin();
if (location.pathname === "/") {
  early = { wanted: wantedDay(), answer: api.get("/api/day", { date: wantedDay() }) };
  early.answer.catch(() => {}); // whoever uses the answer handles the error
}
