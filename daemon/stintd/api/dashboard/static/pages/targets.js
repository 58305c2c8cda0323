// Billing systems: the state of each, what is waiting and why, what would be sent.

import { act } from "../lib/act.js";
import { api } from "../lib/api.js";
import { html, useState } from "../lib/html.js";
import { useQuery } from "../lib/query.js";
import { line, quantity } from "../lib/text.js";
import { Dialog } from "../parts/dialog.js";
import { dayShort, length } from "../lib/time.js";

const STATES = { well: "connected", connecting: "connecting", failing: "not responding", stopped: "stopped" };
const COUNTS = [["waiting", "waiting"], ["held", "held back"], ["sending", "sending"], ["changed", "to update"], ["withdrawn", "to delete"], ["delivered", "delivered"], ["parked", "parked"]];

export function Page() {
  const { answer, error, reload } = useQuery("/api/targets", {}, { health: true });
  const [preview, setPreview] = useState(null);
  if (error && !answer) return html`<main id="main" class="targets" tabindex="-1"><p class="trouble">${error.message} <small>${error.hint}</small></p></main>`;
  if (!answer) return html`<main id="main" class="targets" tabindex="-1"></main>`;
  return html`<main id="main" class="targets" tabindex="-1">
    <div class="daybar"><div class="pick"><h1>Targets</h1></div></div>
    ${!answer.data.length && html`<section class="card empty"><h2>No billing system is connected</h2><p>Your hours stay on this machine until you connect one, for example with <code>stint connect clickup</code>.
      By default, nothing is sent until you approve it.</p></section>`}
    ${answer.data.map((target) => html`<${Target} key=${target.name} target=${target} reload=${reload} onPreview=${() => setPreview(target.name)} />`)}
    ${answer.data.length > 0 && html`<${Outbox} />`}
    ${preview && html`<${Preview} name=${preview} onClose=${() => (setPreview(null), reload())} />`}
  </main>`;
}

function Target({ target, reload, onPreview }) {
  const sync = () => act(`Sending to ${target.name} now`, () => api.post("/api/sync", { target: target.name })).then(reload, () => {});
  return html`<section class="card target" aria-label=${target.name}>
    <h2><bdi>${line(target.name)}</bdi> <small>${line(target.kind)}</small> <span class=${`state ${target.state}`}>${STATES[target.state]}</span></h2>
    ${target.trouble && html`<p class="trouble">${line(target.trouble)}</p>`}
    <dl class="totals">${COUNTS.filter(([name]) => target.counts[name] > 0).map(([name, word]) => html`<div key=${name}><dt>${word}</dt><dd>${target.counts[name]}</dd></div>`)}
      <div><dt>API calls left this hour</dt><dd>${target.callsLeft}</dd></div></dl>
    <p class="note">${target.deliver === "auto" ? "Sends automatically, without approval." : "Sends approved entries only."} ${target.from ? `Sends nothing from before ${dayShort(target.from)}. ` : ""}
      ${target.map.length ? `${quantity(target.map.length, "mapping")}.` : html`No mappings yet; add one with <code>stint targets map ${line(target.name)} --project NAME …</code>`}</p>
    <div class="actions"><button class="quiet" onClick=${onPreview}>What would be sent</button><button class="quiet" onClick=${sync}>Send now</button></div>
  </section>`;
}

/** Exactly what would be sent, and what is held back and why. */
function Preview({ name, onClose }) {
  const [answer, setAnswer] = useState(null);
  if (!answer) api.post("/api/sync", { target: name, dryRun: true }).then(setAnswer, (error) => setAnswer({ items: [], error }));
  return html`<${Dialog} title=${`What would be sent to ${line(name)}`} onClose=${onClose}>
    ${answer?.error && html`<p class="trouble">${answer.error.message} <small>${answer.error.hint}</small></p>`}
    ${answer && !answer.error && !answer.items.length && html`<p class="blank">Nothing to send.</p>`}
    <ul class="plain sends">${(answer?.items ?? []).slice(0, 200).map((item) => html`<li key=${`${item.entryId} ${item.part ?? 0} ${item.action}`}>
      <strong>${line(item.action)}</strong> ${item.day ? dayShort(item.day) : ""} ${item.seconds == null ? "" : length(item.seconds)} <bdi>${line(item.project ?? item.projectName)}</bdi>${" "}
      <small><bdi>${line(item.description)}</bdi></small>${(item.reason || item.hold) && html`<small class="held">${line(item.reason ?? item.hold)}${item.remedy ? `: ${line(item.remedy)}` : ""}</small>`}</li>`)}</ul>
  </${Dialog}>`;
}

function Outbox() {
  const { answer, reload } = useQuery("/api/outbox", { state: "parked", limit: 50 }, { health: true });
  if (!answer?.data.length) return null;
  const retry = (delivery) => act("Trying again", () => api.post(`/api/outbox/${delivery.id}/retry`)).then(reload, () => {});
  const drop = (delivery) => act("Dropped: it will not be delivered", () => api.post(`/api/outbox/${delivery.id}/drop`)).then(reload, () => {});
  return html`<section class="card"><h2>Parked</h2><p class="note">stintd has given up on these deliveries, and they wait for you: the target refused the entry, or it is unknown whether the entry arrived. Other entries are still delivered.</p>
    <ul class="plain">${answer.data.map((delivery) => html`<li key=${delivery.id} class="split"><span><strong><bdi>${line(delivery.target)}</bdi></strong> ${line(delivery.lastError ?? delivery.reason)}${" "}
      ${delivery.remedy && html`<small>${line(delivery.remedy)}</small>`}</span>
      <span class="actions"><button class="quiet" onClick=${() => retry(delivery)}>Try again</button><button class="quiet" onClick=${() => drop(delivery)}>Drop</button></span></li>`)}</ul></section>`;
}
