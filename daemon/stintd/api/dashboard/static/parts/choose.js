// Choosing a project, or naming a new one; and a task of it.

import { every } from "../lib/api.js";
import { html, useEffect, useId, useState } from "../lib/html.js";
import { line } from "../lib/text.js";

let known = null;

/** The projects, those used last first on top. Asked once a page; `refresh()` asks again. */
export function useProjects() {
  const [projects, set] = useState(known ?? []);
  useEffect(() => {
    let isHere = true;
    every("/api/projects").then((found) => {
      known = found;
      if (isHere) set(found);
    }, () => {});
    return () => (isHere = false);
  }, []);
  return projects;
}

/** The field of a project's name. `value` is the name. */
export function ProjectField({ label = "Project", value, onInput, projects, isNew, autofocus }) {
  const id = useId();
  return html`<label class="field-of">${label}
    <input list=${id} value=${value} autocomplete="off" spellcheck="false" maxlength="255" autofocus=${autofocus} name="project"
      placeholder="which project" onInput=${(event) => onInput(event.target.value)} />
    <datalist id=${id}>${projects.map((one) => html`<option value=${one.name} key=${one.id}>${line(one.clientName)}</option>`)}</datalist>
    ${isNew && html`<small class="note">“${line(value)}” is new and will be created</small>`}
  </label>`;
}

export function TaskField({ value, onInput, projectId }) {
  const id = useId();
  const [tasks, set] = useState([]);
  useEffect(() => {
    set([]);
    if (projectId) every("/api/tasks", { projectId }).then(set, () => {});
  }, [projectId]);
  return html`<label class="field-of">Task
    <input list=${id} value=${value} autocomplete="off" spellcheck="false" maxlength="255" name="task" placeholder="none" onInput=${(event) => onInput(event.target.value)} />
    <datalist id=${id}>${tasks.map((one) => html`<option value=${one.name} key=${one.id}>${line(one.key)}</option>`)}</datalist>
  </label>`;
}

/** The project of a name, as the daemon's exact match would find it. */
export function projectNamed(projects, name) {
  return projects.find((one) => one.name === name) ?? projects.find((one) => one.name.toLowerCase() === name.trim().toLowerCase()) ?? null;
}
