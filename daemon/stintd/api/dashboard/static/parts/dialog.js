// A dialog over the page: the browser's own, which keeps the focus inside.

import { html, useLayoutEffect, useRef } from "../lib/html.js";
import { Icon } from "./icons.js";

/** `onClose` is called when the dialog is closed by its button, by Escape, by a click outside, or by the browser itself, which does
 * not let a page ignore a second Escape. */
export function Dialog({ title, onClose, children, tone = "" }) {
  const node = useRef();
  const isGone = useRef(false);
  useLayoutEffect(() => {
    const before = document.activeElement, dialog = node.current;
    dialog.showModal();
    return () => {
      isGone.current = true;
      dialog.close(); // while it is open, nothing outside can take the focus
      if (before?.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  const handleClose = () => isGone.current || onClose();
  const closeOnBackdrop = (event) => event.target === node.current && onClose();
  return html`<dialog class=${`sheet ${tone}`} ref=${node} aria-label=${title} onClose=${handleClose}
    onCancel=${(event) => { event.preventDefault(); onClose(); }} onPointerDown=${closeOnBackdrop}>
    <div class="sheet-in">
      <header><h2>${title}</h2><button class="bare" aria-label="Close" type="button" onClick=${onClose}><${Icon} name="close" /></button></header>
      ${children}
    </div>
  </dialog>`;
}
