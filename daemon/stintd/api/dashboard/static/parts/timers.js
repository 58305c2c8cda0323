// What runs now: stop, pause, resume, and a start or a switch.

import { act, complain } from "../lib/act.js";
import { api } from "../lib/api.js";
import { useNow } from "../lib/clock.js";
import { html, useCallback, useEffect, useState } from "../lib/html.js";
import { useLook } from "../lib/live.js";
import { colourOf, line, workOf } from "../lib/text.js";
import { clock, ms, secondsOf, ticking } from "../lib/time.js";
import { ProjectField, projectNamed, useProjects } from "./choose.js";
import { Icon } from "./icons.js";
import { Returns } from "./return.js";

/** What runs, is paused or waits, whatever day is shown. */
export function useTimers() {
  const [timers, set] = useState([]);
  const load = useCallback(() => api.get("/api/timer/current").then((told) => set(told.timers), () => {}), []);
  useEffect(() => void load(), []);
  useLook(load);
  return timers;
}

const WORDS = { running: "since", paused: "paused, since", waiting: "waits for the first act, since" };

function Timer({ timer, now }) {
  const name = workOf(timer);
  const which = { timerId: timer.id };
  const isKnown = !timer.provisional && timer.state !== "waiting";
  const ask = (verb, text) => act(`${text} ${name}`, () => api.post(`/api/timer/${verb}`, which)).catch(() => {});
  return html`<li class=${`timer ${timer.state} ${timer.actor} ${colourOf(timer.projectId)}`}>
    <div class="who"><strong><bdi>${name}</bdi></strong>
      <small>${timer.actor === "agent" ? "agent, " : ""}${WORDS[timer.state]} ${clock(ms(timer.start))}${timer.branch && html` · <bdi>${line(timer.branch)}</bdi>`}${timer.provisional ? " · just noticed" : ""}</small>
      ${timer.description && html`<small><bdi>${line(timer.description)}</bdi></small>`}</div>
    <span class="ticking">${timer.state === "waiting" ? "" : ticking(secondsOf(timer, now))}</span>
    ${isKnown && timer.actor === "human" && html`<div class="deeds">
      ${timer.state === "running" && html`<button class="quiet" onClick=${() => ask("pause", "Paused")}><${Icon} name="pause" /> Pause</button>`}
      ${timer.state === "paused" && html`<button class="quiet" onClick=${() => ask("resume", "Going on with")}><${Icon} name="play" /> Resume</button>`}
      <button class="quiet" onClick=${() => ask("stop", "Stopped")}><${Icon} name="stop" /> Stop</button></div>`}
  </li>`;
}

function Start({ running }) {
  const [name, setName] = useState("");
  const [text, setText] = useState("");
  const projects = useProjects();
  const project = projectNamed(projects, name);
  const begin = async (verb, more = {}) => {
    const where = project ? { projectId: project.id } : { projectName: name.trim(), autoCreate: true };
    try {
      await act(`${verb === "switch" ? "Switched to" : "Started"} ${line(name)}`, () => api.create(`/api/timer/${verb}`, { ...where, description: text, ...more }));
      setName("");
      setText("");
    } catch {
      // it was said already; what was typed stays
    }
  };
  const isBusy = running.length > 0;
  return html`<form class="start" onSubmit=${(event) => (event.preventDefault(), begin(isBusy ? "switch" : "start"))}>
    <${ProjectField} label="Start by hand" value=${name} onInput=${setName} projects=${projects} isNew=${name && projects.length && !project} />
    ${name.trim() && html`<input value=${text} aria-label="What will be done" placeholder="what for (may stay empty)" maxlength="4000" onInput=${(event) => setText(event.target.value)} />
    <div class="deeds"><button class="primary"><${Icon} name="play" /> ${isBusy ? "Switch" : "Start"}</button>
      ${isBusy && html`<button type="button" class="quiet" onClick=${() => begin("start", { onRunning: "parallel" })}>Start beside it</button>`}</div>`}
  </form>`;
}

export function Timers({ ahead }) {
  const now = useNow(ahead, 1000);
  const timers = useTimers();
  const running = timers.filter((one) => one.actor === "human" && ["running", "paused"].includes(one.state) && !one.provisional);
  return html`<${Returns} timers=${timers} /><section class="card timers" aria-label="Running now">
    <h2>${running.length || timers.length ? "Running now" : "Nothing runs"}</h2>
    ${timers.length > 0 && html`<ul>${timers.map((one) => html`<${Timer} key=${one.id} timer=${one} now=${now} />`)}</ul>`}
    <${Start} running=${running} />
  </section>`;
}
