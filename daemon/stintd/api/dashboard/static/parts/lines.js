// The line at the foot: what was done, and the way back.

import { onLine, undo } from "../lib/act.js";
import { html, useEffect, useState } from "../lib/html.js";
import { shown } from "../lib/text.js";
import { Icon } from "./icons.js";

const STAYS = { plain: 8000, bad: 15000 };

export function Lines() {
  const [line, set] = useState(null);
  useEffect(() => onLine(set), []);
  useEffect(() => {
    if (!line) return undefined;
    const timer = setTimeout(() => set(null), STAYS[line.tone]);
    return () => clearTimeout(timer);
  }, [line]);
  return html`<div class="lines" aria-live="polite">${line && html`<div class=${`line ${line.tone}`} key=${line.number}>
    <p>${shown(line.text)}${line.hint && html`<small>${shown(line.hint)}</small>`}</p>
    ${line.undo && html`<button class="link" onClick=${() => undo(line.undo)}>Undo</button>`}
    <button class="bare" aria-label="Close" onClick=${() => set(null)}><${Icon} name="close" /></button>
  </div>`}</div>`;
}
