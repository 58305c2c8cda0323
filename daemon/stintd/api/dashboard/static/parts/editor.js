// The dialog of one entry: its fields, split, merge, delete, and the evidence behind it.

import { act, latestEdit, showError, showMessage } from "../lib/act.js";
import { api } from "../lib/api.js";
import { html, useEffect, useState } from "../lib/html.js";
import { line, projectOf, workOf } from "../lib/text.js";
import { clock, instantOf, length, localDay, spanText, stamp } from "../lib/time.js";
import { ProjectField, TaskField, findProject, useProjects } from "./choose.js";
import { Dialog } from "./dialog.js";
import { Story } from "./story.js";

/** The form's values of an entry. */
function formOf(entry) {
  const end = entry.to ?? null;
  return {
    project: entry.projectName ?? "", task: entry.taskName ?? "", description: entry.description, tags: entry.tags.join(", "),
    billable: entry.billable, startDay: localDay(entry.from), startClock: clock(entry.from),
    endDay: end === null ? "" : localDay(end), endClock: end === null ? "" : clock(end),
  };
}

/** What was typed here, over the current values: a field that was not touched here shows the change made elsewhere. */
function mergeForms(form, before, now) {
  return Object.fromEntries(Object.keys(form).map((name) => [name, form[name] === before[name] ? now[name] : form[name]]));
}

export function tagsOf(text) {
  return [...new Set(text.split(",").map((tag) => tag.trim()).filter(Boolean))];
}

/** The changed fields, as the API expects them. Fields that were not touched keep following the evidence. */
function changes(entry, before, form, project) {
  const body = {};
  if (form.startDay !== before.startDay || form.startClock !== before.startClock) body.start = stamp(instantOf(form.startDay, form.startClock));
  if (entry.to != null && (form.endDay !== before.endDay || form.endClock !== before.endClock)) body.end = stamp(instantOf(form.endDay, form.endClock));
  if (form.project !== before.project) body.projectId = form.project ? project.id : null;
  if (form.task !== before.task) body.taskName = form.task.trim() || null;
  if (form.description !== before.description) body.description = form.description;
  if (form.tags !== before.tags) body.tags = tagsOf(form.tags);
  if (form.billable !== before.billable) body.billable = form.billable;
  return body;
}

