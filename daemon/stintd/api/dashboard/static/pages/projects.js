// Projects with client, hourly rate and billing; and the mappings that decide which folder belongs to which project.

import { act } from "../lib/act.js";
import { api, fetchAll } from "../lib/api.js";
import { html, useCallback, useEffect, useState } from "../lib/html.js";
import { useRefresh } from "../lib/live.js";
import { colourOf, line, quantity } from "../lib/text.js";
import { length } from "../lib/time.js";
import { Dialog } from "../parts/dialog.js";
import { ProjectField } from "../parts/choose.js";

function useLists() {
  const [lists, set] = useState(null);
  const load = useCallback(async () => {
    const [projects, mappings, repos] = await Promise.all([fetchAll("/api/projects", { status: "all" }), api.get("/api/mappings"), fetchAll("/api/repos")]);
    set({ projects, mappings: mappings.data, repos });
  }, []);
  useEffect(() => void load().catch(() => {}), []);
  useRefresh(load, { beats: false });
  return [lists, load];
}

export function Page() {
  const [lists, reload] = useLists();
  const [open, setOpen] = useState(null);
  const [isAll, setAll] = useState(false);
  if (!lists) return html`<main id="main" class="projects" tabindex="-1"><h1>Projects</h1></main>`;
  const visible = lists.projects.filter((project) => isAll || !project.archived);
  const hidden = lists.projects.length - lists.projects.filter((project) => !project.archived).length;
  return html`<main id="main" class="projects" tabindex="-1">
    <div class="daybar"><div class="pick"><h1>Projects</h1><button class="quiet" onClick=${() => setOpen({})}>New project</button></div></div>
    <div class="card scrolls"><table class="grid">
      <thead><tr><th scope="col">Project</th><th scope="col">Client</th><th scope="col">Hourly rate</th><th scope="col">Budget</th><th scope="col">Billable</th><th scope="col">Agents' time</th><th scope="col">Repositories</th><th scope="col"><span class="hidden">Edit</span></th></tr></thead>
      <tbody>${visible.map((project) => html`<tr key=${project.id} class=${`${colourOf(project.id)} ${project.archived ? "archived" : ""}`}>
        <th scope="row"><i class="dot" aria-hidden="true"></i><bdi>${line(project.name)}</bdi>${project.archived && html` <small>archived</small>`}</th>
        <td><bdi>${line(project.clientName) || "·"}</bdi></td><td>${project.hourlyRate == null ? "·" : `${project.hourlyRate} ${line(project.currency)}`}</td>
        <td>${project.budgetHours == null ? "·" : `${project.budgetHours} h`}</td><td>${project.billable ? "yes" : "no"}</td><td>${project.billAgentTime ? "billed" : "not billed"}</td>
        <td>${project.repos.length ? project.repos.map((repo) => html`<bdi key=${repo.id} title=${line(repo.remote)}>${line(repo.name)} </bdi>`) : "·"}</td>
        <td><button class="quiet" aria-label=${`Edit ${line(project.name)}`} onClick=${() => setOpen(project)}>Edit</button></td></tr>`)}
        ${!visible.length && html`<tr><td colspan="8" class="blank">No projects yet. stintd creates a project when you work in a repository.</td></tr>`}</tbody>
    </table></div>
    ${hidden > 0 && html`<p><button class="quiet" aria-pressed=${isAll ? "true" : "false"} onClick=${() => setAll(!isAll)}>${isAll ? "Hide" : "Show"} ${quantity(hidden, "archived project")}</button></p>`}
    <${Mappings} lists=${lists} reload=${reload} />
    <${Repos} repos=${lists.repos} />
    ${open && html`<${ProjectForm} project=${open} onClose=${() => (setOpen(null), reload())} />`}
  </main>`;
}

