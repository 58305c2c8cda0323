// A week as a timesheet: task by day, with sums; a cell shows what it is made of and takes more.

import { useAsk } from "../lib/ask.js";
import { useDay } from "../lib/day.js";
import { html, useEffect, useState } from "../lib/html.js";
import { go } from "../lib/route.js";
import { colourOf, line, projectOf, workOf } from "../lib/text.js";
import { HOUR, dayShort, instantOf, length, localDay, setZone, shifted, spanText } from "../lib/time.js";
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
    const moved = () => setWanted(wantedWeek());
    addEventListener("popstate", moved);
    return () => removeEventListener("popstate", moved);
  }, []);
  const today = localDay(Date.now());
  const monday = wanted ?? mondayOf(today);
  const { told, trouble, reload } = useAsk("/api/timesheet", { week: monday });
  const [cell, setCell] = useState(null);
  if (told) setZone(told.timezone);
  const to = (day) => go(mondayOf(day) === mondayOf(today) ? "/dash/week" : `/dash/week?week=${mondayOf(day)}`);
  const close = () => (setCell(null), reload());
  return html`<main id="main" class="week" tabindex="-1">
    <div class="daybar"><div class="pick">
      <button class="bare" aria-label="Back one week" onClick=${() => to(shifted(monday, -7))}><${Icon} name="left" /></button>
      <button class="bare" aria-label="On one week" disabled=${shifted(monday, 7) > today} onClick=${() => to(shifted(monday, 7))}><${Icon} name="right" /></button>
      <h1>Week ${numberOf(monday)} <small>${weekTitle(monday)}</small></h1>
      ${monday !== mondayOf(today) && html`<button class="quiet" onClick=${() => to(today)}>This week</button>`}
    </div></div>
    ${trouble && html`<p class="trouble">${trouble.message} <small>${trouble.hint}</small></p>`}
    ${told && html`<${Grid} told=${told} days=${daysOf(monday)} today=${today} onCell=${setCell} />`}
    ${cell && html`<${Cell} cell=${cell} onClose=${close} />`}
  </main>`;
}

function Grid({ told, days, today, onCell }) {
  const blank = { projectId: null, projectName: null, taskName: null, days: {} };
  return html`<div class="card scrolls"><table class="grid">
    <caption class="hidden">Hours by project, task and day</caption>
    <thead><tr><th scope="col">Project and task</th>
      ${days.map((day) => html`<th scope="col" key=${day} class=${day === today ? "current" : ""}><a href=${day === today ? "/" : `/?day=${day}`}>${dayShort(day)}</a></th>`)}
      <th scope="col">Sum</th></tr></thead>
    <tbody>
      ${told.rows.map((row) => html`<${Row} key=${`${row.projectId} ${row.taskId}`} row=${row} days=${days} today=${today} onCell=${onCell} />`)}
      ${!told.rows.length && html`<tr><td colspan="9" class="blank">Nothing was recorded in this week.</td></tr>`}
    </tbody>
    <tfoot>
      <tr><th scope="row">Sum</th>${days.map((day) => html`<td key=${day}>${hours(told.totals.days[day])}</td>`)}<td><strong>${length(told.totals.seconds)}</strong></td></tr>
      <tr class="more"><td>${told.totals.agentSeconds > 0 && html`<small>agents on their own: ${length(told.totals.agentSeconds)}</small>`}</td>
        ${days.map((day) => html`<td key=${day}>${day <= today && html`<button class="bare" aria-label=${`Add time on ${dayShort(day)}`} onClick=${() => onCell({ row: blank, day, isNew: true })}>+</button>`}</td>`)}<td></td></tr>
    </tfoot>
  </table></div>`;
}

function Row({ row, days, today, onCell }) {
  return html`<tr class=${colourOf(row.projectId)}>
    <th scope="row"><i class="dot" aria-hidden="true"></i><bdi>${projectOf(row)}</bdi>${row.taskName && html` <small><bdi>${line(row.taskName)}</bdi></small>`}
      ${row.clientName && html`<small class="client"><bdi>${line(row.clientName)}</bdi></small>`}</th>
    ${days.map((day) => html`<td key=${day} class=${day === today ? "current" : ""}><button class="cell" disabled=${day > today} onClick=${() => onCell({ row, day })}
      aria-label=${`${workOf(row)}, ${dayShort(day)}: ${row.days[day] ? length(row.days[day]) : "nothing"}`}>${hours(row.days[day])}</button></td>`)}
    <td>${length(row.seconds)}</td>
  </tr>`;
}

function hours(seconds) {
  return seconds ? length(seconds) : html`<span class="none" aria-hidden="true">·</span>`;
}

/** What a cell is made of: its entries, and a way to write down more. */
function Cell({ cell: { row, day, isNew }, onClose }) {
  const { day: told, reload } = useDay(day);
  const [open, setOpen] = useState(null);
  const [isAdding, setAdding] = useState(isNew);
  if (!told) return null;
  const entry = told.entries.find((one) => one.id === open);
  const mine = told.entries.filter((one) => one.actor === "human" && one.projectId === row.projectId && (one.taskName ?? null) === (row.taskName ?? null));
  if (entry) return html`<${Editor} key=${entry.id} entry=${entry} day=${told} look="form" onClose=${() => (setOpen(null), reload())} />`;
  if (isAdding) return html`<${Fill} gap=${free(told, row, day)} onClose=${isNew ? onClose : () => (setAdding(false), reload())} />`;
  return html`<${Dialog} title=${`${workOf(row)}, ${dayShort(day)}`} onClose=${onClose}>
    <ul class="entries plain">${mine.map((one) => html`<li key=${one.id}><button class="quiet" onClick=${() => setOpen(one.id)}>
      <span>${spanText(one.from, one.to)}</span> <strong>${length(one.durationSeconds)}</strong> <bdi>${line(one.description)}</bdi></button></li>`)}
      ${!mine.length && html`<li class="blank">Nothing yet.</li>`}</ul>
    <div class="deeds"><button class="primary" onClick=${() => setAdding(true)}>Add time</button><a class="aside-link" href=${`/?day=${day}`}>The day</a></div>
  </${Dialog}>`;
}

/** An hour after the last entry of the day that is not later than now; at nine where there is none. */
function free(told, row, day) {
  const ends = told.entries.filter((one) => one.actor === "human" && one.to).map((one) => one.to);
  const from = ends.length ? Math.max(...ends) : instantOf(day, "09:00");
  const last = Math.min(told.end, told.now);
  const start = Math.min(from, last - HOUR / 4);
  return { from: start, to: Math.min(start + HOUR, last), project: row.projectName ?? "", task: row.taskName ?? "" };
}
