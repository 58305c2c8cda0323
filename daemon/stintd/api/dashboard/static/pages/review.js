// Friday: every open decision, each with what settles it.

import { act } from "../lib/act.js";
import { api } from "../lib/api.js";
import { useAsk } from "../lib/ask.js";
import { html, useState } from "../lib/html.js";
import { line } from "../lib/text.js";
import { clock, dayShort, localDay, ms, setZone, shifted, spanText } from "../lib/time.js";
import { mondayOf } from "../lib/week.js";
import { Fill } from "../parts/fill.js";

const TITLES = {
  gap: "Nothing recorded in the working day", unassigned: "Time without a project", unconfirmed: "To be confirmed", correction: "Approved, and different now",
  meeting: "Meetings without hours", long: "Long timers by hand", project: "New projects", suggestion: "Are they one?", target: "What targets wait for", changed: "Changed since you looked",
};

export function Page() {
  const [since, setSince] = useState(null);
  const { told, trouble, reload } = useAsk("/api/review", { from: since });
  const [gap, setGap] = useState(null);
  if (told) setZone(told.timezone);
  const today = localDay(Date.now());
  const periods = [["Last week and this", null], ["This week", mondayOf(today)], ["This month", today.slice(0, 8) + "01"], ["90 days", shifted(today, -90)]];
  const looked = () => act("Looked at", () => api.post("/api/review")).then(reload, () => {});
  return html`<main id="main" class="review" tabindex="-1">
    <div class="daybar"><div class="pick"><h1>Review</h1>
      ${periods.map(([text, from]) => html`<button class="quiet" key=${text} aria-pressed=${from === since ? "true" : "false"} onClick=${() => setSince(from)}>${text}</button>`)}</div>
      ${told && html`<div class="pick"><small>${told.lookedAt ? `looked at ${dayShort(localDay(ms(told.lookedAt)))}, ${clock(ms(told.lookedAt))}` : "never looked at"}</small>
        <button class="quiet" onClick=${looked}>I have looked</button></div>`}</div>
    ${trouble && html`<p class="trouble">${trouble.message} <small>${trouble.hint}</small></p>`}
    ${told && !told.items.length && html`<section class="card empty"><h2>Nothing is open</h2><p>Every hour has its project, and nothing waits for you.</p></section>`}
    ${told && Object.entries(TITLES).map(([kind, title]) => {
      const items = told.items.filter((one) => one.kind === kind);
      return items.length > 0 && html`<section class="card" key=${kind}><h2>${title} <small>${items.length}</small></h2>
        <ul class="plain">${items.map((one, number) => html`<${Item} key=${number} item=${one} reload=${reload} onFill=${setGap} />`)}</ul></section>`;
    })}
    ${told?.blind.length > 0 && html`<section class="card"><h2>Nobody watched</h2><p class="note">Nothing recorded then does not mean that nothing was done.</p>
      <ul class="plain">${told.blind.map((one) => html`<li key=${one.start}>${dayShort(localDay(ms(one.start)))} ${spanText(ms(one.start), ms(one.end))} <small>${line(one.reason)}</small></li>`)}</ul></section>`}
    ${gap && html`<${Fill} gap=${gap} onClose=${() => (setGap(null), reload())} />`}
  </main>`;
}

/** One decision: what can be done with it here, and the command that does it in a terminal. */
function Item({ item, reload, onFill }) {
  const name = item.projectName && line(item.projectName);
  const does = (text, deed) => act(text, deed).then(reload, () => {});
  const scope = { from: item.day, to: item.day, ...(item.projectId ? { projectId: item.projectId } : {}) };
  const deeds = {
    gap: () => html`<button class="quiet" onClick=${() => onFill({ from: ms(item.start), to: ms(item.end) })}>Fill it</button>`,
    meeting: () => html`<button class="quiet" onClick=${() => onFill({ from: ms(item.start), to: ms(item.end), project: item.projectName, description: item.title })}>Fill it</button>`,
    unconfirmed: () => html`<button class="quiet" onClick=${() => does(`Approved ${name}`, () => api.post("/api/approve", scope))}>Approve</button>`,
    correction: () => html`<button class="quiet" onClick=${() => does(`Settled ${name}`, () => api.post(item.command.startsWith("stint unapprove") ? "/api/unapprove" : "/api/approve", scope))}>
      ${item.command.startsWith("stint unapprove") ? "Release it" : "Approve as it is now"}</button>`,
    project: () => html`<a href="/dash/projects">Projects</a>`, suggestion: () => html`<a href="/dash/projects">Projects</a>`,
    target: () => html`<a href="/dash/targets">Targets</a>`,
  };
  return html`<li class="split"><span><bdi>${line(item.text)}</bdi><small class="command"><code>${line(item.command)}</code></small></span>
    <span class="deeds">${deeds[item.kind]?.()}${item.day && html`<a href=${`/?day=${item.day}`}>${dayShort(item.day)}</a>`}</span></li>`;
}
