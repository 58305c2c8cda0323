// A sheet over the page: the browser's own dialog, which keeps the focus inside.

import { html, useLayoutEffect, useRef } from "../lib/html.js";
import { Icon } from "./icons.js";

/** `onClose` is called when it was closed by its button, by Escape, by a press beside it, or by the browser itself, which does
 * not let a page refuse a second Escape. */
export function Dialog({ title, onClose, children, tone = "" }) {
  const node = useRef();
  const isGone = useRef(false);
  useLayoutEffect(() => {
    const before = document.activeElement, dialog = node.current;
    dialog.showModal();
    return () => {
      isGone.current = true;
      dialog.close(); // while it is open, nothing outside of it can have the focus
      if (before?.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  const closed = () => isGone.current || onClose();
  const beside = (event) => event.target === node.current && onClose();
  return html`<dialog class=${`sheet ${tone}`} ref=${node} aria-label=${title} onClose=${closed}
    onCancel=${(event) => { event.preventDefault(); onClose(); }} onPointerDown=${beside}>
    <div class="sheet-in">
      <header><h2>${title}</h2><button class="bare" aria-label="Close" type="button" onClick=${onClose}><${Icon} name="close" /></button></header>
      ${children}
    </div>
  </dialog>`;
}
