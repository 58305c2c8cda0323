// A week as a timesheet: tasks by day, with totals. A cell shows its entries, and time can be added to it.

import { useDay } from "../lib/day.js";
import { html, useEffect, useState } from "../lib/html.js";
import { useQuery } from "../lib/query.js";
import { go } from "../lib/route.js";
import { colourOf, line, projectOf, workOf } from "../lib/text.js";
import { HOUR, dayShort, instantOf, length, localDay, setZone, addDays, spanText } from "../lib/time.js";
import { daysOf, mondayOf, numberOf, weekTitle } from "../lib/week.js";
import { Dialog } from "../parts/dialog.js";
import { Editor } from "../parts/editor.js";
import { Fill } from "../parts/fill.js";
import { Icon } from "../parts/icons.js";

function wantedWeek() {
  const day = new URLSearchParams(location.search).get("week");
  return /^\d{4}-\d\d-\d\d$/.test(day ?? "") ? mondayOf(day) : null;
}

export function Page() {
  const [wanted, setWanted] = useState(wantedWeek);
  useEffect(() => {
    const update = () => setWanted(wantedWeek());
    addEventListener("popstate", update);
    return () => removeEventListener("popstate", update);
  }, []);
  const today = localDay(Date.now());
  const monday = wanted ?? mondayOf(today);
  const { answer, error, reload } = useQuery("/api/timesheet", { week: monday });
  const [cell, setCell] = useState(null);
  if (answer) setZone(answer.timezone);
  const to = (day) => go(mondayOf(day) === mondayOf(today) ? "/dash/week" : `/dash/week?week=${mondayOf(day)}`);
  const close = () => (setCell(null), reload());
  return html`<main id="main" class="week" tabindex="-1">
    <div class="daybar"><div class="pick">
      <button class="bare" aria-label="Previous week" onClick=${() => to(addDays(monday, -7))}><${Icon} name="left" /></button>
      <button class="bare" aria-label="Next week" disabled=${addDays(monday, 7) > today} onClick=${() => to(addDays(monday, 7))}><${Icon} name="right" /></button>
      <h1>Week ${numberOf(monday)} <small>${weekTitle(monday)}</small></h1>
      ${monday !== mondayOf(today) && html`<button class="quiet" onClick=${() => to(today)}>This week</button>`}
    </div></div>
    ${error && html`<p class="trouble">${error.message} <small>${error.hint}</small></p>`}
    ${answer && html`<${Grid} sheet=${answer} days=${daysOf(monday)} today=${today} onCell=${setCell} />`}
    ${cell && html`<${Cell} cell=${cell} onClose=${close} />`}
  </main>`;
}

function Grid({ sheet, days, today, onCell }) {
  const blank = { projectId: null, projectName: null, taskName: null, days: {} };
  return html`<div class="card scrolls"><table class="grid">
    <caption class="hidden">Hours by project, task and day</caption>
    <thead><tr><th scope="col">Project and task</th>
      ${days.map((day) => html`<th scope="col" key=${day} class=${day === today ? "current" : ""}><a href=${day === today ? "/" : `/?day=${day}`}>${dayShort(day)}</a></th>`)}
      <th scope="col">Total</th></tr></thead>
    <tbody>
      ${sheet.rows.map((row) => html`<${Row} key=${`${row.projectId} ${row.taskId}`} row=${row} days=${days} today=${today} onCell=${onCell} />`)}
      ${!sheet.rows.length && html`<tr><td colspan="9" class="blank">Nothing was recorded in this week.</td></tr>`}
    </tbody>
    <tfoot>
      <tr><th scope="row">Total</th>${days.map((day) => html`<td key=${day}>${hours(sheet.totals.days[day])}</td>`)}<td><strong>${length(sheet.totals.seconds)}</strong></td></tr>
      <tr class="more"><td>${sheet.totals.agentSeconds > 0 && html`<small>agents' own time: ${length(sheet.totals.agentSeconds)}</small>`}</td>
        ${days.map((day) => html`<td key=${day}>${day <= today && html`<button class="bare" aria-label=${`Add time on ${dayShort(day)}`} onClick=${() => onCell({ row: blank, day, isNew: true })}>+</button>`}</td>`)}<td></td></tr>
    </tfoot>
  </table></div>`;
}

function Row({ row, days, today, onCell }) {
  return html`<tr class=${colourOf(row.projectId)}>
    <th scope="row"><i class="dot" aria-hidden="true"></i><bdi>${projectOf(row)}</bdi>${row.taskName && html` <small><bdi>${line(row.taskName)}</bdi></small>`}
      ${row.clientName && html`<small class="client"><bdi>${line(row.clientName)}</bdi></small>`}</th>
    ${days.map((day) => html`<td key=${day} class=${day === today ? "current" : ""}><button class="cell" disabled=${day > today} onClick=${() => onCell({ row, day })}
      aria-label=${`${workOf(row)}, ${dayShort(day)}: ${row.days[day] ? length(row.days[day]) : "no time"}`}>${hours(row.days[day])}</button></td>`)}
    <td>${length(row.seconds)}</td>
  </tr>`;
}

function hours(seconds) {
  return seconds ? length(seconds) : html`<span class="none" aria-hidden="true">·</span>`;
}

/** The entries of a cell, and a button to add time. */
function Cell({ cell: { row, day, isNew }, onClose }) {
  const { day: loaded, reload } = useDay(day);
  const [open, setOpen] = useState(null);
  const [isAdding, setAdding] = useState(isNew);
  if (!loaded) return null;
  const entry = loaded.entries.find((item) => item.id === open);
  const entries = loaded.entries.filter((item) => item.actor === "human" && item.projectId === row.projectId && (item.taskName ?? null) === (row.taskName ?? null));
  if (entry) return html`<${Editor} key=${entry.id} entry=${entry} day=${loaded} tab="form" onClose=${() => (setOpen(null), reload())} />`;
  if (isAdding) return html`<${Fill} gap=${freeSpan(loaded, row, day)} onClose=${isNew ? onClose : () => (setAdding(false), reload())} />`;
  return html`<${Dialog} title=${`${workOf(row)}, ${dayShort(day)}`} onClose=${onClose}>
    <ul class="entries plain">${entries.map((item) => html`<li key=${item.id}><button class="quiet" onClick=${() => setOpen(item.id)}>
      <span>${spanText(item.from, item.to)}</span> <strong>${length(item.durationSeconds)}</strong> <bdi>${line(item.description)}</bdi></button></li>`)}
      ${!entries.length && html`<li class="blank">No entries yet.</li>`}</ul>
    <div class="actions"><button class="primary" onClick=${() => setAdding(true)}>Add time</button><a class="aside-link" href=${`/?day=${day}`}>Open the day</a></div>
  </${Dialog}>`;
}

/** The hour after the last entry of the day, but not later than now; at nine where there is no entry. */
function freeSpan(loaded, row, day) {
  const ends = loaded.entries.filter((entry) => entry.actor === "human" && entry.to).map((entry) => entry.to);
  const from = ends.length ? Math.max(...ends) : instantOf(day, "09:00");
  const last = Math.min(loaded.end, loaded.now);
  const start = Math.min(from, last - HOUR / 4);
  return { from: start, to: Math.min(start + HOUR, last), project: row.projectName ?? "", task: row.taskName ?? "" };
}
