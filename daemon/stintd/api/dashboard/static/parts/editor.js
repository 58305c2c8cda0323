// One entry on a sheet: its fields, split, merge, delete, and the story of why it is there.

import { act, complain, latest, say } from "../lib/act.js";
import { api } from "../lib/api.js";
import { html, useEffect, useState } from "../lib/html.js";
import { line, projectOf, workOf } from "../lib/text.js";
import { clock, instantOf, length, localDay, spanText, stamp } from "../lib/time.js";
import { ProjectField, TaskField, projectNamed, useProjects } from "./choose.js";
import { Dialog } from "./dialog.js";
import { Story } from "./story.js";

/** What the form shows of an entry. */
function formOf(entry) {
  const ends = entry.to ?? null;
  return {
    project: entry.projectName ?? "", task: entry.taskName ?? "", description: entry.description, tags: entry.tags.join(", "),
    billable: entry.billable, startDay: localDay(entry.from), startClock: clock(entry.from),
    endDay: ends === null ? "" : localDay(ends), endClock: ends === null ? "" : clock(ends),
  };
}

/** What was typed, over what is there now: a field that nobody touched here shows what others made of it. */
function joined(form, before, now) {
  return Object.fromEntries(Object.keys(form).map((name) => [name, form[name] === before[name] ? now[name] : form[name]]));
}

export function tagsOf(text) {
  return [...new Set(text.split(",").map((one) => one.trim()).filter(Boolean))];
}

/** The fields that were changed, as the API takes them. What was left alone goes on following its evidence. */
function changes(entry, was, form, project) {
  const body = {};
  if (form.startDay !== was.startDay || form.startClock !== was.startClock) body.start = stamp(instantOf(form.startDay, form.startClock));
  if (entry.to != null && (form.endDay !== was.endDay || form.endClock !== was.endClock)) body.end = stamp(instantOf(form.endDay, form.endClock));
  if (form.project !== was.project) body.projectId = form.project ? project.id : null;
  if (form.task !== was.task) body.taskName = form.task.trim() || null;
  if (form.description !== was.description) body.description = form.description;
  if (form.tags !== was.tags) body.tags = tagsOf(form.tags);
  if (form.billable !== was.billable) body.billable = form.billable;
  return body;
}

