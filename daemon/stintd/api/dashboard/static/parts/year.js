// A year at a glance: one square per day, darker for more hours; a click opens the day.

import { useQuery } from "../lib/query.js";
import { html } from "../lib/html.js";
import { dayShort, length, addDays } from "../lib/time.js";
import { mondayOf } from "../lib/week.js";

const STEPS = [1, 2, 4, 6]; // hours above which a square is darker
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export function Year({ year, today, project }) {
  const { answer } = useQuery("/api/reports", { from: `${year}-01-01`, to: `${year}-12-31`, groupBy: "day", project: project || null });
  if (!answer) return null;
  const seconds = new Map(answer.rows.map((row) => [row.key, row.seconds]));
  const days = [];
  for (let day = `${year}-01-01`; day.startsWith(year); day = addDays(day, 1)) days.push(day);
  const first = mondayOf(days[0]);
  const week = (day) => Math.floor((Date.parse(day) - Date.parse(first)) / 604_800_000);
  const worked = [...seconds.values()].filter((total) => total > 0);
  const text = `${length(answer.totals.seconds)} on ${worked.length} ${worked.length === 1 ? "day" : "days"}`;
  return html`<section class="card year" aria-label=${`${year}: ${text}`}>
    <h2>${year} <small>${text}</small></h2>
    <div class="scrolls"><div class="squares">
      ${MONTHS.map((month, number) => html`<span key=${month} class="month" style=${{ gridColumn: String(week(`${year}-${String(number + 1).padStart(2, "0")}-07`) + 1) }}>${month}</span>`)}
      ${days.map((day) => html`<${Square} key=${day} day=${day} seconds=${seconds.get(day) ?? 0} column=${week(day) + 1} isAhead=${day > today} isToday=${day === today} />`)}
    </div></div>
    <p class="scale" aria-hidden="true"><small>less</small>${[0, 1, 2, 3, 4].map((level) => html`<i key=${level} class=${`square level-${level}`}></i>`)}<small>more</small></p>
  </section>`;
}

function Square({ day, seconds, column, isAhead, isToday }) {
  const weekday = (new Date(`${day}T12:00:00Z`).getUTCDay() + 6) % 7;
  const level = seconds ? 1 + STEPS.filter((hours) => seconds > hours * 3600).length - (seconds > STEPS.at(-1) * 3600 ? 1 : 0) : 0;
  const place = { gridColumn: String(column), gridRow: String(weekday + 2) };
  const text = `${dayShort(day)}: ${seconds ? length(seconds) : "no time"}`;
  if (isAhead) return html`<i class="square ahead" style=${place}></i>`;
  return html`<a class=${`square level-${Math.min(level, 4)}`} style=${place} href=${isToday ? "/" : `/?day=${day}`} title=${text} aria-label=${text} tabindex=${seconds ? 0 : -1}></a>`;
}
