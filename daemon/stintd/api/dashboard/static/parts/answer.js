// The answer to the question whose hours a folder's are: one press, and a second one where more than eight hours move.

import { showError, showMessage } from "../lib/act.js";
import { api } from "../lib/api.js";
import { html, useState } from "../lib/html.js";
import { line } from "../lib/text.js";
import { length } from "../lib/time.js";
import { ProjectField, findProject, useProjects } from "./choose.js";
import { Dialog } from "./dialog.js";

/** What a person who answers in the terminal types. */
const WORDS = { same: "Same project", own: "Its own", another: "Another…" };

/** `item`: a question of the review. */
export function Answer({ item, reload }) {
  const [asked, setAsked] = useState(null);
  const [isOpen, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const send = async (body) => {
    setBusy(true);
    try {
      const told = await api.post(`/api/review/${item.id}`, body);
      const names = [...new Set(told.folders.map((folder) => line(folder.projectName)))];
      showMessage({ text: `Counts as ${names.join(", ")}`, undo: told.editId });
      reload();
    } catch (error) {
      if (error.details?.needs === "confirm") setAsked({ body, hours: length(error.details.seconds + error.details.agentSeconds) });
      else showError(error), reload();
    } finally {
      setBusy(false);
    }
  };
  if (asked) return html`<strong>${asked.hours} would move.</strong> <button class="quiet" onClick=${() => setAsked(null)}>Leave as it is</button>
    <button class="quiet" disabled=${busy} onClick=${() => send({ ...asked.body, confirm: true })}>Move them</button>`; // last: a double press of an answer must not confirm it
  const title = { same: item.projectName ? `counts as ${line(item.projectName)}` : "one project", own: "a project of the folder's name", another: "a project that you choose" };
  return html`${Object.entries(WORDS).map(([answer, text]) => html`<button class="quiet" key=${answer} title=${title[answer]} disabled=${busy}
      onClick=${() => (answer === "another" ? setOpen(true) : send({ answer }))}>${text}</button>`)}
    ${isOpen && html`<${Another} onClose=${() => setOpen(false)} onChoose=${(body) => (setOpen(false), send(body))} />`}`;
}

/** The dialog that asks which other project. */
function Another({ onClose, onChoose }) {
  const [name, setName] = useState("");
  const projects = useProjects();
  const project = findProject(projects, name);
  const submit = (event) => {
    event.preventDefault();
    onChoose({ answer: "another", project: project ? project.id : name.trim(), ...(project ? {} : { autoCreate: true }) });
  };
  return html`<${Dialog} title="Another project" onClose=${onClose}><form class="fields" onSubmit=${submit}>
    <${ProjectField} value=${name} onInput=${setName} projects=${projects} isNew=${name.trim() && projects.length && !project} autofocus />
    <div class="actions"><button class="primary" disabled=${!name.trim()}>Choose</button><button type="button" onClick=${onClose}>Cancel</button></div>
  </form></${Dialog}>`;
}
