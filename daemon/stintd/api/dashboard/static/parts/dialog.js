// A sheet over the page: the browser's own dialog, which keeps the focus inside.

import { html, useEffect, useRef } from "../lib/html.js";
import { Icon } from "./icons.js";

/** `onClose` is called when it was closed by its button, by Escape or by a press beside it. */
export function Dialog({ title, onClose, children, tone = "" }) {
  const node = useRef();
  useEffect(() => {
    const before = document.activeElement;
    node.current.showModal();
    // The dialog is taken out of the page rather than closed, so the browser does not give the focus back.
    return () => before?.isConnected && before.focus({ preventScroll: true });
  }, []);
  const beside = (event) => event.target === node.current && onClose();
  return html`<dialog class=${`sheet ${tone}`} ref=${node} aria-label=${title}
    onCancel=${(event) => { event.preventDefault(); onClose(); }} onPointerDown=${beside}>
    <div class="sheet-in">
      <header><h2>${title}</h2><button class="bare" aria-label="Close" type="button" onClick=${onClose}><${Icon} name="close" /></button></header>
      ${children}
    </div>
  </dialog>`;
}
