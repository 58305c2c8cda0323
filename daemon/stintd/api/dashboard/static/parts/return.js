// Back after a gap inside a timer: what was the time since it was paused by itself? Asked once; any answer settles it.

import { act } from "../lib/act.js";
import { api } from "../lib/api.js";
import { html, useCallback, useEffect, useState } from "../lib/html.js";
import { useLook } from "../lib/live.js";
import { line } from "../lib/text.js";
import { clock, instantOf, localDay, ms, stamp } from "../lib/time.js";
import { ProjectField, projectNamed, useProjects } from "./choose.js";

/** The question of each timer that the daemon paused, by the timer's id. */
function useQuestions(timers) {
  const [asked, set] = useState(new Map());
  const isPaused = timers.some((one) => one.state === "paused");
  const load = useCallback(async () => {
    const found = isPaused ? (await api.get("/api/status")).warnings.filter((one) => one.code === "paused") : [];
    set(new Map(found.map((one) => [one.subject, one.text])));
  }, [isPaused]);
  useEffect(() => void load().catch(() => {}), [load]);
  useLook(load, { beats: false });
  return asked;
}

export function Returns({ timers }) {
  const asked = useQuestions(timers);
  return timers.filter((one) => asked.has(one.id)).map((one) => html`<${Question} key=${one.id} timer=${one} text=${asked.get(one.id)} />`);
}

function Question({ timer, text }) {
  const since = ms(timer.pauses.at(-1)?.start ?? timer.start);
  const [at, setAt] = useState(clock(Date.now()));
  const [name, setName] = useState("");
  const [open, setOpen] = useState("");
  const projects = useProjects();
  const project = projectNamed(projects, name);
  const answer = (word, more = {}) => act(`The time since ${clock(since)}: ${word}`, () => api.post("/api/timer/return", { answer: word, timerId: timer.id, ...more })).catch(() => {});
  const where = project ? { projectId: project.id } : { projectName: name.trim(), autoCreate: true };
  return html`<section class="card question" aria-label="You are back">
    <h2>You are back</h2><p>${line(text)}</p>
    <div class="deeds">
      <button class="quiet" onClick=${() => answer("keep")}>It was work</button><button class="quiet" onClick=${() => answer("drop")}>It was not</button>
      <button class="quiet" aria-expanded=${open === "split" ? "true" : "false"} onClick=${() => setOpen("split")}>Work since…</button>
      <button class="quiet" aria-expanded=${open === "assign" ? "true" : "false"} onClick=${() => setOpen("assign")}>Other work…</button></div>
    ${open === "split" && html`<form class="deeds" onSubmit=${(event) => (event.preventDefault(), answer("split", { at: stamp(instantOf(localDay(Date.now()), at)) }))}>
      <label class="field-of">Since<input type="time" name="since" value=${at} onInput=${(event) => setAt(event.target.value)} /></label><button class="primary">Split there</button></form>`}
    ${open === "assign" && html`<form class="deeds" onSubmit=${(event) => (event.preventDefault(), answer("assign", where))}>
      <${ProjectField} value=${name} onInput=${setName} projects=${projects} isNew=${name && projects.length && !project} /><button class="primary" disabled=${!name.trim()}>Assign</button></form>`}
  </section>`;
}
