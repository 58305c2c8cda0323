// Dragging with mouse, pen or finger: from the press until the pointer is released, or Escape.

import { html, useEffect, useRef, useState } from "../lib/html.js";
import { FINE, SNAP, dragResult, snap } from "../lib/lanes.js";
import { length, spanText } from "../lib/time.js";

const STILL = 4; // pixels by which a hand trembles

/** `bounds(entry)`: how far it may be dragged (`{start, end}`). Returns `{drag, begin}`: what is being dragged (`{id, edge, from, to}`
 * or null), and `begin(event, entry, edge)`. `onDone(entry, {from, to}, edge)` is called when it was dropped somewhere else. */
export function useDrag({ perPixel, bounds, onDone }) {
  const [drag, set] = useState(null);
  const stop = useRef(null);
  useEffect(() => () => stop.current?.(), []);
  const begin = (event, entry, edge) => {
    if (event.button || stop.current) return;
    const startY = event.clientY, reach = bounds(entry);
    let now = null;
    const move = (event) => {
      const by = (event.clientY - startY) * perPixel;
      if (!now && Math.abs(event.clientY - startY) < STILL) return;
      const span = edge === "draw"
        ? drawnSpan(entry.from, entry.from + by, event.shiftKey ? FINE : SNAP, reach)
        : dragResult(entry, edge, by, event.shiftKey ? FINE : SNAP, reach);
      now = { id: entry.id, edge, ...span };
      set(now);
    };
    const finish = () => {
      stop.current?.();
      if (!now) return;
      suppressClick();
      if (now.from !== entry.from || now.to !== entry.to) onDone(entry, { from: now.from, to: now.to }, edge);
    };
    const cancelOnEscape = (event) => event.key === "Escape" && (event.preventDefault(), stop.current?.());
    const cancel = () => stop.current?.();
    addEventListener("pointermove", move);
    addEventListener("pointerup", finish);
    addEventListener("pointercancel", cancel);
    addEventListener("keydown", cancelOnEscape, true);
    stop.current = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", finish);
      removeEventListener("pointercancel", cancel);
      removeEventListener("keydown", cancelOnEscape, true);
      stop.current = null;
      set(null);
    };
  };
  return { drag, begin };
}

/** A span that is drawn from one instant to another, upwards or downwards; at least one step long. */
function drawnSpan(from, at, step, { start, end }) {
  const [lo, hi] = [Math.min(from, at), Math.max(from, at)].map((instant) => Math.min(end, Math.max(start, snap(instant, step))));
  return hi > lo ? { from: lo, to: hi } : { from: Math.max(start, hi - step), to: hi };
}

/** Releasing the pointer after a drag must not count as a click. */
function suppressClick() {
  const swallow = (event) => {
    event.stopPropagation();
    event.preventDefault();
  };
  addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => removeEventListener("click", swallow, { capture: true }), 50);
}

/** The start, end and length that the drag would give, shown at the pointer. */
export function DragLabel({ drag }) {
  return html`<span class="drag-label">${spanText(drag.from, drag.to)}${drag.to && ` · ${length((drag.to - drag.from) / 1000)}`}</span>`;
}
