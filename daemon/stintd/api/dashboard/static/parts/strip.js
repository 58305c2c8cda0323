// The strip of evidence: what was observed, whatever the entries say. The person's on the left, agents' beside it.

import { html } from "../lib/html.js";
import { colourOf, line, projectOf } from "../lib/text.js";
import { clock, length, spanText } from "../lib/time.js";

const STATES = { handsOn: "hands-on", supervised: "supervised", agent: "agent" };
const ABSENCES = { suspend: "asleep", lock: "screen locked", shutdown: "shut down", off: "recording was off" };
const ACTS = { commit: "commit", checkout: "branch", merge: "merge", rebase: "rebase", pull: "pull", push: "push" };

function Stretch({ one, at, name, words }) {
  return html`<i class=${name} style=${at(one.from, one.to)} title=${`${words}, ${spanText(one.from, one.to)}, ${length((one.to - one.from) / 1000)}`}></i>`;
}

export function Strip({ day, at, range, onAsk }) {
  const inside = (list) => list.filter((one) => one.to > range.from && one.from < range.to);
  const ask = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    onAsk(range.from + ((event.clientY - box.top) / box.height) * (range.to - range.from));
  };
  return html`<div class="strip" aria-hidden="true" onClick=${ask}>
    ${inside(day.evidence).map((one) => html`<${Stretch} key=${`${one.state}${one.from}${one.projectId}`} one=${one} at=${at}
      name=${`seen ${one.state} ${colourOf(one.projectId)}`} words=${`${STATES[one.state]}: ${projectOf(one)}`} />`)}
    ${inside(day.absences).map((one) => html`<${Stretch} key=${`a${one.from}`} one=${one} at=${at} name="absence" words=${ABSENCES[one.kind]} />`)}
    ${inside(day.blind).map((one) => html`<${Stretch} key=${`b${one.from}`} one=${one} at=${at} name="blind" words=${`not watched: ${line(one.reason)}`} />`)}
  </div>`;
}

/** Commits and branch changes as dots. */
export function Marks({ day, y }) {
  return html`<div class="marks" aria-hidden="true">${day.marks.map((one) => html`
    <i key=${`${one.kind}${one.at}${one.sha}`} class=${`act ${one.kind} ${one.actor} ${colourOf(one.projectId)}`} style=${{ top: `${y(one.at)}px` }}
      title=${`${clock(one.at)} ${ACTS[one.kind]} ${one.sha ? one.sha.slice(0, 7) : ""} ${line(one.text)} (${projectOf(one)})`}></i>`)}</div>`;
}

export function Legend() {
  return html`<ul class="legend" aria-label="What the strip shows">
    <li><i class="seen handsOn"></i>hands-on</li><li><i class="seen supervised"></i>supervised</li><li><i class="seen agent"></i>agent</li>
    <li><i class="nothing"></i>idle</li><li><i class="absence"></i>away</li><li><i class="blind"></i>not watched</li>
    <li><i class="act commit"></i>commit</li><li><i class="act checkout"></i>branch</li>
  </ul>`;
}

/** The same for those who read a list. */
export function Acts({ day }) {
  if (!day.marks.length) return null;
  return html`<details class="card acts"><summary><h2>What git did</h2><span class="count">${day.marks.length}</span></summary>
    <ol>${day.marks.map((one) => html`<li key=${`${one.kind}${one.at}${one.sha}`}>
      <time>${clock(one.at)}</time><i class=${`act ${one.kind} ${colourOf(one.projectId)}`} aria-hidden="true"></i>
      <span><bdi>${line(one.text)}</bdi><small>${one.sha ? one.sha.slice(0, 7) : ACTS[one.kind]} · <bdi>${projectOf(one)}</bdi>${one.branch && one.kind === "commit" ? html` · <bdi>${line(one.branch)}</bdi>` : ""}${one.actor === "agent" ? " · agent" : ""}</small></span>
    </li>`)}</ol></details>`;
}
