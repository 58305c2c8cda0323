// The bar at the top: pages, warnings, the connection to the daemon, undo.

import { undo } from "../lib/act.js";
import { api } from "../lib/api.js";
import { html, useCallback, useEffect, useState } from "../lib/html.js";
import { useChanges } from "../lib/live.js";
import { line } from "../lib/text.js";
import { Icon } from "./icons.js";

const WORDS = {
  connecting: "connecting", live: "live", away: "disconnected", resting: "standby", out: "signed out",
};

/** The warnings of the status, loaded again when the daemon reports a change. */
function useWarnings() {
  const [warnings, set] = useState([]);
  const load = useCallback(() => api.get("/api/status").then((status) => set(status.warnings), () => {}), []);
  useEffect(() => void load(), []);
  useChanges((kind) => (kind === "health" || kind === "back" || kind === "gap") && load(), []);
  return warnings;
}

function Warnings({ warnings }) {
  if (!warnings.length) return null;
  return html`<details class="warnings">
    <summary><${Icon} name="warning" /><span>${warnings.length}</span><span class="hidden"> ${warnings.length === 1 ? "warning" : "warnings"}</span></summary>
    <ul>${warnings.map((warning) => html`<li class=${warning.severity}><strong>${line(warning.text)}</strong><span>${line(warning.hint)}</span></li>`)}</ul>
  </details>`;
}

export function Bar({ pages, page, connection }) {
  const warnings = useWarnings();
  return html`<header class="bar">
    <a class="brand" href="/"><span class="mark" aria-hidden="true"></span>stint</a>
    <nav aria-label="Pages">${pages.map((item) => html`
      <a href=${item.path} aria-current=${item === page ? "page" : undefined}>${item.title}</a>`)}</nav>
    <div class="far">
      <${Warnings} warnings=${warnings} />
      <button class="quiet" onClick=${() => undo()} title="Undo the last change (Ctrl+Z)"><${Icon} name="undo" /> Undo</button>
      <span class=${`connection ${connection}`} role="status" data-state=${connection}><i aria-hidden="true"></i>${WORDS[connection]}</span>
    </div>
  </header>`;
}