/** The fields of a project; a project without an id is a new one. */
function ProjectForm({ project, onClose }) {
  const isNew = !project.id;
  const before = {
    name: project.name ?? "", clientName: project.clientName ?? "", hourlyRate: project.hourlyRate ?? "", currency: project.currency ?? "", budgetHours: project.budgetHours ?? "",
    billable: project.billable ?? false, billAgentTime: project.billAgentTime ?? false, billSupervised: project.billSupervised ?? true,
  };
  const [form, setForm] = useState(before);
  const [error, setError] = useState(null);
  const set = (name, value) => setForm((last) => ({ ...last, [name]: value }));
  const field = (name, label, more = {}) => html`<label class="field-of">${label}<input name=${name} value=${form[name]} autocomplete="off" maxlength="255" ...${more} onInput=${(event) => set(name, event.target.value)} /></label>`;
  const flag = (name, label) => html`<label class="tick"><input type="checkbox" name=${name} checked=${form[name]} onChange=${(event) => set(name, event.target.checked)} /> ${label}</label>`;
  const body = () => {
    const number = (text) => (String(text).trim() === "" ? null : Number(text));
    const parse = { hourlyRate: number, budgetHours: number, clientName: (text) => text.trim() || null, currency: (text) => text.trim() || null, name: (text) => text.trim() };
    return Object.fromEntries(Object.keys(form).filter((name) => form[name] !== before[name]).map((name) => [name, parse[name] ? parse[name](form[name]) : form[name]]));
  };
  const attempt = async (text, send) => {
    try {
      await act(text, send);
      onClose();
    } catch (failure) {
      setError(failure);
    }
  };
  const submit = (event) => {
    event.preventDefault();
    if (isNew) attempt(`Created ${line(form.name)}`, () => api.create("/api/projects", { ...body(), name: form.name.trim() }));
    else attempt(`Changed ${line(form.name)}`, () => api.patch(`/api/projects/${project.id}`, { ...body(), revision: project.revision }));
  };
  const archive = () => attempt(project.archived ? "Unarchived" : "Archived", () => api.patch(`/api/projects/${project.id}`, { archived: !project.archived, revision: project.revision }));
  return html`<${Dialog} title=${isNew ? "New project" : line(project.name)} onClose=${onClose}><form class="fields" onSubmit=${submit}>
    ${field("name", "Name", { required: true })}${field("clientName", "Client")}
    ${field("hourlyRate", "Hourly rate", { inputmode: "decimal" })}${field("currency", "Currency", { placeholder: "EUR" })}${field("budgetHours", "Budget (hours)", { inputmode: "decimal" })}
    <fieldset class="wide"><legend class="hidden">What is billed</legend>${flag("billable", "New time is billable")}${flag("billSupervised", "Bill time supervising an agent")}${flag("billAgentTime", "Bill agents' own time")}</fieldset>
    ${error && html`<p class="trouble wide">${error.message} <small>${error.hint}</small></p>`}
    <div class="actions"><button class="primary" disabled=${!form.name.trim()}>${isNew ? "Create" : "Save"}</button>
      ${!isNew && html`<button type="button" onClick=${archive}>${project.archived ? "Unarchive" : "Archive"}</button>`}<button type="button" onClick=${onClose}>Cancel</button></div>
  </form></${Dialog}>`;
}

const CONDITIONS = ["path", "remote", "branch"];

function Mappings({ lists, reload }) {
  const [isOpen, setOpen] = useState(false);
  const remove = (mapping) => act("Removed a mapping", () => api.remove("/api/mappings", { id: mapping.id })).then(reload, () => {});
  return html`<section class="card"><h2>Mappings <button class="quiet" onClick=${() => setOpen(true)}>Map a folder</button></h2>
    <p class="note">The first mapping that matches decides which project a folder, remote or branch belongs to. A new mapping also applies to past entries, except those that you edited or approved.</p>
    <ul class="plain">${lists.mappings.map((mapping) => html`<li key=${mapping.id} class="split"><span>${CONDITIONS.filter((name) => mapping[name]).map((name) => html`<code key=${name}>${line(mapping[name])}</code> `)}
      → <strong><bdi>${line(mapping.project) || "·"}</bdi></strong>${mapping.task && html` <small>${line(mapping.task)}</small>`}${mapping.client && html` <small>${line(mapping.client)}</small>`}</span>
      <button class="quiet" aria-label=${`Remove the mapping to ${line(mapping.project)}`} onClick=${() => remove(mapping)}>Remove</button></li>`)}
      ${!lists.mappings.length && html`<li class="blank">No mappings: each project is named after its folder.</li>`}</ul>
    ${isOpen && html`<${NewMapping} lists=${lists} onClose=${() => (setOpen(false), reload())} />`}
  </section>`;
}

