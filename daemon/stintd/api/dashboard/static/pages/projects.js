// Projects: whose they are, what they cost, whether they are billed; and the rules that say which folder is which.

import { act } from "../lib/act.js";
import { api, every } from "../lib/api.js";
import { html, useCallback, useEffect, useState } from "../lib/html.js";
import { useLook } from "../lib/live.js";
import { colourOf, counted, line } from "../lib/text.js";
import { length } from "../lib/time.js";
import { Dialog } from "../parts/dialog.js";
import { ProjectField } from "../parts/choose.js";

function useLists() {
  const [lists, set] = useState(null);
  const load = useCallback(async () => {
    const [projects, mappings, repos] = await Promise.all([every("/api/projects", { status: "all" }), api.get("/api/mappings"), every("/api/repos")]);
    set({ projects, mappings: mappings.data, repos });
  }, []);
  useEffect(() => void load().catch(() => {}), []);
  useLook(load, { beats: false });
  return [lists, load];
}

export function Page() {
  const [lists, reload] = useLists();
  const [open, setOpen] = useState(null);
  const [isAll, setAll] = useState(false);
  if (!lists) return html`<main id="main" class="projects" tabindex="-1"><h1>Projects</h1></main>`;
  const shown = lists.projects.filter((one) => isAll || !one.archived);
  const hidden = lists.projects.length - lists.projects.filter((one) => !one.archived).length;
  return html`<main id="main" class="projects" tabindex="-1">
    <div class="daybar"><div class="pick"><h1>Projects</h1><button class="quiet" onClick=${() => setOpen({})}>New project</button></div></div>
    <div class="card scrolls"><table class="grid">
      <thead><tr><th scope="col">Project</th><th scope="col">Client</th><th scope="col">Rate</th><th scope="col">Budget</th><th scope="col">Billable</th><th scope="col">Agents' time</th><th scope="col">Repositories</th><th scope="col"><span class="hidden">Change</span></th></tr></thead>
      <tbody>${shown.map((one) => html`<tr key=${one.id} class=${`${colourOf(one.id)} ${one.archived ? "archived" : ""}`}>
        <th scope="row"><i class="dot" aria-hidden="true"></i><bdi>${line(one.name)}</bdi>${one.archived && html` <small>archived</small>`}</th>
        <td><bdi>${line(one.clientName) || "·"}</bdi></td><td>${one.hourlyRate == null ? "·" : `${one.hourlyRate} ${line(one.currency)}`}</td>
        <td>${one.budgetHours == null ? "·" : `${one.budgetHours} h`}</td><td>${one.billable ? "yes" : "no"}</td><td>${one.billAgentTime ? "billed" : "not billed"}</td>
        <td>${one.repos.length ? one.repos.map((repo) => html`<bdi key=${repo.id} title=${line(repo.remote)}>${line(repo.name)} </bdi>`) : "·"}</td>
        <td><button class="quiet" aria-label=${`Change ${line(one.name)}`} onClick=${() => setOpen(one)}>Change</button></td></tr>`)}
        ${!shown.length && html`<tr><td colspan="8" class="blank">None yet: a repository makes one when you work in it.</td></tr>`}</tbody>
    </table></div>
    ${hidden > 0 && html`<p><button class="quiet" aria-pressed=${isAll ? "true" : "false"} onClick=${() => setAll(!isAll)}>${isAll ? "Hide" : "Show"} ${counted(hidden, "archived project")}</button></p>`}
    <${Mappings} lists=${lists} reload=${reload} />
    <${Repos} repos=${lists.repos} />
    ${open && html`<${Change} project=${open} onClose=${() => (setOpen(null), reload())} />`}
  </main>`;
}

/** Fields of a project; without an id a new one. */
function Change({ project, onClose }) {
  const isNew = !project.id;
  const was = {
    name: project.name ?? "", clientName: project.clientName ?? "", hourlyRate: project.hourlyRate ?? "", currency: project.currency ?? "", budgetHours: project.budgetHours ?? "",
    billable: project.billable ?? false, billAgentTime: project.billAgentTime ?? false, billSupervised: project.billSupervised ?? true,
  };
  const [form, setForm] = useState(was);
  const [trouble, setTrouble] = useState(null);
  const set = (name, value) => setForm((before) => ({ ...before, [name]: value }));
  const field = (name, label, more = {}) => html`<label class="field-of">${label}<input name=${name} value=${form[name]} autocomplete="off" maxlength="255" ...${more} onInput=${(event) => set(name, event.target.value)} /></label>`;
  const flag = (name, label) => html`<label class="tick"><input type="checkbox" name=${name} checked=${form[name]} onChange=${(event) => set(name, event.target.checked)} /> ${label}</label>`;
  const body = () => {
    const number = (text) => (String(text).trim() === "" ? null : Number(text));
    const read = { hourlyRate: number, budgetHours: number, clientName: (text) => text.trim() || null, currency: (text) => text.trim() || null, name: (text) => text.trim() };
    return Object.fromEntries(Object.keys(form).filter((name) => form[name] !== was[name]).map((name) => [name, read[name] ? read[name](form[name]) : form[name]]));
  };
  const attempt = async (text, deed) => {
    try {
      await act(text, deed);
      onClose();
    } catch (refusal) {
      setTrouble(refusal);
    }
  };
  const submit = (event) => {
    event.preventDefault();
    if (isNew) attempt(`Made ${line(form.name)}`, () => api.create("/api/projects", { ...body(), name: form.name.trim() }));
    else attempt(`Changed ${line(form.name)}`, () => api.patch(`/api/projects/${project.id}`, { ...body(), revision: project.revision }));
  };
  const archive = () => attempt(project.archived ? "Brought back" : "Archived", () => api.patch(`/api/projects/${project.id}`, { archived: !project.archived, revision: project.revision }));
  return html`<${Dialog} title=${isNew ? "New project" : line(project.name)} onClose=${onClose}><form class="fields" onSubmit=${submit}>
    ${field("name", "Name", { required: true })}${field("clientName", "Client")}
    ${field("hourlyRate", "Rate an hour", { inputmode: "decimal" })}${field("currency", "Currency", { placeholder: "EUR" })}${field("budgetHours", "Budget in hours", { inputmode: "decimal" })}
    <fieldset class="wide"><legend class="hidden">What is billed</legend>${flag("billable", "New work is billable")}${flag("billSupervised", "Bill time watching an agent")}${flag("billAgentTime", "Bill agents' own time")}</fieldset>
    ${trouble && html`<p class="trouble wide">${trouble.message} <small>${trouble.hint}</small></p>`}
    <div class="deeds"><button class="primary" disabled=${!form.name.trim()}>${isNew ? "Make" : "Save"}</button>
      ${!isNew && html`<button type="button" onClick=${archive}>${project.archived ? "Bring back" : "Archive"}</button>`}<button type="button" onClick=${onClose}>Cancel</button></div>
  </form></${Dialog}>`;
}

