// Why an entry is there: what was seen, in the order it happened, and one sentence for each silence.

import { api } from "../lib/api.js";
import { html, useEffect, useState } from "../lib/html.js";
import { counted, line, workOf } from "../lib/text.js";
import { clock, length, ms, spanText, stamp } from "../lib/time.js";

const ACTS = {
  edit: ["edit"], read: ["read"], checkout: ["branch change"], merge: ["merge"], rebase: ["rebase"], push: ["push", "pushes"],
  pull: ["pull"], stash: ["stash", "stashes"], prompt: ["prompt"], tool: ["tool call"], turn_end: ["turn of the agent", "turns of the agent"],
  session_start: ["session start"], session_end: ["session end"], presence: ["sign of presence", "signs of presence"], commit: ["commit"],
};
const VERDICTS = { work: "counted", away: "away", unassigned: "nobody's", supervised: "supervised", autonomous: "the agent alone" };
const ABSENCES = { suspend: "The machine slept", lock: "The screen was locked", shutdown: "The machine was off", off: "Recording was off" };
const CHAPTER = 10 * 60_000; // silences shorter than this do not begin a new paragraph
const SHORT = 5 * 60_000;

/** Heartbeats in paragraphs: one actor on one branch, with no long silence inside. */
function chapters(beats) {
  const found = [];
  for (const beat of [...beats].sort((a, b) => a.time.localeCompare(b.time))) {
    const at = ms(beat.time), last = found.at(-1);
    if (last && last.actor === beat.actor && last.branch === beat.branch && at - last.to < CHAPTER) {
      last.to = at;
      last.beats.push(beat);
    } else found.push({ actor: beat.actor, branch: beat.branch, at, to: at, beats: [beat] });
  }
  return found;
}

function tally(beats) {
  const counts = new Map();
  for (const beat of beats) counts.set(beat.kind, (counts.get(beat.kind) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([kind, number]) => counted(number, ...(ACTS[kind] ?? [line(kind)]))).join(", ");
}

function files(beats) {
  const counts = new Map();
  for (const beat of beats) if (beat.entity && ["edit", "read", "tool"].includes(beat.kind)) counts.set(beat.entity, (counts.get(beat.entity) ?? 0) + 1);
  const all = [...counts].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  return all.length > 4 ? [...all.slice(0, 4), `${all.length - 4} more`] : all;
}

/** Who saw it. What was read afterwards carries the id of that reading as its client, which tells a reader nothing. */
function witness(beat) {
  return beat.client?.startsWith("backfill:") ? `${beat.source}, read afterwards` : beat.client || beat.source;
}

function sentence(chapter) {
  const seen = [...new Set(chapter.beats.map(witness))].map(line).join(", ");
  return html`<p>${chapter.actor === "agent" ? html`<strong>An agent:</strong> ` : ""}${tally(chapter.beats)}${chapter.branch && html` on <bdi class="branch">${line(chapter.branch)}</bdi>`}, seen by ${seen}.</p>
    ${files(chapter.beats).length > 0 && html`<p class="files">${files(chapter.beats).map((name) => html`<bdi key=${name}>${line(name)}</bdi>`)}</p>`}`;
}

/** Everything in order: `{at, to, kind, body}`. */
function events(told) {
  const gaps = told.gaps.map((one) => ({ ...one, at: ms(one.start), to: ms(one.end) }));
  const isShort = (one) => one.verdict === "work" && one.to - one.at < SHORT;
  return {
    short: gaps.filter(isShort),
    list: [
      ...chapters(told.heartbeats).map((one) => ({ at: one.at, to: one.to, kind: one.actor, body: sentence(one) })),
      ...told.commits.map((one) => ({ at: ms(one.time), kind: "commit", body: html`<p>Commit <code>${one.sha.slice(0, 7)}</code> <bdi>${line(one.subject)}</bdi></p>` })),
      ...gaps.filter((one) => !isShort(one)).map((one) => ({ at: one.at, to: one.to, kind: `silence ${one.verdict}`, body: html`<p><strong>${VERDICTS[one.verdict]}</strong> ${line(one.reason)}</p>` })),
      ...told.absences.map((one) => ({ at: ms(one.start), to: ms(one.end), kind: "absent", body: html`<p>${ABSENCES[one.kind]}.</p>` })),
      ...told.blind.map((one) => ({ at: ms(one.start), to: ms(one.end), kind: "blind", body: html`<p>Not watched: ${line(one.reason)}.</p>` })),
    ].sort((a, b) => a.at - b.at || (a.to ?? a.at) - (b.to ?? b.at)),
  };
}

function about(entry) {
  const found = [];
  if (entry.actor === "agent") found.push("An agent's own time.");
  if (entry.origin === "manual") found.push("Entered or started by hand.");
  if (entry.origin === "import") found.push("Imported from a file.");
  if (entry.origin === "backfill") found.push("Estimated from what was read afterwards.");
  if (entry.supervisedSeconds) found.push(`${length(entry.handsOnSeconds)} hands-on, ${length(entry.supervisedSeconds)} watching an agent.`);
  if (entry.pinned.length) found.push(`You set its ${entry.pinned.join(", ")}; that stays.`);
  if (!entry.confirmed) found.push("Unconfirmed: it rests on evidence that alone proves little.");
  return found.join(" ");
}

/** Of an entry, or of the minute `at`, whatever lies there. */
export function Story({ entry, at }) {
  const [told, set] = useState(null);
  const [trouble, setTrouble] = useState("");
  useEffect(() => {
    let isHere = true;
    const asked = entry ? api.get(`/api/entries/${entry.id}/evidence`) : api.get("/api/why", { at: stamp(at) });
    asked.then((found) => isHere && set(found), (refusal) => isHere && setTrouble(refusal.message));
    return () => (isHere = false);
  }, [entry?.id, entry?.revision, at]);
  if (trouble) return html`<p class="trouble">${trouble}</p>`;
  if (!told) return html`<p class="loading">Looking it up…</p>`;
  const { short, list } = events(told);
  return html`<div class="story">
    ${!entry && html`<p class="headline"><bdi>${told.entry ? workOf(told.entry) : "No entry"}</bdi><span>${spanText(ms(told.start), ms(told.end))}</span></p>`}
    ${told.entry && html`<p class="note">${about(told.entry)}</p>`}
    ${!list.length && html`<p>Nothing was observed here${told.entry ? ": it rests on what you entered" : ""}.</p>`}
    <ol>${list.map((one) => html`<li class=${one.kind} key=${`${one.kind}${one.at}`}>
      <time>${one.to && one.to - one.at >= 60_000 ? spanText(one.at, one.to) : clock(one.at)}</time><div>${one.body}</div></li>`)}</ol>
    ${short.length > 0 && html`<p class="note">${counted(short.length, "silence")} under 5 minutes, ${length(short.reduce((sum, one) => sum + one.to - one.at, 0) / 1000)} in all, counted as work.</p>`}
    ${told.sessions.length > 0 && html`<h3>Sessions</h3><ul class="sessions">${told.sessions.map((one) => html`<li key=${one.sessionId}><bdi>${line(one.agent || "editor")}</bdi> ${spanText(ms(one.start), ms(one.end))}${one.endReason && html` · ${line(one.endReason)}`}</li>`)}</ul>`}
  </div>`;
}
