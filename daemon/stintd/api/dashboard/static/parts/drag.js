// Dragging with mouse, pen or finger: from the press until the pointer is let go, or Escape.

import { html, useEffect, useRef, useState } from "../lib/html.js";
import { FINE, SNAP, dragged, snapped } from "../lib/lanes.js";
import { length, spanText } from "../lib/time.js";

const STILL = 4; // pixels that a hand trembles

/** `bounds(one)`: how far it may go (`{start, end}`). `{drag, begin}`: what is being dragged (`{id, edge, from, to}` or null), and `begin(event, one, edge)`.
 * `onDone(one, {from, to}, edge)` is called with what was let go elsewhere than it was. */
export function useDrag({ perPixel, bounds, onDone }) {
  const [drag, set] = useState(null);
  const stop = useRef(null);
  useEffect(() => () => stop.current?.(), []);
  const begin = (event, one, edge) => {
    if (event.button || stop.current) return;
    const startY = event.clientY, reach = bounds(one);
    let now = null;
    const move = (moved) => {
      const by = (moved.clientY - startY) * perPixel;
      if (!now && Math.abs(moved.clientY - startY) < STILL) return;
      const found = edge === "draw"
        ? drawn(one.from, one.from + by, moved.shiftKey ? FINE : SNAP, reach)
        : dragged(one, edge, by, moved.shiftKey ? FINE : SNAP, reach);
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

function drawn(from, at, step, { start, end }) {
  const [lo, hi] = [Math.min(from, at), Math.max(from, at)].map((one) => Math.min(end, Math.max(start, snapped(one, step))));
  return hi > lo ? { from: lo, to: hi } : { from: Math.max(start, hi - step), to: hi };
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