/** `entry` as it is now (null when it no longer exists); `tab`: the tab that is open first: "form", "split" or "why". */
export function Editor({ entry, day, tab, onClose }) {
  const [base, setBase] = useState(entry);
  const [form, setForm] = useState(() => formOf(entry));
  const [open, setOpen] = useState(tab);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const projects = useProjects();
  const project = findProject(projects, form.project);
  const set = (name) => (value) => setForm((before) => ({ ...before, [name]: value }));
  const changedElsewhere = Boolean(entry) && entry.revision !== base.revision;
  const isTouched = Object.keys(changes(base, formOf(base), form, project ?? {})).length > 0;
  useEffect(() => {
    if (!changedElsewhere || isTouched) return;
    setBase(entry); // nothing was typed: the form simply shows the current values
    setForm(formOf(entry));
  }, [entry, changedElsewhere, isTouched]);

  const attempt = async (text, send) => {
    setBusy(true);
    setError(null);
    try {
      await send();
      const edit = await latestEdit();
      showMessage({ text, undo: edit?.editId });
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  const save = (event) => {
    event.preventDefault();
    if (!isTouched) return onClose();
    return attempt(`Changed ${workOf({ projectName: form.project, taskName: form.task })}`, async () => {
      const target = form.project && !project ? await api.create("/api/projects", { name: form.project.trim() }) : project;
      await api.patch(`/api/entries/${base.id}`, { ...changes(base, formOf(base), form, target ?? {}), revision: base.revision });
    });
  };
  const remove = () => attempt(`Deleted ${workOf(base)}, ${length(base.durationSeconds)}`, () => api.removeAt(`/api/entries/${base.id}`, base.revision));

  if (!entry) {
    return html`<${Dialog} title="This entry no longer exists" onClose=${onClose}><p>It was deleted, merged or undone in the meantime.</p></${Dialog}>`;
  }
  return html`<${Dialog} title=${open === "why" ? "Why" : entry.locked ? "Approved entry" : "Entry"} onClose=${onClose}>
    <p class="headline"><bdi class=${`dot-name`}>${workOf(base)}</bdi><span>${spanText(base.from, base.to)} · ${length(base.durationSeconds)}</span></p>
    <div class="tabs" role="group" aria-label="View">${[["form", "Edit"], ["split", "Split"], ["why", "Why"]].map(([name, title]) => html`
      <button type="button" aria-pressed=${open === name ? "true" : "false"} onClick=${() => setOpen(name)}>${title}</button>`)}</div>
    ${changedElsewhere && html`<div class="conflict" role="alert"><p>This entry was changed elsewhere while you were editing it.</p>
      <button type="button" onClick=${() => (setBase(entry), setForm(formOf(entry)), setError(null))}>Discard my changes</button>
      <button type="button" onClick=${() => (setBase(entry), setForm(mergeForms(form, formOf(base), formOf(entry))), setError(null))}>Keep my changes</button></div>`}
    ${entry.locked && open !== "why" && html`<p class="note">This entry is approved and therefore locked. To change it, unapprove it first: <code>stint unapprove</code>.</p>`}
    ${open === "why" && html`<${Story} entry=${entry} />`}
    ${open === "split" && html`<${Split} entry=${base} busy=${busy} attempt=${attempt} />`}
    ${open === "form" && html`<form onSubmit=${save} class="fields">
      <${ProjectField} value=${form.project} onInput=${set("project")} projects=${projects} isNew=${form.project && projects.length && !project} autofocus />
      <${TaskField} value=${form.task} onInput=${set("task")} projectId=${project?.id} />
      <label class="field-of wide">Description<textarea rows="3" maxlength="4000" name="description" value=${form.description}
        onInput=${(event) => set("description")(event.target.value)}></textarea></label>
      <${Moment} label="From" day=${form.startDay} time=${form.startClock} setDay=${set("startDay")} setTime=${set("startClock")} />
      ${base.to != null && html`<${Moment} label="To" day=${form.endDay} time=${form.endClock} setDay=${set("endDay")} setTime=${set("endClock")} />`}
      <label class="field-of">Tags<input value=${form.tags} autocomplete="off" name="tags" placeholder="separated by commas" onInput=${(event) => set("tags")(event.target.value)} /></label>
      <label class="check"><input type="checkbox" name="billable" checked=${form.billable} onChange=${(event) => set("billable")(event.target.checked)} /> Billable</label>
      <${ErrorText} error=${error} />
      <div class="actions">
        <button class="primary" disabled=${busy || entry.locked || changedElsewhere}>Save</button>
        <button type="button" onClick=${onClose}>Cancel</button>
        <button type="button" class="bad far" disabled=${busy || entry.locked} onClick=${remove}>Delete</button>
      </div>
      <${Neighbours} entry=${base} day=${day} attempt=${attempt} busy=${busy} />
    </form>`}
    ${open === "split" && html`<${ErrorText} error=${error} />`}
  </${Dialog}>`;
}

export function ErrorText({ error }) {
  return html`<div role="alert">${error && html`<p class="trouble">${line(error.message)}${error.hint && html`<small>${line(error.hint)}</small>`}</p>`}</div>`;
}

export function Moment({ label, day, time, setDay, setTime }) {
  return html`<fieldset class="moment"><legend>${label}</legend>
    <input type="time" required value=${time} aria-label=${`${label}: time`} onInput=${(event) => setTime(event.target.value)} />
    <input type="date" required value=${day} aria-label=${`${label}: day`} onInput=${(event) => setDay(event.target.value)} />
  </fieldset>`;
}

/** Where to split at first: in the middle, rounded to five minutes. */
function middleOf(entry) {
  const end = entry.to ?? Date.now();
  const middle = Math.round((entry.from + end) / 2 / 300_000) * 300_000;
  return middle > entry.from && middle < end ? middle : (entry.from + end) / 2;
}

function Split({ entry, busy, attempt }) {
  const end = entry.to ?? Date.now();
  const [at, setAt] = useState(middleOf(entry));
  const commits = entry.commits.map((commit) => ({ at: Date.parse(commit.time), text: `${commit.sha.slice(0, 7)} ${line(commit.subject)}` })).filter((commit) => commit.at > entry.from && commit.at < end);
  const submit = (event) => {
    event.preventDefault();
    attempt(`Split at ${clock(at)}`, () => api.post(`/api/entries/${entry.id}/split`, { at: stamp(at), revision: entry.revision }));
  };
  return html`<form onSubmit=${submit} class="fields">
    <label class="field-of">Split at<input type="time" required value=${clock(at)} name="at" onInput=${(event) => event.target.value && setAt(instantOf(localDay(entry.from), event.target.value))} /></label>
    <label class="field-of wide">or drag<input type="range" min=${entry.from + 60_000} max=${end - 60_000} step="60000" value=${at} aria-label="Where to split"
      onInput=${(event) => setAt(Number(event.target.value))} /></label>
    <p class="halves wide"><span>${spanText(entry.from, at)}<b>${length((at - entry.from) / 1000)}</b></span><span>${spanText(at, end)}<b>${length((end - at) / 1000)}</b></span></p>
    ${commits.length > 0 && html`<div class="wide suggestions"><span>Split at a commit:</span>${commits.map((commit) => html`
      <button type="button" class="quiet" key=${commit.at} onClick=${() => setAt(commit.at)}>${clock(commit.at)} <bdi>${commit.text}</bdi></button>`)}</div>`}
    <div class="actions"><button class="primary" disabled=${busy || entry.locked || !(at > entry.from && at < end)}>Split</button></div>
  </form>`;
}

/** Buttons to merge with the entries before and after, where they belong to the same project. */
function Neighbours({ entry, day, attempt, busy }) {
  const alike = day.entries.filter((other) => other.actor === entry.actor && other.projectId === entry.projectId && !other.locked && other.to != null);
  const place = alike.findIndex((other) => other.id === entry.id);
  const neighbours = place < 0 ? [] : [alike[place - 1], alike[place + 1]].filter(Boolean);
  if (!neighbours.length || entry.locked || entry.to == null) return null;
  return html`<div class="wide suggestions"><span>Merge with</span>${neighbours.map((other) => html`<button type="button" class="quiet" key=${other.id} disabled=${busy}
    onClick=${() => attempt("Merged two entries", () => api.post("/api/entries/merge", { ids: [entry.id, other.id] }))}>
    <bdi>${workOf(other)}</bdi> ${spanText(other.from, other.to)}</button>`)}</div>`;
}

/** Merge the selected entries. */
export async function mergeAll(entries) {
  const name = projectOf(entries[0]);
  await act(`Merged ${entries.length} entries of ${name}`, () => api.post("/api/entries/merge", { ids: entries.map((entry) => entry.id) })).catch(() => {});
}

/** Delete the selected entries one at a time; each deletion is an edit of its own. */
export async function removeAll(entries) {
  try {
    for (const entry of entries) await api.removeAt(`/api/entries/${entry.id}`, entry.revision);
    const edit = await latestEdit();
    const text = entries.length === 1 ? `Deleted ${workOf(entries[0])}, ${length(entries[0].durationSeconds)}` : `Deleted ${entries.length} entries`;
    showMessage({ text, undo: entries.length === 1 ? edit?.editId : null, hint: entries.length > 1 ? "Undo restores them one at a time." : "" });
  } catch (error) {
    showError(error);
  }
}
