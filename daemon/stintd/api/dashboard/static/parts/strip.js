// The evidence strip: what was observed, whatever the entries say. Your time is on the left, agents' time beside it.

import { html } from "../lib/html.js";
import { colourOf, line, projectOf } from "../lib/text.js";
import { clock, length, spanText } from "../lib/time.js";

const STATES = { handsOn: "active", supervised: "supervised", agent: "agent" };
const ABSENCES = { suspend: "asleep", lock: "screen locked", shutdown: "shut down", off: "recording was off" };
const ACTS = { commit: "commit", checkout: "branch", merge: "merge", rebase: "rebase", pull: "pull", push: "push" };

function Stretch({ span, at, name, label }) {
  return html`<i class=${name} style=${at(span.from, span.to)} title=${`${label}, ${spanText(span.from, span.to)}, ${length((span.to - span.from) / 1000)}`}></i>`;
}

export function Strip({ day, at, range, onPick }) {
  const visible = (spans) => spans.filter((span) => span.to > range.from && span.from < range.to);
  const pick = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    onPick(range.from + ((event.clientY - box.top) / box.height) * (range.to - range.from));
  };
  return html`<div class="strip" aria-hidden="true" onClick=${pick}>
    ${visible(day.evidence).map((span) => html`<${Stretch} key=${`${span.state}${span.from}${span.projectId}`} span=${span} at=${at}
      name=${`seen ${span.state} ${colourOf(span.projectId)}`} label=${`${STATES[span.state]}: ${projectOf(span)}`} />`)}
    ${visible(day.absences).map((span) => html`<${Stretch} key=${`a${span.from}`} span=${span} at=${at} name="absence" label=${ABSENCES[span.kind]} />`)}
    ${visible(day.blind).map((span) => html`<${Stretch} key=${`b${span.from}`} span=${span} at=${at} name="blind" label=${`not watched: ${line(span.reason)}`} />`)}
  </div>`;
}

/** Commits and branch changes as dots. */
export function Marks({ day, y }) {
  return html`<div class="marks" aria-hidden="true">${day.marks.map((mark) => html`
    <i key=${`${mark.kind}${mark.at}${mark.sha}`} class=${`act ${mark.kind} ${mark.actor} ${colourOf(mark.projectId)}`} style=${{ top: `${y(mark.at)}px` }}
      title=${`${clock(mark.at)} ${ACTS[mark.kind]} ${mark.sha ? mark.sha.slice(0, 7) : ""} ${line(mark.text)} (${projectOf(mark)})`}></i>`)}</div>`;
}

export function Legend() {
  return html`<ul class="legend" aria-label="Legend">
    <li><i class="seen handsOn"></i>active</li><li><i class="seen supervised"></i>supervised</li><li><i class="seen agent"></i>agent</li>
    <li><i class="nothing"></i>idle</li><li><i class="absence"></i>away</li><li><i class="blind"></i>not watched</li>
    <li><i class="act commit"></i>commit</li><li><i class="act checkout"></i>branch</li>
  </ul>`;
}

/** The same as a list, also for screen readers. */
export function GitEvents({ day }) {
  if (!day.marks.length) return null;
  return html`<details class="card acts"><summary><h2>Git events</h2><span class="count">${day.marks.length}</span></summary>
    <ol>${day.marks.map((mark) => html`<li key=${`${mark.kind}${mark.at}${mark.sha}`}>
      <time>${clock(mark.at)}</time><i class=${`act ${mark.kind} ${colourOf(mark.projectId)}`} aria-hidden="true"></i>
      <span><bdi>${line(mark.text)}</bdi><small>${mark.sha ? mark.sha.slice(0, 7) : ACTS[mark.kind]} · <bdi>${projectOf(mark)}</bdi>${mark.branch && mark.kind === "commit" ? html` · <bdi>${line(mark.branch)}</bdi>` : ""}${mark.actor === "agent" ? " · agent" : ""}</small></span>
    </li>`)}</ol></details>`;
}
