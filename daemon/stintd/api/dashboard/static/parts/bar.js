// The bar at the top: pages, what is degraded, whether the page hears the daemon, undo.

import { undo } from "../lib/act.js";
import { api } from "../lib/api.js";
import { html, useCallback, useEffect, useState } from "../lib/html.js";
import { useChanges } from "../lib/live.js";
import { line } from "../lib/text.js";
import { Icon } from "./icons.js";

const WORDS = {
  connecting: "connecting", live: "live", away: "daemon away", resting: "resting", out: "not let in",
};

/** What is degraded, as the status tells it; read anew when the daemon says that it changed. */
function useWarnings() {
  const [warnings, set] = useState([]);
  const load = useCallback(() => api.get("/api/status").then((told) => set(told.warnings), () => {}), []);
  useEffect(() => void load(), []);
  useChanges((kind) => (kind === "health" || kind === "back" || kind === "gap") && load(), []);
  return warnings;
}

function Warnings({ warnings }) {
  if (!warnings.length) return null;
  return html`<details class="warnings">
    <summary><${Icon} name="warning" /><span>${warnings.length}</span><span class="hidden"> things need a look</span></summary>
    <ul>${warnings.map((one) => html`<li class=${one.severity}><strong>${line(one.text)}</strong><span>${line(one.hint)}</span></li>`)}</ul>
  </details>`;
}

export function Bar({ pages, page, connection }) {
  const warnings = useWarnings();
  return html`<header class="bar">
    <a class="brand" href="/"><span class="mark" aria-hidden="true"></span>stint</a>
    <nav aria-label="Pages">${pages.map((one) => html`
      <a href=${one.path} aria-current=${one === page ? "page" : undefined}>${one.title}</a>`)}</nav>
    <div class="far">
      <${Warnings} warnings=${warnings} />
      <button class="quiet" onClick=${() => undo()} title="Undo the last change (Ctrl+Z)"><${Icon} name="undo" /> Undo</button>
      <span class=${`connection ${connection}`} role="status" data-state=${connection}><i aria-hidden="true"></i>${WORDS[connection]}</span>
    </div>
  </header>`;
}
