// The same day as lists: its gaps and its entries.

import { html, useEffect, useState } from "../lib/html.js";
import { colourOf, line, quantity, workOf } from "../lib/text.js";
import { length, secondsOf, spanText } from "../lib/time.js";
import { Icon } from "./icons.js";

const FEW = 8;
const FIRST = 50;

/** The gaps. Where there are many, only the longest, until the user wants all. */
export function Gaps({ day, onFill }) {
  const [isWhole, setWhole] = useState(false);
  if (!day.gaps.length) return null;
  const sum = day.gaps.reduce((total, gap) => total + gap.durationSeconds, 0);
  const longest = [...day.gaps].sort((a, b) => b.durationSeconds - a.durationSeconds).slice(0, FEW);
  const visible = isWhole ? day.gaps : day.gaps.filter((gap) => longest.includes(gap));
  return html`<section class="card gaps" aria-label="Gaps">
    <h2>Gaps<span class="count">${length(sum)}</span></h2>
    <ul>${visible.map((gap) => html`<li key=${gap.id}><div><strong>${spanText(gap.from, gap.to)}</strong> <span>${length(gap.durationSeconds)}</span><small>${line(gap.reason)}</small></div>
      <button class="quiet" onClick=${() => onFill(gap)}><${Icon} name="plus" /> Fill</button></li>`)}</ul>
    ${visible.length < day.gaps.length && html`<button class="quiet" onClick=${() => setWhole(true)}>Show ${quantity(day.gaps.length - visible.length, "shorter gap")}</button>`}
  </section>`;
}

function Row({ entry, isSelected, actions, now }) {
  const notes = [entry.actor === "agent" && "agent", entry.state !== "finished" && entry.state, !entry.confirmed && "unconfirmed",
    entry.origin === "backfill" && "estimated", entry.locked && "approved", entry.billable && "billable"].filter(Boolean);
  return html`<li class=${`row ${colourOf(entry.projectId)} ${entry.actor}`}>
    <input type="checkbox" checked=${isSelected} aria-label=${`Select ${workOf(entry)}, ${spanText(entry.from, entry.to)}`} onChange=${() => actions.select(entry)} />
    <button class="row-in" onClick=${() => actions.open(entry)}>
      <span class="what"><i class="dot" aria-hidden="true"></i><bdi>${workOf(entry)}</bdi></span><b>${length(secondsOf(entry, now))}</b>
      <small>${spanText(entry.from, entry.to)}${notes.length ? ` · ${notes.join(", ")}` : ""}</small>
      ${entry.description && html`<small class="text"><bdi>${line(entry.description)}</bdi></small>`}
      ${entry.tags.length > 0 && html`<small class="tags">${entry.tags.map((tag) => html`<span key=${tag} class="tag">${line(tag)}</span>`)}</small>`}
    </button>
    <button class="bare why" aria-label=${`Why ${workOf(entry)}, ${spanText(entry.from, entry.to)}`} onClick=${() => actions.why(entry)}>why</button>
  </li>`;
}

/** The first rows at once, the rest when the browser is idle: hundreds of rows must not delay the timeline. */
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

export function Entries({ day, selection, actions, now }) {
  const visible = useFirst(day.entries);
  if (!day.entries.length) return null;
  return html`<section class="card entries" aria-label="Entries"><h2>Entries<span class="count">${day.entries.length}</span></h2>
    <ul>${visible.map((entry) => html`<${Row} key=${entry.id} entry=${entry} isSelected=${selection.has(entry.id)} actions=${actions} now=${now} />`)}</ul></section>`;
}

/** The toolbar of the selected entries. */
export function Selection({ entries, onMerge, onRemove, onClear }) {
  if (!entries.length) return null;
  const isMergeable = new Set(entries.map((entry) => entry.projectId)).size === 1;
  return html`<div class="chosen" role="toolbar" aria-label="Selected entries">
    <span>${quantity(entries.length, "entry", "entries")} selected, ${length(entries.reduce((sum, entry) => sum + entry.durationSeconds, 0))}</span>
    <button class="primary" disabled=${entries.length < 2 || !isMergeable} title=${isMergeable ? "" : "Only entries of the same project can be merged"} onClick=${onMerge}>Merge</button>
    <button class="bad" onClick=${onRemove}>Delete</button><button onClick=${onClear}>Clear</button>
  </div>`;
}
