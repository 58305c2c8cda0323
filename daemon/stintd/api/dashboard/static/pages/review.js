// The weekly review: every open decision, each with the action that settles it.

import { act, showMessage } from "../lib/act.js";
import { api } from "../lib/api.js";
import { html, useState } from "../lib/html.js";
import { useQuery } from "../lib/query.js";
import { line } from "../lib/text.js";
import { clock, dayShort, localDay, ms, setZone, addDays, spanText } from "../lib/time.js";
import { mondayOf } from "../lib/week.js";
import { Answer } from "../parts/answer.js";
import { Fill } from "../parts/fill.js";

const TITLES = {
  question: "Whose hours are these?", gap: "Gaps in the working day", unassigned: "Time without a project", unconfirmed: "Unconfirmed entries", correction: "Approved hours that have changed since",
  meeting: "Meetings without an entry", long: "Long manual timers", project: "New projects", suggestion: "Possibly the same project", target: "Hours that billing targets do not have", changed: "Changed since your last review", uncounted: "Folders without git",
};

export function Page() {
  const [since, setSince] = useState(null);
  const { answer, error, reload } = useQuery("/api/review", { from: since });
  const [gap, setGap] = useState(null);
  if (answer) setZone(answer.timezone);
  const today = localDay(Date.now());
  const periods = [["Last week and this week", null], ["This week", mondayOf(today)], ["This month", today.slice(0, 8) + "01"], ["Last 90 days", addDays(today, -90)]];
  const markReviewed = () => act("Marked as reviewed", () => api.post("/api/review")).then(reload, () => {});
  return html`<main id="main" class="review" tabindex="-1">
    <div class="daybar"><div class="pick"><h1>Review</h1>
      ${periods.map(([text, from]) => html`<button class="quiet" key=${text} aria-pressed=${from === since ? "true" : "false"} onClick=${() => setSince(from)}>${text}</button>`)}</div>
      ${answer && html`<div class="pick"><small>${answer.lookedAt ? `reviewed ${dayShort(localDay(ms(answer.lookedAt)))}, ${clock(ms(answer.lookedAt))}` : "never reviewed"}</small>
        <button class="quiet" onClick=${markReviewed}>Mark as reviewed</button></div>`}</div>
    ${error && html`<p class="trouble">${error.message} <small>${error.hint}</small></p>`}
    ${answer && !answer.items.length && html`<section class="card empty"><h2>Nothing to review</h2><p>Every hour has a project, and nothing is waiting for you.</p></section>`}
    ${answer && Object.entries(TITLES).map(([kind, title]) => {
      const items = answer.items.filter((item) => item.kind === kind);
      return items.length > 0 && html`<section class="card" key=${kind}><h2>${title} <small>${items.length}</small></h2>
        <ul class="plain">${items.map((item, number) => html`<${Item} key=${number} item=${item} reload=${reload} onFill=${setGap} />`)}</ul></section>`;
    })}
    ${answer?.blind.length > 0 && html`<section class="card"><h2>Not watched</h2><p class="note">stintd recorded nothing in these periods. That does not mean that you did not work.</p>
      <ul class="plain">${answer.blind.map((span) => html`<li key=${span.start}>${dayShort(localDay(ms(span.start)))} ${spanText(ms(span.start), ms(span.end))} <small>${line(span.reason)}</small></li>`)}</ul></section>`}
    ${gap && html`<${Fill} gap=${gap} onClose=${() => (setGap(null), reload())} />`}
  </main>`;
}

/** One decision: the action that settles it here, and the command that does the same in a terminal. */
function Item({ item, reload, onFill }) {
  const name = item.projectName && line(item.projectName);
  const settle = (text, send) => act(text, send).then((told) => {
    if (told?.notice) showMessage({ text: line(told.notice), undo: told.editId }); // what an approval left out
    reload();
  }, () => {});
  const scope = { from: item.day, to: item.day, ...(item.projectId ? { projectId: item.projectId } : {}) };
  const isUnapproval = item.command.startsWith("stint unapprove");
  const buttons = {
    question: () => html`<${Answer} item=${item} reload=${reload} />`,
    gap: () => html`<button class="quiet" onClick=${() => onFill({ from: ms(item.start), to: ms(item.end) })}>Fill</button>`,
    meeting: () => html`<button class="quiet" onClick=${() => onFill({ from: ms(item.start), to: ms(item.end), project: item.projectName, description: item.title })}>Fill</button>`,
    unconfirmed: () => html`<button class="quiet" onClick=${() => settle(`Approved ${name}`, () => api.post("/api/approve", scope))}>Approve</button>`,
    correction: () => html`<button class="quiet" onClick=${() => settle(`${isUnapproval ? "Unapproved" : "Approved"} ${name}`, () => api.post(isUnapproval ? "/api/unapprove" : "/api/approve", scope))}>
      ${isUnapproval ? "Unapprove" : "Approve the new hours"}</button>`,
    project: () => html`<a href="/dash/projects">Projects</a>`, suggestion: () => html`<a href="/dash/projects">Projects</a>`,
    target: () => html`<a href="/dash/targets">Targets</a>`,
  };
  return html`<li class="split"><span><bdi>${line(item.text)}</bdi>${item.folders.map((path) => html`<small class="command" key=${path}><bdi>${line(path)}</bdi></small>`)}<small class="command"><code>${line(item.command)}</code></small></span>
    <span class="actions">${buttons[item.kind]?.()}${item.day && html`<a href=${`/?day=${item.day}`}>${dayShort(item.day)}</a>`}</span></li>`;
}
