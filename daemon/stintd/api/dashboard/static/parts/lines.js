// The message at the foot of the page: what was done, and a button to undo it.

import { onMessage, undo } from "../lib/act.js";
import { html, useEffect, useState } from "../lib/html.js";
import { sanitize } from "../lib/text.js";
import { Icon } from "./icons.js";

const STAYS = { plain: 8000, bad: 15000 };

export function Messages() {
  const [message, set] = useState(null);
  useEffect(() => onMessage(set), []);
  useEffect(() => {
    if (!message) return undefined;
    const timer = setTimeout(() => set(null), STAYS[message.tone]);
    return () => clearTimeout(timer);
  }, [message]);
  return html`<div class="lines" aria-live="polite">${message && html`<div class=${`line ${message.tone}`} key=${message.number}>
    <p>${sanitize(message.text)}${message.hint && html`<small>${sanitize(message.hint)}</small>`}</p>
    ${message.undo && html`<button class="link" onClick=${() => undo(message.undo)}>Undo</button>`}
    <button class="bare" aria-label="Close" onClick=${() => set(null)}><${Icon} name="close" /></button>
  </div>`}</div>`;
}
