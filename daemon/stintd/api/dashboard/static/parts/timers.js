// The timers that run now, with stop, pause and resume; and a form to start a timer or to switch.

import { act } from "../lib/act.js";
import { api } from "../lib/api.js";
import { useNow } from "../lib/clock.js";
import { html, useCallback, useEffect, useState } from "../lib/html.js";
import { useRefresh } from "../lib/live.js";
import { colourOf, line, workOf } from "../lib/text.js";
import { clock, ms, secondsOf, stopwatch } from "../lib/time.js";
import { ProjectField, findProject, useProjects } from "./choose.js";
import { Icon } from "./icons.js";
import { Returns } from "./return.js";

/** The timers that run, are paused or waiting, whatever day is shown. */
export function useTimers() {
  const [timers, set] = useState([]);
  const load = useCallback(() => api.get("/api/timer/current").then((answer) => set(answer.timers), () => {}), []);
  useEffect(() => void load(), []);
  useRefresh(load);
  return timers;
}

const WORDS = { running: "since", paused: "paused, started", waiting: "waiting for the first sign of work since" };

function Timer({ timer, now }) {
  const name = workOf(timer);
  const which = { timerId: timer.id };
  const isStored = !timer.provisional && timer.state !== "waiting";
  const send = (verb, text) => act(`${text} ${name}`, () => api.post(`/api/timer/${verb}`, which)).catch(() => {});
  return html`<li class=${`timer ${timer.state} ${timer.actor} ${colourOf(timer.projectId)}`}>
    <div class="who"><strong><bdi>${name}</bdi></strong>
      <small>${timer.actor === "agent" ? "agent, " : ""}${WORDS[timer.state]} ${clock(ms(timer.start))}${timer.branch && html` · <bdi>${line(timer.branch)}</bdi>`}${timer.provisional ? " · just detected" : ""}</small>
      ${timer.description && html`<small><bdi>${line(timer.description)}</bdi></small>`}</div>
    <span class="ticking">${timer.state === "waiting" ? "" : stopwatch(secondsOf(timer, now))}</span>
    ${isStored && timer.actor === "human" && html`<div class="actions">
      ${timer.state === "running" && html`<button class="quiet" onClick=${() => send("pause", "Paused")}><${Icon} name="pause" /> Pause</button>`}
      ${timer.state === "paused" && html`<button class="quiet" onClick=${() => send("resume", "Resumed")}><${Icon} name="play" /> Resume</button>`}
      <button class="quiet" onClick=${() => send("stop", "Stopped")}><${Icon} name="stop" /> Stop</button></div>`}
  </li>`;
}

function Start({ running }) {
  const [name, setName] = useState("");
  const [text, setText] = useState("");
  const projects = useProjects();
  const project = findProject(projects, name);
  const begin = async (verb, more = {}) => {
    const where = project ? { projectId: project.id } : { projectName: name.trim(), autoCreate: true };
    try {
      await act(`${verb === "switch" ? "Switched to" : "Started"} ${line(name)}`, () => api.create(`/api/timer/${verb}`, { ...where, description: text, ...more }));
      setName("");
      setText("");
    } catch {
      // the error is shown already; what was typed stays
    }
  };
  const isBusy = running.length > 0;
  return html`<form class="start" onSubmit=${(event) => (event.preventDefault(), begin(isBusy ? "switch" : "start"))}>
    <${ProjectField} label="Start a timer" value=${name} onInput=${setName} projects=${projects} isNew=${name && projects.length && !project} />
    ${name.trim() && html`<input value=${text} aria-label="Description" placeholder="description (optional)" maxlength="4000" onInput=${(event) => setText(event.target.value)} />
    <div class="actions"><button class="primary"><${Icon} name="play" /> ${isBusy ? "Switch" : "Start"}</button>
      ${isBusy && html`<button type="button" class="quiet" onClick=${() => begin("start", { onRunning: "parallel" })}>Start in parallel</button>`}</div>`}
  </form>`;
}

export function Timers({ ahead }) {
  const now = useNow(ahead, 1000);
  const timers = useTimers();
  const running = timers.filter((timer) => timer.actor === "human" && ["running", "paused"].includes(timer.state) && !timer.provisional);
  return html`<${Returns} timers=${timers} /><section class="card timers" aria-label="Running now">
    <h2>${running.length || timers.length ? "Running now" : "No timer running"}</h2>
    ${timers.length > 0 && html`<ul>${timers.map((timer) => html`<${Timer} key=${timer.id} timer=${timer} now=${now} />`)}</ul>`}
    <${Start} running=${running} />
  </section>`;
}
