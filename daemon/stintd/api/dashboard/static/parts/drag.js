// Dragging with mouse, pen or finger: from the press until the pointer is let go, or Escape.

import { html, useEffect, useRef, useState } from "../lib/html.js";
import { FINE, SNAP, dragged, snapped } from "../lib/lanes.js";
import { length, spanText } from "../lib/time.js";

const STILL = 4; // pixels that a hand trembles

/** `{drag, begin}`: what is being dragged (`{id, edge, from, to}` or null), and `begin(event, one, edge)`.
 * `onDone(one, {from, to}, edge)` is called with what was let go elsewhere than it was. */
export function useDrag({ perPixel, bounds, onDone }) {
  const [drag, set] = useState(null);
  const stop = useRef(null);
  useEffect(() => () => stop.current?.(), []);
  const begin = (event, one, edge) => {
    if (event.button || stop.current) return;
    const startY = event.clientY;
    let now = null;
    const move = (moved) => {
      const by = (moved.clientY - startY) * perPixel;
      if (!now && Math.abs(moved.clientY - startY) < STILL) return;
      const found = edge === "draw"
        ? drawn(one.from, one.from + by, moved.shiftKey ? FINE : SNAP)
        : dragged(one, edge, by, moved.shiftKey ? FINE : SNAP, bounds);
      now = { id: one.id, edge, ...found };
      set(now);
    };
    const finish = () => {
      stop.current?.();
      if (!now) return;
      suppressClick();
      if (now.from !== one.from || now.to !== one.to) onDone(one, { from: now.from, to: now.to }, edge);
    };
    const leave = (key) => key.key === "Escape" && (key.preventDefault(), stop.current?.());
    const cancelled = () => stop.current?.();
    addEventListener("pointermove", move);
    addEventListener("pointerup", finish);
    addEventListener("pointercancel", cancelled);
    addEventListener("keydown", leave, true);
    stop.current = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", finish);
      removeEventListener("pointercancel", cancelled);
      removeEventListener("keydown", leave, true);
      stop.current = null;
      set(null);
    };
  };
  return { drag, begin };
}

function drawn(from, at, step) {
  const [lo, hi] = [snapped(Math.min(from, at), step), snapped(Math.max(from, at), step)];
  return { from: lo, to: Math.max(hi, lo + step) };
}

/** The click that ends a drag is no click. */
function suppressClick() {
  const once = (event) => {
    event.stopPropagation();
    event.preventDefault();
  };
  addEventListener("click", once, { capture: true, once: true });
  setTimeout(() => removeEventListener("click", once, { capture: true }), 50);
}

/** What the drag would make of it, beside the pointer. */
export function DragLabel({ drag }) {
  return html`<span class="drag-label">${spanText(drag.from, drag.to)}${drag.to && ` · ${length((drag.to - drag.from) / 1000)}`}</span>`;
}