const CONDITIONS = ["path", "remote", "branch"];

function Mappings({ lists, reload }) {
  const [isOpen, setOpen] = useState(false);
  const remove = (one) => act("Dropped a mapping", () => api.remove("/api/mappings", { id: one.id })).then(reload, () => {});
  return html`<section class="card"><h2>Mappings <button class="quiet" onClick=${() => setOpen(true)}>Map a folder</button></h2>
    <p class="note">The first that matches says which project a folder, remote or branch belongs to. A new one corrects the past as well, except what you edited or approved.</p>
    <ul class="plain">${lists.mappings.map((one) => html`<li key=${one.id} class="split"><span>${CONDITIONS.filter((name) => one[name]).map((name) => html`<code key=${name}>${line(one[name])}</code> `)}
      → <strong><bdi>${line(one.project) || "·"}</bdi></strong>${one.task && html` <small>${line(one.task)}</small>`}${one.client && html` <small>${line(one.client)}</small>`}</span>
      <button class="quiet" aria-label=${`Drop the mapping to ${line(one.project)}`} onClick=${() => remove(one)}>Drop</button></li>`)}
      ${!lists.mappings.length && html`<li class="blank">None: folders are projects of their own name.</li>`}</ul>
    ${isOpen && html`<${NewMapping} lists=${lists} onClose=${() => (setOpen(false), reload())} />`}
  </section>`;
}

/** A rule, whose difference is shown before it is made. */
function NewMapping({ lists, onClose }) {
  const [form, setForm] = useState({ path: "", branch: "", project: "" });
  const [preview, setPreview] = useState(null);
  const [trouble, setTrouble] = useState(null);
  const set = (name) => (value) => (setPreview(null), setForm((was) => ({ ...was, [name]: value })));
  const body = { ...Object.fromEntries(Object.entries(form).filter(([, value]) => value.trim()).map(([name, value]) => [name, value.trim()])), autoCreate: true };
  const submit = async (event) => {
    event.preventDefault();
    try {
      if (!preview) return setPreview(await api.post("/api/mappings", { ...body, dryRun: true }));
      await act(`Mapped to ${line(form.project)}`, () => api.create("/api/mappings", body));
      return onClose();
    } catch (refusal) {
      return setTrouble(refusal);
    }
  };
  return html`<${Dialog} title="Map a folder" onClose=${onClose}><form class="fields" onSubmit=${submit}>
    <label class="field-of wide">Folder, or a pattern of folders<input name="path" list="folders" value=${form.path} placeholder="/home/me/code/acme" onInput=${(event) => set("path")(event.target.value)} />
      <datalist id="folders">${lists.repos.map((one) => html`<option key=${one.path} value=${one.path}></option>`)}</datalist></label>
    <label class="field-of">Branch pattern<input name="branch" value=${form.branch} placeholder="any" onInput=${(event) => set("branch")(event.target.value)} /></label>
    <${ProjectField} value=${form.project} onInput=${set("project")} projects=${lists.projects} />
    ${preview && html`<div class="note wide"><p>${counted(preview.updated + preview.created + preview.deleted, "entry", "entries")} of the past would change.</p>
      <ul class="plain">${preview.projects.map((one) => html`<li key=${one.projectId} class="split"><bdi>${line(one.name) || "no project"}</bdi> <span>${length(one.beforeSeconds)} → ${length(one.afterSeconds)}</span></li>`)}</ul></div>`}
    ${trouble && html`<p class="trouble wide">${trouble.message} <small>${trouble.hint}</small></p>`}
    <div class="deeds"><button class="primary" disabled=${!form.project.trim() || !(form.path.trim() || form.branch.trim())}>${preview ? "Map it" : "Show the difference"}</button><button type="button" onClick=${onClose}>Cancel</button></div>
  </form></${Dialog}>`;
}

function Repos({ repos }) {
  return html`<section class="card"><h2>Watched repositories</h2>
    <ul class="plain">${repos.map((one) => html`<li key=${one.path} class="split"><span><bdi>${line(one.path)}</bdi> <small>${line(one.branch)}</small>${one.problem && html` <strong class="bad">${line(one.problem)}</strong>`}</span>
      <small>${line(one.projectName)} ${line(one.tier)}</small></li>`)}
      ${!repos.length && html`<li class="blank">None yet: <code>stint up FOLDER</code> watches what lies below a folder.</li>`}</ul></section>`;
}
