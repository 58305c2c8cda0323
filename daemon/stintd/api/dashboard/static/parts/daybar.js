// The choice of the day, and its totals.

import { html } from "../lib/html.js";
import { dayShort, dayTitle, length, localDay, addDays } from "../lib/time.js";
import { Icon } from "./icons.js";

const PARTS = [["handsOn", "active", "handsOnSeconds"], ["supervised", "supervised", "supervisedSeconds"], ["agent", "agents", "agentSeconds"]];

/** `wanted` null is today. */
export function DayBar({ date, totals, now, onDay }) {
  const today = localDay(now);
  const to = (day) => onDay(day === today ? null : day);
  return html`<div class="daybar">
    <div class="pick">
      <button class="bare" aria-label=${`Previous day, ${dayShort(addDays(date, -1))}`} onClick=${() => to(addDays(date, -1))}><${Icon} name="left" /></button>
      <button class="bare" aria-label=${`Next day, ${dayShort(addDays(date, 1))}`} disabled=${date >= today} onClick=${() => to(addDays(date, 1))}><${Icon} name="right" /></button>
      <h1>${dayTitle(date)}</h1>
      <label class="date"><span class="hidden">Day</span><input type="date" value=${date} max=${today} onChange=${(event) => event.target.value && to(event.target.value)} /></label>
      ${date !== today && html`<button class="quiet" onClick=${() => onDay(null)}>Today</button>`}
    </div>
    ${totals && html`<${Totals} totals=${totals} />`}
  </div>`;
}

function Totals({ totals }) {
  const all = PARTS.reduce((sum, [, , name]) => sum + totals[name], 0);
  return html`<dl class="totals">
    <div class="sum"><dt>Your time</dt><dd>${length(totals.seconds)}</dd></div>
    ${PARTS.map(([state, word, name]) => totals[name] > 0 && html`<div key=${state}><dt><i class=${`swatch ${state}`} aria-hidden="true"></i>${word}</dt><dd>${length(totals[name])}</dd></div>`)}
    ${totals.billableSeconds > 0 && html`<div><dt>billable</dt><dd>${length(totals.billableSeconds)}</dd></div>`}
    ${totals.wallSeconds !== totals.seconds && html`<div><dt>wall time</dt><dd>${length(totals.wallSeconds)}</dd></div>`}
    ${all > 0 && html`<div class="shares" aria-hidden="true">${PARTS.map(([state, , name]) => html`<i key=${state} class=${state} style=${{ flexGrow: String(totals[name]) }}></i>`)}</div>`}
  </dl>`;
}
