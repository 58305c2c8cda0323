// Billing systems: how it goes with each, what waits and why, what would be sent.

import { act } from "../lib/act.js";
import { api } from "../lib/api.js";
import { useAsk } from "../lib/ask.js";
import { html, useState } from "../lib/html.js";
import { counted, line } from "../lib/text.js";
import { Dialog } from "../parts/dialog.js";
import { dayShort, length } from "../lib/time.js";

const STATES = { well: "goes well", connecting: "connecting", failing: "does not answer", stopped: "stopped" };
const COUNTS = [["waiting", "waiting"], ["held", "held back"], ["sending", "being sent"], ["changed", "to be corrected"], ["withdrawn", "to be taken away"], ["delivered", "delivered"], ["parked", "parked"]];

export function Page() {
  const { told, trouble, reload } = useAsk("/api/targets", {}, { health: true });
  const [preview, setPreview] = useState(null);
  if (trouble && !told) return html`<main id="main" class="targets" tabindex="-1"><p class="trouble">${trouble.message} <small>${trouble.hint}</small></p></main>`;
  if (!told) return html`<main id="main" class="targets" tabindex="-1"></main>`;
  return html`<main id="main" class="targets" tabindex="-1">
    <div class="daybar"><div class="pick"><h1>Targets</h1></div></div>
    ${!told.data.length && html`<section class="card empty"><h2>Nothing is connected</h2><p>Hours stay here until you connect a billing system: <code>stint connect clickup</code>, say.
      Nothing is sent before you approved it.</p></section>`}
    ${told.data.map((one) => html`<${Target} key=${one.name} target=${one} reload=${reload} onPreview=${() => setPreview(one.name)} />`)}
    ${told.data.length > 0 && html`<${Outbox} />`}
    ${preview && html`<${Preview} name=${preview} onClose=${() => (setPreview(null), reload())} />`}
  </main>`;
}

function Target({ target, reload, onPreview }) {
  const sync = () => act(`Sending to ${target.name} now`, () => api.post("/api/sync", { target: target.name })).then(reload, () => {});
  return html`<section class="card target" aria-label=${target.name}>
    <h2><bdi>${line(target.name)}</bdi> <small>${line(target.kind)}</small> <span class=${`state ${target.state}`}>${STATES[target.state]}</span></h2>
    ${target.trouble && html`<p class="trouble">${line(target.trouble)}</p>`}
    <dl class="totals">${COUNTS.filter(([name]) => target.counts[name] > 0).map(([name, word]) => html`<div key=${name}><dt>${word}</dt><dd>${target.counts[name]}</dd></div>`)}
      <div><dt>calls left this hour</dt><dd>${target.callsLeft}</dd></div></dl>
    <p class="note">${target.deliver === "auto" ? "Sends without approval." : "Sends what you approved."} ${target.from ? `Nothing before ${dayShort(target.from)}.` : ""}
      ${target.map.length ? counted(target.map.length, "mapping") : html`No mapping yet: <code>stint targets map ${line(target.name)} --project NAME …</code>`}</p>
    <div class="deeds"><button class="quiet" onClick=${onPreview}>What would be sent</button><button class="quiet" onClick=${sync}>Send now</button></div>
  </section>`;
}

/** To the letter what goes, and what is kept back and why. */
function Preview({ name, onClose }) {
  const [told, setTold] = useState(null);
  if (!told) api.post("/api/sync", { target: name, dryRun: true }).then(setTold, (trouble) => setTold({ items: [], trouble }));
  return html`<${Dialog} title=${`To ${line(name)}`} onClose=${onClose}>
    ${told?.trouble && html`<p class="trouble">${told.trouble.message} <small>${told.trouble.hint}</small></p>`}
    ${told && !told.trouble && !told.items.length && html`<p class="blank">Nothing waits.</p>`}
    <ul class="plain sends">${(told?.items ?? []).slice(0, 200).map((one) => html`<li key=${`${one.entryId} ${one.part ?? 0} ${one.action}`}>
      <strong>${line(one.action)}</strong> ${one.day ? dayShort(one.day) : ""} ${one.seconds == null ? "" : length(one.seconds)} <bdi>${line(one.project ?? one.projectName)}</bdi>
      <small><bdi>${line(one.description)}</bdi></small>${(one.reason || one.hold) && html`<small class="held">${line(one.reason ?? one.hold)}${one.remedy ? `: ${line(one.remedy)}` : ""}</small>`}</li>`)}</ul>
  </${Dialog}>`;
}

function Outbox() {
  const { told, reload } = useAsk("/api/outbox", { state: "parked", limit: 50 }, { health: true });
  if (!told?.data.length) return null;
  const again = (one) => act("It is tried again", () => api.post(`/api/outbox/${one.id}/retry`)).then(reload, () => {});
  const drop = (one) => act("Given up", () => api.post(`/api/outbox/${one.id}/drop`)).then(reload, () => {});
  return html`<section class="card"><h2>Parked</h2><p class="note">Refused there, or nobody knows whether it arrived. The others flow.</p>
    <ul class="plain">${told.data.map((one) => html`<li key=${one.id} class="split"><span><strong><bdi>${line(one.target)}</bdi></strong> ${line(one.lastError ?? one.reason)}
      ${one.remedy && html`<small>${line(one.remedy)}</small>`}</span>
      <span class="deeds"><button class="quiet" onClick=${() => again(one)}>Try again</button><button class="quiet" onClick=${() => drop(one)}>Give up</button></span></li>`)}</ul></section>`;
}