/** `entry` as it is now (null when it is gone), `look`: what is open first: "form", "split" or "why". */
export function Editor({ entry, day, look, onClose }) {
  const [seen, setSeen] = useState(entry);
  const [form, setForm] = useState(() => formOf(entry));
  const [open, setOpen] = useState(look);
  const [trouble, setTrouble] = useState(null);
  const [busy, setBusy] = useState(false);
  const projects = useProjects();
  const project = projectNamed(projects, form.project);
  const set = (name) => (value) => setForm((was) => ({ ...was, [name]: value }));
  const changedElsewhere = Boolean(entry) && entry.revision !== seen.revision;
  const isTouched = Object.keys(changes(seen, formOf(seen), form, project ?? {})).length > 0;
  useEffect(() => {
    if (!changedElsewhere || isTouched) return;
    setSeen(entry); // nobody has typed anything: the form just shows what is there now
    setForm(formOf(entry));
  }, [entry, changedElsewhere, isTouched]);

  const attempt = async (text, deed) => {
    setBusy(true);
    setTrouble(null);
    try {
      await deed();
      const edit = await latest();
      say({ text, undo: edit?.editId });
      onClose();
    } catch (refusal) {
      setTrouble(refusal);
      setBusy(false);
    }
  };
  const save = (event) => {
    event.preventDefault();
    if (!isTouched) return onClose();
    return attempt(`Changed ${workOf({ projectName: form.project, taskName: form.task })}`, async () => {
      const known = form.project && !project ? await api.create("/api/projects", { name: form.project.trim() }) : project;
      await api.patch(`/api/entries/${seen.id}`, { ...changes(seen, formOf(seen), form, known ?? {}), revision: seen.revision });
    });
  };
  const remove = () => attempt(`Deleted ${workOf(seen)}, ${length(seen.durationSeconds)}`, () => api.removeAt(`/api/entries/${seen.id}`, seen.revision));

  if (!entry) {
    return html`<${Dialog} title="It is gone" onClose=${onClose}><p>This entry was deleted, merged or taken back meanwhile.</p></${Dialog}>`;
  }
  return html`<${Dialog} title=${open === "why" ? "Why" : entry.locked ? "Approved entry" : "Entry"} onClose=${onClose}>
    <p class="headline"><bdi class=${`dot-name`}>${workOf(seen)}</bdi><span>${spanText(seen.from, seen.to)} · ${length(seen.durationSeconds)}</span></p>
    <div class="tabs" role="group" aria-label="What is shown">${[["form", "Edit"], ["split", "Split"], ["why", "Why"]].map(([name, title]) => html`
      <button type="button" aria-pressed=${open === name ? "true" : "false"} onClick=${() => setOpen(name)}>${title}</button>`)}</div>
    ${changedElsewhere && html`<div class="conflict" role="alert"><p>It was changed elsewhere while you edited.</p>
      <button type="button" onClick=${() => (setSeen(entry), setForm(formOf(entry)), setTrouble(null))}>Show what is there now</button>
      <button type="button" onClick=${() => (setSeen(entry), setForm(joined(form, formOf(seen), formOf(entry))), setTrouble(null))}>Keep what I typed</button></div>`}
    ${entry.locked && open !== "why" && html`<p class="note">It is approved and locked. <code>stint unapprove</code> releases it.</p>`}
    ${open === "why" && html`<${Story} entry=${entry} />`}
    ${open === "split" && html`<${Split} entry=${seen} busy=${busy} attempt=${attempt} />`}
    ${open === "form" && html`<form onSubmit=${save} class="fields">
      <${ProjectField} value=${form.project} onInput=${set("project")} projects=${projects} isNew=${form.project && projects.length && !project} autofocus />
      <${TaskField} value=${form.task} onInput=${set("task")} projectId=${project?.id} />
      <label class="field-of wide">What was done<textarea rows="3" maxlength="4000" name="description" value=${form.description}
        onInput=${(event) => set("description")(event.target.value)}></textarea></label>
      <${Moment} label="From" day=${form.startDay} time=${form.startClock} setDay=${set("startDay")} setTime=${set("startClock")} />
      ${seen.to != null && html`<${Moment} label="To" day=${form.endDay} time=${form.endClock} setDay=${set("endDay")} setTime=${set("endClock")} />`}
      <label class="field-of">Tags<input value=${form.tags} autocomplete="off" name="tags" placeholder="with commas between" onInput=${(event) => set("tags")(event.target.value)} /></label>
      <label class="check"><input type="checkbox" name="billable" checked=${form.billable} onChange=${(event) => set("billable")(event.target.checked)} /> Billable</label>
      <${Trouble} trouble=${trouble} />
      <div class="deeds">
        <button class="primary" disabled=${busy || entry.locked || changedElsewhere}>Save</button>
        <button type="button" onClick=${onClose}>Cancel</button>
        <button type="button" class="bad far" disabled=${busy || entry.locked} onClick=${remove}>Delete</button>
      </div>
      <${Neighbours} entry=${seen} day=${day} attempt=${attempt} busy=${busy} />
    </form>`}
    ${open === "split" && html`<${Trouble} trouble=${trouble} />`}
  </${Dialog}>`;
}

export function Trouble({ trouble }) {
  return html`<div role="alert">${trouble && html`<p class="trouble">${line(trouble.message)}${trouble.hint && html`<small>${line(trouble.hint)}</small>`}</p>`}</div>`;
}

export function Moment({ label, day, time, setDay, setTime }) {
  return html`<fieldset class="moment"><legend>${label}</legend>
    <input type="time" required value=${time} aria-label=${`${label}: time`} onInput=${(event) => setTime(event.target.value)} />
    <input type="date" required value=${day} aria-label=${`${label}: day`} onInput=${(event) => setDay(event.target.value)} />
  </fieldset>`;
}

