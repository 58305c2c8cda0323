// Fields to choose a project, or to name a new one, and to choose one of its tasks.

import { fetchAll } from "../lib/api.js";
import { html, useEffect, useId, useState } from "../lib/html.js";
import { line } from "../lib/text.js";

let cache = null;

/** The projects, most recently used first. The last list is shown while a new one is loading. */
export function useProjects() {
  const [projects, set] = useState(cache ?? []);
  useEffect(() => {
    let isMounted = true;
    fetchAll("/api/projects").then((rows) => {
      cache = rows;
      if (isMounted) set(rows);
    }, () => {});
    return () => (isMounted = false);
  }, []);
  return projects;
}

/** The field of a project's name. `value` is the name. */
export function ProjectField({ label = "Project", value, onInput, projects, isNew, autofocus }) {
  const id = useId();
  return html`<label class="field-of">${label}
    <input list=${id} value=${value} autocomplete="off" spellcheck="false" maxlength="255" autofocus=${autofocus} name="project"
      placeholder="project name" onInput=${(event) => onInput(event.target.value)} />
    <datalist id=${id}>${projects.map((project) => html`<option value=${project.name} key=${project.id}>${line(project.clientName)}</option>`)}</datalist>
    ${isNew && html`<small class="note">“${line(value)}” is new and will be created</small>`}
  </label>`;
}

export function TaskField({ value, onInput, projectId }) {
  const id = useId();
  const [tasks, set] = useState([]);
  useEffect(() => {
    set([]);
    if (projectId) fetchAll("/api/tasks", { projectId }).then(set, () => {});
  }, [projectId]);
  return html`<label class="field-of">Task
    <input list=${id} value=${value} autocomplete="off" spellcheck="false" maxlength="255" name="task" placeholder="none" onInput=${(event) => onInput(event.target.value)} />
    <datalist id=${id}>${tasks.map((task) => html`<option value=${task.name} key=${task.id}>${line(task.key)}</option>`)}</datalist>
  </label>`;
}

/** The project with this name, by the same exact match as the daemon's. */
export function findProject(projects, name) {
  return projects.find((project) => project.name === name) ?? projects.find((project) => project.name.toLowerCase() === name.trim().toLowerCase()) ?? null;
}
