// The dialog to add time that was not recorded: to fill a gap, or a span that was drawn on the timeline.

import { latestEdit, showMessage } from "../lib/act.js";
import { api } from "../lib/api.js";
import { html, useState } from "../lib/html.js";
import { line } from "../lib/text.js";
import { clock, instantOf, length, localDay, spanText, stamp } from "../lib/time.js";
import { ProjectField, TaskField, findProject, useProjects } from "./choose.js";
import { Dialog } from "./dialog.js";
import { ErrorText, Moment, tagsOf } from "./editor.js";

/** `gap`: a gap of the day, filled completely unless its ends are changed; or `{from, to, project?, task?}` of a new entry. */
export function Fill({ gap, onClose }) {
  const isGap = Boolean(gap.id);
  const start = { startDay: localDay(gap.from), startClock: clock(gap.from), endDay: localDay(gap.to), endClock: clock(gap.to) };
  const [form, setForm] = useState({ project: gap.project ?? "", task: gap.task ?? "", description: gap.description ?? "", tags: "", ...start });
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const projects = useProjects();
  const project = findProject(projects, form.project);
  const set = (name) => (value) => setForm((before) => ({ ...before, [name]: value }));
  const neighbours = isGap ? [gap.before, gap.after].filter((entry, place, all) => entry.projectId && all.findIndex((other) => other.projectId === entry.projectId) === place) : [];
  const from = instantOf(form.startDay, form.startClock), to = instantOf(form.endDay, form.endClock);
  const isWhole = isGap && Object.keys(start).every((name) => form[name] === start[name]);

  const write = async (more = {}) => {
    setBusy(true);
    setError(null);
    const body = { description: form.description, tags: tagsOf(form.tags), ...(form.task.trim() ? { taskName: form.task.trim() } : {}) };
    const where = project ? { projectId: project.id } : { projectName: form.project.trim(), autoCreate: true };
    try {
      if (isWhole) await api.create(`/api/gaps/${gap.id}/fill`, { ...where, ...body });
      else await api.create("/api/entries", { ...where, ...body, start: stamp(from), end: stamp(to), ...more });
      const edit = await latestEdit();
      showMessage({ text: isGap ? `Filled ${length((to - from) / 1000)} with ${line(form.project)}` : `Added ${length((to - from) / 1000)} to ${line(form.project)}`, undo: edit?.editId });
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  const submit = (event) => (event.preventDefault(), write());
  const isOverlapping = error?.code === "CONFLICT" && error.details.entries;
  return html`<${Dialog} title=${isGap ? "Fill the gap" : "New entry"} onClose=${onClose}>
    <p class="headline"><span>${spanText(from, to)} · ${length((to - from) / 1000)}</span></p>
    ${isGap && html`<p class="note">${line(gap.reason)}</p>`}
    <form onSubmit=${submit} class="fields">
      ${neighbours.length > 0 && html`<div class="wide suggestions"><span>Same project as before or after:</span>${neighbours.map((entry) => html`
        <button type="button" class="quiet" key=${entry.projectId} aria-pressed=${form.project === entry.projectName ? "true" : "false"} onClick=${() => set("project")(entry.projectName)}><bdi>${line(entry.projectName)}</bdi></button>`)}</div>`}
      <${ProjectField} value=${form.project} onInput=${set("project")} projects=${projects} isNew=${form.project && projects.length && !project} autofocus />
      <${TaskField} value=${form.task} onInput=${set("task")} projectId=${project?.id} />
      <label class="field-of wide">Description<textarea rows="2" maxlength="4000" name="description" value=${form.description} onInput=${(event) => set("description")(event.target.value)}></textarea></label>
      <${Moment} label="From" day=${form.startDay} time=${form.startClock} setDay=${set("startDay")} setTime=${set("startClock")} />
      <${Moment} label="To" day=${form.endDay} time=${form.endClock} setDay=${set("endDay")} setTime=${set("endClock")} />
      <label class="field-of">Tags<input value=${form.tags} autocomplete="off" name="tags" placeholder="separated by commas" onInput=${(event) => set("tags")(event.target.value)} /></label>
      <${ErrorText} error=${error} />
      ${isOverlapping && html`<div class="wide suggestions"><button type="button" class="quiet" onClick=${() => write({ replace: true })}>Replace the existing time</button>
        <button type="button" class="quiet" onClick=${() => write({ overlap: true })}>Keep both</button></div>`}
      <div class="actions"><button class="primary" disabled=${busy || !form.project.trim() || !(to > from)}>${isGap ? "Fill" : "Add"}</button><button type="button" onClick=${onClose}>Cancel</button></div>
    </form>
  </${Dialog}>`;
}