/** Where a cut suggests itself: in the middle, at the full five minutes. */
function middleOf(entry) {
  const end = entry.to ?? Date.now();
  const middle = Math.round((entry.from + end) / 2 / 300_000) * 300_000;
  return middle > entry.from && middle < end ? middle : (entry.from + end) / 2;
}

function Split({ entry, busy, attempt }) {
  const end = entry.to ?? Date.now();
  const [at, setAt] = useState(middleOf(entry));
  const known = entry.commits.map((one) => ({ at: Date.parse(one.time), text: `${one.sha.slice(0, 7)} ${line(one.subject)}` })).filter((one) => one.at > entry.from && one.at < end);
  const cut = (event) => {
    event.preventDefault();
    attempt(`Split at ${clock(at)}`, () => api.post(`/api/entries/${entry.id}/split`, { at: stamp(at), revision: entry.revision }));
  };
  return html`<form onSubmit=${cut} class="fields">
    <label class="field-of">Cut at<input type="time" required value=${clock(at)} name="at" onInput=${(event) => event.target.value && setAt(instantOf(localDay(entry.from), event.target.value))} /></label>
    <label class="field-of wide">or drag<input type="range" min=${entry.from + 60_000} max=${end - 60_000} step="60000" value=${at} aria-label="Where to cut"
      onInput=${(event) => setAt(Number(event.target.value))} /></label>
    <p class="halves wide"><span>${spanText(entry.from, at)}<b>${length((at - entry.from) / 1000)}</b></span><span>${spanText(at, end)}<b>${length((end - at) / 1000)}</b></span></p>
    ${known.length > 0 && html`<div class="wide suggestions"><span>At a commit:</span>${known.map((one) => html`
      <button type="button" class="quiet" key=${one.at} onClick=${() => setAt(one.at)}>${clock(one.at)} <bdi>${one.text}</bdi></button>`)}</div>`}
    <div class="deeds"><button class="primary" disabled=${busy || entry.locked || !(at > entry.from && at < end)}>Split</button></div>
  </form>`;
}

/** Merging with what lies beside it, when it is of the same project. */
function Neighbours({ entry, day, attempt, busy }) {
  const own = day.entries.filter((one) => one.actor === entry.actor && one.projectId === entry.projectId && !one.locked && one.to != null);
  const place = own.findIndex((one) => one.id === entry.id);
  const beside = place < 0 ? [] : [own[place - 1], own[place + 1]].filter(Boolean);
  if (!beside.length || entry.locked || entry.to == null) return null;
  return html`<div class="wide suggestions"><span>Merge with</span>${beside.map((one) => html`<button type="button" class="quiet" key=${one.id} disabled=${busy}
    onClick=${() => attempt("Merged two entries", () => api.post("/api/entries/merge", { ids: [entry.id, one.id] }))}>
    <bdi>${workOf(one)}</bdi> ${spanText(one.from, one.to)}</button>`)}</div>`;
}

/** Merge several that were chosen. */
export async function mergeAll(entries) {
  const name = projectOf(entries[0]);
  await act(`Merged ${entries.length} entries of ${name}`, () => api.post("/api/entries/merge", { ids: entries.map((one) => one.id) })).catch(() => {});
}

/** Delete several that were chosen, one by one; each is an edit of its own. */
export async function removeAll(entries) {
  try {
    for (const one of entries) await api.removeAt(`/api/entries/${one.id}`, one.revision);
    const edit = await latest();
    const text = entries.length === 1 ? `Deleted ${workOf(entries[0])}, ${length(entries[0].durationSeconds)}` : `Deleted ${entries.length} entries`;
    say({ text, undo: entries.length === 1 ? edit?.editId : null, hint: entries.length > 1 ? "Undo takes them back one by one." : "" });
  } catch (refusal) {
    complain(refusal);
  }
}
