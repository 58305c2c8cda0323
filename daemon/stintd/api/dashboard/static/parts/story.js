// Why an entry exists: what was observed, in the order it happened, and one sentence for each silence.

import { api } from "../lib/api.js";
import { html, useEffect, useState } from "../lib/html.js";
import { line, quantity, workOf } from "../lib/text.js";
import { clock, length, ms, spanText, stamp } from "../lib/time.js";

const ACTS = {
  edit: ["edit"], read: ["read"], checkout: ["branch change"], merge: ["merge"], rebase: ["rebase"], push: ["push", "pushes"],
  pull: ["pull"], stash: ["stash", "stashes"], prompt: ["prompt"], tool: ["tool call"], turn_end: ["agent turn"],
  session_start: ["session start"], session_end: ["session end"], presence: ["presence signal"], commit: ["commit"],
};
const VERDICTS = { work: "counted", away: "away", unassigned: "unassigned", supervised: "supervised", autonomous: "agent only" };
const ABSENCES = { suspend: "The machine slept", lock: "The screen was locked", shutdown: "The machine was off", off: "Recording was off" };
const CHAPTER = 10 * 60_000; // a shorter silence does not start a new paragraph
const SHORT = 5 * 60_000;

/** Heartbeats in paragraphs: one actor on one branch, without a long silence inside. */
function chapters(beats) {
  const list = [];
  for (const beat of [...beats].sort((a, b) => a.time.localeCompare(b.time))) {
    const at = ms(beat.time), last = list.at(-1);
    if (last && last.actor === beat.actor && last.branch === beat.branch && at - last.to < CHAPTER) {
      last.to = at;
      last.beats.push(beat);
    } else list.push({ actor: beat.actor, branch: beat.branch, at, to: at, beats: [beat] });
  }
  return list;
}

