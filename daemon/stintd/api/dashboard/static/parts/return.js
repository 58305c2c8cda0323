// You are back after a timer was paused automatically: what was the time since then? Asked once; any answer ends the question.

import { act } from "../lib/act.js";
import { api } from "../lib/api.js";
import { html, useCallback, useEffect, useState } from "../lib/html.js";
import { useRefresh } from "../lib/live.js";
import { line } from "../lib/text.js";
import { clock, instantOf, localDay, ms, stamp } from "../lib/time.js";
import { ProjectField, findProject, useProjects } from "./choose.js";

/** The question about each timer that the daemon paused, by the timer's id. */
function useQuestions(timers) {
  const [questions, set] = useState(new Map());
  const isPaused = timers.some((timer) => timer.state === "paused");
  const load = useCallback(async () => {
    const warnings = isPaused ? (await api.get("/api/status")).warnings.filter((warning) => warning.code === "paused") : [];
    set(new Map(warnings.map((warning) => [warning.subject, warning.text])));
  }, [isPaused]);
  useEffect(() => void load().catch(() => {}), [load]);
  useRefresh(load, { beats: false });
  return questions;
}

export function Returns({ timers }) {
  const questions = useQuestions(timers);
  return timers.filter((timer) => questions.has(timer.id)).map((timer) => html`<${Question} key=${timer.id} timer=${timer} text=${questions.get(timer.id)} />`);
}

/** What the message says of each answer. */
const ANSWERS = { keep: "counted as work", drop: "not counted", split: "split", assign: "counted as other work" };

function Question({ timer, text }) {
  const since = ms(timer.pauses.at(-1)?.start ?? timer.start);
  const [at, setAt] = useState(clock(Date.now()));
  const [name, setName] = useState("");
  const [open, setOpen] = useState("");
  const projects = useProjects();
  const project = findProject(projects, name);
  const answer = (word, more = {}) => act(`Time since ${clock(since)}: ${ANSWERS[word]}`, () => api.post("/api/timer/return", { answer: word, timerId: timer.id, ...more })).catch(() => {});
  const where = project ? { projectId: project.id } : { projectName: name.trim(), autoCreate: true };
  return html`<section class="card question" aria-label="You are back">
    <h2>You are back</h2><p>${line(text)}</p>
    <div class="actions">
      <button class="quiet" onClick=${() => answer("keep")}>I was working</button><button class="quiet" onClick=${() => answer("drop")}>I was not working</button>
      <button class="quiet" aria-expanded=${open === "split" ? "true" : "false"} onClick=${() => setOpen("split")}>I worked since…</button>
      <button class="quiet" aria-expanded=${open === "assign" ? "true" : "false"} onClick=${() => setOpen("assign")}>I worked on something else…</button></div>
    ${open === "split" && html`<form class="actions" onSubmit=${(event) => (event.preventDefault(), answer("split", { at: stamp(instantOf(localDay(Date.now()), at)) }))}>
      <label class="field-of">Since<input type="time" name="since" value=${at} onInput=${(event) => setAt(event.target.value)} /></label><button class="primary">Save</button></form>`}
    ${open === "assign" && html`<form class="actions" onSubmit=${(event) => (event.preventDefault(), answer("assign", where))}>
      <${ProjectField} value=${name} onInput=${setName} projects=${projects} isNew=${name && projects.length && !project} /><button class="primary" disabled=${!name.trim()}>Assign</button></form>`}
  </section>`;
}