/** A new mapping; what it would change is shown before it is created. */
function NewMapping({ lists, onClose }) {
  const [form, setForm] = useState({ path: "", branch: "", project: "" });
  const [preview, setPreview] = useState(null);
  const [error, setError] = useState(null);
  const set = (name) => (value) => (setPreview(null), setForm((before) => ({ ...before, [name]: value })));
  const body = { ...Object.fromEntries(Object.entries(form).filter(([, value]) => value.trim()).map(([name, value]) => [name, value.trim()])), autoCreate: true };
  const submit = async (event) => {
    event.preventDefault();
    try {
      if (!preview) return setPreview(await api.post("/api/mappings", { ...body, dryRun: true }));
      await act(`Mapped to ${line(form.project)}`, () => api.create("/api/mappings", body));
      return onClose();
    } catch (failure) {
      return setError(failure);
    }
  };
  return html`<${Dialog} title="Map a folder" onClose=${onClose}><form class="fields" onSubmit=${submit}>
    <label class="field-of wide">Folder or pattern<input name="path" list="folders" value=${form.path} placeholder="/home/me/code/acme" onInput=${(event) => set("path")(event.target.value)} />
      <datalist id="folders">${lists.repos.map((repo) => html`<option key=${repo.path} value=${repo.path}></option>`)}</datalist></label>
    <label class="field-of">Branch pattern<input name="branch" value=${form.branch} placeholder="any" onInput=${(event) => set("branch")(event.target.value)} /></label>
    <${ProjectField} value=${form.project} onInput=${set("project")} projects=${lists.projects} />
    ${preview && html`<div class="note wide"><p>${quantity(preview.updated + preview.created + preview.deleted, "past entry", "past entries")} would change.</p>
      <ul class="plain">${preview.projects.map((project) => html`<li key=${project.projectId} class="split"><bdi>${line(project.name) || "no project"}</bdi> <span>${length(project.beforeSeconds)} → ${length(project.afterSeconds)}</span></li>`)}</ul></div>`}
    ${error && html`<p class="trouble wide">${error.message} <small>${error.hint}</small></p>`}
    <div class="actions"><button class="primary" disabled=${!form.project.trim() || !(form.path.trim() || form.branch.trim())}>${preview ? "Create mapping" : "Preview changes"}</button><button type="button" onClick=${onClose}>Cancel</button></div>
  </form></${Dialog}>`;
}

/** How a repository is watched, where it is not watched fully. */
const TIERS = { full: "", git: "git folder only", cold: "inactive, git folder only", swept: "polled", none: "not watched", refused: "not watched", waiting: "not watched yet" };

function Repos({ repos }) {
  const checkouts = repos.flatMap((repo) => repo.checkouts);
  return html`<section class="card"><h2>Watched repositories</h2>
    <ul class="plain">${checkouts.map((checkout) => html`<li key=${checkout.path} class="split"><span><bdi>${line(checkout.path)}</bdi> <small>${line(checkout.branch)}</small>
        <small class="command"><bdi>${line(checkout.why)}</bdi></small>${checkout.trouble && html`<strong class="bad">${line(checkout.trouble)}</strong>`}</span>
      <small>${[line(checkout.projectName), checkout.gone ? "gone" : TIERS[checkout.tier] ?? line(checkout.tier)].filter(Boolean).join(" · ")}</small></li>`)}
      ${!checkouts.length && html`<li class="blank">No repositories yet. <code>stint up FOLDER</code> watches the repositories below a folder.</li>`}</ul></section>`;
}