function tally(beats) {
  const counts = new Map();
  for (const beat of beats) counts.set(beat.kind, (counts.get(beat.kind) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([kind, number]) => quantity(number, ...(ACTS[kind] ?? [line(kind)]))).join(", ");
}

function files(beats) {
  const counts = new Map();
  for (const beat of beats) if (beat.entity && ["edit", "read", "tool"].includes(beat.kind)) counts.set(beat.entity, (counts.get(beat.entity) ?? 0) + 1);
  const all = [...counts].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  return all.length > 4 ? [...all.slice(0, 4), `${all.length - 4} more`] : all;
}

/** Which program reported it. The client of an imported heartbeat is the id of the import, which means nothing to a reader. */
function reporter(beat) {
  return beat.client?.startsWith("backfill:") ? `${beat.source} (imported later)` : beat.client || beat.source;
}

function sentence(chapter) {
  const reporters = [...new Set(chapter.beats.map(reporter))].map(line).join(", ");
  return html`<p>${chapter.actor === "agent" ? html`<strong>An agent:</strong> ` : ""}${tally(chapter.beats)}${chapter.branch && html` on <bdi class="branch">${line(chapter.branch)}</bdi>`}, reported by ${reporters}.</p>
    ${files(chapter.beats).length > 0 && html`<p class="files">${files(chapter.beats).map((name) => html`<bdi key=${name}>${line(name)}</bdi>`)}</p>`}`;
}

/** Everything in order: `{at, to, kind, body}`. */
function events(evidence) {
  const gaps = evidence.gaps.map((gap) => ({ ...gap, at: ms(gap.start), to: ms(gap.end) }));
  const isShort = (gap) => gap.verdict === "work" && gap.to - gap.at < SHORT;
  return {
    short: gaps.filter(isShort),
    list: [
      ...chapters(evidence.heartbeats).map((chapter) => ({ at: chapter.at, to: chapter.to, kind: chapter.actor, body: sentence(chapter) })),
      ...evidence.commits.map((commit) => ({ at: ms(commit.time), kind: "commit", body: html`<p>Commit <code>${commit.sha.slice(0, 7)}</code> <bdi>${line(commit.subject)}</bdi></p>` })),
      ...gaps.filter((gap) => !isShort(gap)).map((gap) => ({ at: gap.at, to: gap.to, kind: `silence ${gap.verdict}`, body: html`<p><strong>${VERDICTS[gap.verdict]}</strong> ${line(gap.reason)}</p>` })),
      ...evidence.absences.map((absence) => ({ at: ms(absence.start), to: ms(absence.end), kind: "absent", body: html`<p>${ABSENCES[absence.kind]}.</p>` })),
      ...evidence.blind.map((span) => ({ at: ms(span.start), to: ms(span.end), kind: "blind", body: html`<p>Not watched: ${line(span.reason)}.</p>` })),
    ].sort((a, b) => a.at - b.at || (a.to ?? a.at) - (b.to ?? b.at)),
  };
}

function notesOf(entry, folders) {
  const notes = [];
  if (entry.actor === "agent") notes.push("Time of an agent that worked on its own.");
  if (entry.origin === "manual") notes.push("Manual: you entered it, or started its timer.");
  if (entry.origin === "import") notes.push("Imported from a file.");
  if (entry.origin === "backfill") notes.push("Estimated from git and agent logs that were imported later.");
  if (entry.supervisedSeconds) notes.push(`${length(entry.handsOnSeconds)} active, ${length(entry.supervisedSeconds)} supervising an agent.`);
  if (entry.pinned.length) notes.push(`You set its ${entry.pinned.map((field) => (field === "text" ? "description" : field)).join(", ")}; stintd keeps what you set.`);
  if (folders.some((folder) => folder.isWaiting)) notes.push("Unconfirmed: it waits for your answer whose hours these are, on the page Review.");
  else if (!entry.confirmed) notes.push("Unconfirmed: its evidence alone proves little.");
  return notes.join(" ");
}

/** The evidence of an entry, or of the minute `at`, whether there is an entry or not. */
export function Story({ entry, at }) {
  const [evidence, set] = useState(null);
  const [error, setError] = useState("");
  useEffect(() => {
    let isMounted = true;
    const request = entry ? api.get(`/api/entries/${entry.id}/evidence`) : api.get("/api/why", { at: stamp(at) });
    request.then((answer) => isMounted && set(answer), (failure) => isMounted && setError(failure.message));
    return () => (isMounted = false);
  }, [entry?.id, entry?.revision, at]);
  if (error) return html`<p class="trouble">${error}</p>`;
  if (!evidence) return html`<p class="loading">Loading…</p>`;
  const { short, list } = events(evidence);
  return html`<div class="story">
    ${!entry && html`<p class="headline"><bdi>${evidence.entry ? workOf(evidence.entry) : "No entry"}</bdi><span>${spanText(ms(evidence.start), ms(evidence.end))}</span></p>`}
    ${evidence.entry && html`<p class="note">${notesOf(evidence.entry, evidence.folders)}</p>`}
    ${evidence.folders.map((folder) => html`<p class="note" key=${folder.path}>In <bdi>${line(folder.path)}</bdi>: <bdi>${line(folder.why)}</bdi>.</p>`)}
    ${!list.length && html`<p>Nothing was observed in this time${evidence.entry ? "; the entry is as you entered it" : ""}.</p>`}
    <ol>${list.map((event) => html`<li class=${event.kind} key=${`${event.kind}${event.at}`}>
      <time>${event.to && event.to - event.at >= 60_000 ? spanText(event.at, event.to) : clock(event.at)}</time><div>${event.body}</div></li>`)}</ol>
    ${short.length > 0 && html`<p class="note">${quantity(short.length, "silence")} shorter than 5 minutes, ${length(short.reduce((sum, gap) => sum + gap.to - gap.at, 0) / 1000)} in total: counted as work.</p>`}
    ${evidence.sessions.length > 0 && html`<h3>Sessions</h3><ul class="sessions">${evidence.sessions.map((session) => html`<li key=${session.sessionId}><bdi>${line(session.agent || "editor")}</bdi> ${spanText(ms(session.start), ms(session.end))}${session.endReason && html` · ${line(session.endReason)}`}</li>`)}</ul>`}
  </div>`;
}
