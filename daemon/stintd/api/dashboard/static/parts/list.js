// The same day as lists: what is there, what is missing.

import { html, useEffect, useState } from "../lib/html.js";
import { colourOf, counted, line, workOf } from "../lib/text.js";
import { length, secondsOf, spanText } from "../lib/time.js";
import { Icon } from "./icons.js";

const FEW = 8;
const FIRST = 50;

/** The gaps; of many only the longest, until all are asked for. */
export function Gaps({ day, onFill }) {
  const [isWhole, setWhole] = useState(false);
  if (!day.gaps.length) return null;
  const sum = day.gaps.reduce((all, one) => all + one.durationSeconds, 0);
  const longest = [...day.gaps].sort((a, b) => b.durationSeconds - a.durationSeconds).slice(0, FEW);
  const shown = isWhole ? day.gaps : day.gaps.filter((one) => longest.includes(one));
  return html`<section class="card gaps" aria-label="Gaps">
    <h2>Gaps<span class="count">${length(sum)}</span></h2>
    <ul>${shown.map((gap) => html`<li key=${gap.id}><div><strong>${spanText(gap.from, gap.to)}</strong> <span>${length(gap.durationSeconds)}</span><small>${line(gap.reason)}</small></div>
      <button class="quiet" onClick=${() => onFill(gap)}><${Icon} name="plus" /> Fill</button></li>`)}</ul>
    ${shown.length < day.gaps.length && html`<button class="quiet" onClick=${() => setWhole(true)}>Show ${day.gaps.length - shown.length} shorter ones</button>`}
  </section>`;
}

function Row({ entry, isChosen, does, now }) {
  const notes = [entry.actor === "agent" && "agent", entry.state !== "finished" && entry.state, !entry.confirmed && "unconfirmed",
    entry.origin === "backfill" && "estimated", entry.locked && "approved", entry.billable && "billable"].filter(Boolean);
  return html`<li class=${`row ${colourOf(entry.projectId)} ${entry.actor}`}>
    <input type="checkbox" checked=${isChosen} aria-label=${`Choose ${workOf(entry)}, ${spanText(entry.from, entry.to)}`} onChange=${() => does.choose(entry)} />
    <button class="row-in" onClick=${() => does.open(entry)}>
      <span class="what"><i class="dot" aria-hidden="true"></i><bdi>${workOf(entry)}</bdi></span><b>${length(secondsOf(entry, now))}</b>
      <small>${spanText(entry.from, entry.to)}${notes.length ? ` · ${notes.join(", ")}` : ""}</small>
      ${entry.description && html`<small class="text"><bdi>${line(entry.description)}</bdi></small>`}
      ${entry.tags.length > 0 && html`<small class="tags">${entry.tags.map((tag) => html`<span key=${tag} class="tag">${line(tag)}</span>`)}</small>`}
    </button>
    <button class="bare why" aria-label=${`Why ${workOf(entry)}, ${spanText(entry.from, entry.to)}`} onClick=${() => does.why(entry)}>why</button>
  </li>`;
}

/** A first handful at once, the rest when the browser has time: hundreds of rows must not keep the timeline waiting. */
function useFirst(list) {
  const [isWhole, set] = useState(list.length <= FIRST);
  useEffect(() => {
    if (isWhole) return undefined;
    const later = window.requestIdleCallback ?? ((fn) => setTimeout(fn, 100));
    const handle = later(() => set(true));
    return () => (window.cancelIdleCallback ?? clearTimeout)(handle);
  }, [isWhole]);
  return isWhole ? list : list.slice(0, FIRST);
}

export function Entries({ day, chosen, does, now }) {
  const shown = useFirst(day.entries);
  if (!day.entries.length) return null;
  return html`<section class="card entries" aria-label="Entries"><h2>Entries<span class="count">${day.entries.length}</span></h2>
    <ul>${shown.map((entry) => html`<${Row} key=${entry.id} entry=${entry} isChosen=${chosen.has(entry.id)} does=${does} now=${now} />`)}</ul></section>`;
}

/** What can be done with several. */
export function Chosen({ entries, onMerge, onRemove, onClear }) {
  if (!entries.length) return null;
  const isOne = new Set(entries.map((one) => one.projectId)).size === 1;
  return html`<div class="chosen" role="toolbar" aria-label="Chosen entries">
    <span>${counted(entries.length, "entry", "entries")} chosen, ${length(entries.reduce((sum, one) => sum + one.durationSeconds, 0))}</span>
    <button class="primary" disabled=${entries.length < 2 || !isOne} title=${isOne ? "" : "Only entries of one project can be merged"} onClick=${onMerge}>Merge</button>
    <button class="bad" onClick=${onRemove}>Delete</button><button onClick=${onClear}>Clear</button>
  </div>`;
}
