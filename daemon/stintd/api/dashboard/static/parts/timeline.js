// The day from top to bottom: hours, the strip of evidence, commits, and the entries, which can be taken by hand.

import { html, useEffect, useMemo, useRef, useState } from "../lib/html.js";
import { FINE, SNAP, boundsOf, columnsOf, dragged, hoursOf, rangeOf } from "../lib/lanes.js";
import { colourOf, line, projectOf, workOf } from "../lib/text.js";
import { HOUR, length, secondsOf, spanText } from "../lib/time.js";
import { DragLabel, useDrag } from "./drag.js";
import { Icon } from "./icons.js";
import { Legend, Marks, Strip } from "./strip.js";

const ZOOMS = [36, 52, 72, 110, 180, 320];
const KEY = "stint.zoom";

function useZoom() {
  const [zoom, set] = useState(() => Number(safely(() => localStorage.getItem(KEY))) || 0);
  return [zoom, (next) => (set(next), safely(() => localStorage.setItem(KEY, next)))];
}

function safely(fn) {
  try {
    return fn();
  } catch {
    return null; // storage is switched off
  }
}

/** Pixels of an hour: what was chosen, else what fills the window with the day. */
function fitting(range) {
  const hours = (range.to - range.from) / HOUR;
  return Math.max(44, Math.min(84, (window.innerHeight - 250) / hours));
}

export function canMove(entry) {
  return !entry.locked && entry.state === "finished";
}

function words(entry, now) {
  const seconds = secondsOf(entry, now);
  const notes = [entry.actor === "agent" && "agent", entry.state !== "finished" && entry.state, !entry.confirmed && "unconfirmed",
    entry.origin === "backfill" && "estimated", entry.locked && "approved"].filter(Boolean);
  return `${workOf(entry)}, ${spanText(entry.from, entry.to)}, ${length(seconds)}${notes.length ? `, ${notes.join(", ")}` : ""}`;
}

function Entry({ entry, place, box, now, chosen, drag, handlers }) {
  const bounds = drag ?? entry;
  const style = { ...box(bounds.from, bounds.to ?? now), left: `${(100 * place.column) / place.columns}%`, width: `calc(${100 / place.columns}% - 3px)` };
  const height = parseFloat(style.height);
  const isThick = height >= 12; // thinner ones cannot be taken by their edges
  const size = height >= 38 ? "tall" : height >= 19 ? "low" : "flat";
  const name = ["entry", colourOf(entry.projectId), entry.actor, entry.state, size, drag && "dragging", !entry.confirmed && "unconfirmed",
    entry.origin === "backfill" && "estimated"].filter(Boolean).join(" ");
  const grip = (edge) => (event) => (event.stopPropagation(), event.preventDefault(), handlers.grab(event, entry, edge));
  const isFinger = (event) => event.pointerType === "touch";
  return html`<div class=${name} style=${style} role="button" tabindex="0" data-id=${entry.id} aria-label=${words(entry, now)}
    aria-pressed=${chosen ? "true" : undefined} onKeyDown=${(event) => handlers.key(event, entry)} onClick=${(event) => handlers.click(event, entry)}
    onPointerDown=${(event) => canMove(entry) && !isFinger(event) && handlers.grab(event, entry, "all")}>
    ${isThick && !entry.locked && html`<span class="grip start" onPointerDown=${grip("start")} aria-hidden="true"></span>`}
    ${size !== "flat" && html`<span class="what"><bdi>${workOf(entry)}</bdi>${entry.locked && html` <span class="tag">approved</span>`}${entry.state === "paused" && html` <span class="tag">paused</span>`}</span>`}
    ${size !== "flat" && html`<span class="when">${spanText(bounds.from, bounds.to)} · ${length(drag?.to ? (drag.to - drag.from) / 1000 : secondsOf(entry, now))}</span>`}
    ${height >= 58 && entry.description && html`<span class="text"><bdi>${line(entry.description)}</bdi></span>`}
    ${entry.pauses.map((pause) => html`<i class="pause" key=${pause.start} style=${inner(pause, bounds, now, height)}></i>`)}
    ${isThick && canMove(entry) && html`<span class="grip end" onPointerDown=${grip("end")} aria-hidden="true"></span>`}
    ${drag && html`<${DragLabel} drag=${drag} />`}
  </div>`;
}

/** A pause inside its entry. */
function inner(pause, bounds, now, height) {
  const per = height / ((bounds.to ?? now) - bounds.from);
  const start = Date.parse(pause.start), end = pause.end ? Date.parse(pause.end) : now;
  return { top: `${(start - bounds.from) * per}px`, height: `${Math.max(1, (end - start) * per)}px` };
}

function Gap({ gap, box, onFill, onKey }) {
  const style = box(gap.from, gap.to, 2);
  const flat = parseFloat(style.height) < 15;
  return html`<button class=${`gap ${flat ? "flat" : ""}`} style=${style} onClick=${() => onFill(gap)} onKeyDown=${onKey} title=${line(gap.reason)}
    aria-label=${`Gap, ${spanText(gap.from, gap.to)}, ${length(gap.durationSeconds)}: fill it`}>${!flat && html`<${Icon} name="plus" /> ${length(gap.durationSeconds)}`}</button>`;
}

/** `does`: `open(entry)`, `ask(instant)`, `choose(entry)`, `fill(gap)`, `draw({from, to})`, `move(entry, {from, to})`, `remove(entry)`, `split(entry)`, `why(entry)`. */
export function Timeline({ day, now, chosen, does }) {
  const [zoom, setZoom] = useZoom();
  const range = useMemo(() => rangeOf(day, now), [day, Math.floor(now / HOUR)]);
  const perHour = zoom || fitting(range);
  const y = (instant) => ((instant - range.from) * perHour) / HOUR;
  const box = (from, to, inset = 0) => {
    const top = Math.max(0, y(from)) + inset, bottom = Math.min(y(range.to), y(to)) - inset;
    return { top: `${top}px`, height: `${Math.max(5, bottom - top)}px` };
  };
  const { drag, begin } = useDrag({
    perPixel: HOUR / perHour, bounds: (one) => boundsOf(one, day, now),
    onDone: (one, bounds, edge) => (edge === "draw" ? does.draw(bounds) : does.move(one, bounds)),
  });
  const people = day.entries.filter((one) => one.actor === "human"), agents = day.entries.filter((one) => one.actor === "agent");
  const places = useMemo(() => new Map([...columnsOf(people, now), ...columnsOf(agents, now)]), [day, Math.floor(now / 60000)]);
  const field = useRef();
  const handlers = { grab: begin, click: (event, entry) => clicked(event, entry, does), key: (event, entry) => keyed(event, entry, boundsOf(entry, day, now), does, field) };
  const shown = (list) => list.filter((one) => (one.to ?? now) > range.from && one.from < range.to).map((one) => html`
    <${Entry} key=${one.id} entry=${one} place=${places.get(one.id)} box=${box} now=${now} chosen=${chosen.has(one.id)}
      drag=${drag?.id === one.id ? drag : null} handlers=${handlers} />`);
  const draw = (event) => {
    if (event.target !== event.currentTarget || event.pointerType === "touch") return;
    const at = range.from + ((event.clientY - event.currentTarget.getBoundingClientRect().top) * HOUR) / perHour;
    begin(event, { id: "new", from: at, to: at }, "draw");
  };
  useEffect(() => void requestAnimationFrame(() => performance.mark("stint:day")), []); // `scripts/bench dash` looks for it
  const isToday = now >= day.start && now < day.end;
  return html`<section class="card timeline" aria-label="Timeline">
    <div class="tools"><${Legend} /><${Zoom} perHour=${perHour} zoom=${zoom} setZoom=${setZoom} /></div>
    <div class=${`field ${agents.length ? "with-agents" : ""}`} ref=${field} style=${{ height: `${y(range.to)}px` }}>
      ${hoursOf(range).map((one) => html`<div class="hour" key=${one.at} style=${{ top: `${y(one.at)}px` }}><span>${one.label}</span></div>`)}
      <${Strip} day=${day} at=${box} range=${range} onAsk=${(at) => does.ask(Math.min(at, now))} />
      <${Marks} day=${day} y=${y} />
      <div class="lane people" onPointerDown=${draw}>
        ${day.gaps.map((gap) => html`<${Gap} key=${gap.id} gap=${gap} box=${box} onFill=${does.fill} onKey=${(event) => along(event, field)} />`)}
        ${shown(people)}
        ${drag?.edge === "draw" && html`<div class="entry drawn tall" style=${box(drag.from, drag.to)}><${DragLabel} drag=${drag} /></div>`}
      </div>
      ${agents.length > 0 && html`<div class="lane agents">${shown(agents)}</div>`}
      ${isToday && now < range.to && html`<div class="now" style=${{ top: `${y(now)}px` }} aria-hidden="true"></div>`}
    </div>
  </section>`;
}

function Zoom({ perHour, zoom, setZoom }) {
  const up = ZOOMS.find((one) => one > perHour + 1), down = ZOOMS.findLast((one) => one < perHour - 1);
  return html`<div class="zoom" role="group" aria-label="Size of the hours">
    <button class="bare" aria-label="Smaller" disabled=${!down} onClick=${() => setZoom(down)}><${Icon} name="minus" /></button>
    <button class="bare word" aria-pressed=${zoom ? "false" : "true"} onClick=${() => setZoom(0)}>Fit</button>
    <button class="bare" aria-label="Larger" disabled=${!up} onClick=${() => setZoom(up)}><${Icon} name="plus" /></button>
  </div>`;
}

function clicked(event, entry, does) {
  if (event.shiftKey || event.ctrlKey || event.metaKey) does.choose(entry);
  else does.open(entry);
}

const WAYS = { ArrowUp: -1, ArrowDown: 1 };

/** From one thing on the timeline to the next, in the order of the day. */
function along(event, field) {
  if (!WAYS[event.key]) return;
  event.preventDefault();
  const all = [...field.current.querySelectorAll(".entry[data-id], .gap")].sort((a, b) => parseFloat(a.style.top) - parseFloat(b.style.top));
  all[all.indexOf(event.currentTarget) + WAYS[event.key]]?.focus();
}

function keyed(event, entry, bounds, does, field) {
  if (event.target !== event.currentTarget) return;
  const way = WAYS[event.key];
  const deed = { Enter: does.open, " ": does.choose, Delete: does.remove, Backspace: does.remove, s: does.split, w: does.why }[event.key];
  if (way && event.altKey) {
    event.preventDefault();
    if (!canMove(entry)) return;
    const step = event.ctrlKey ? FINE : SNAP;
    does.move(entry, dragged(entry, event.shiftKey ? "end" : "all", way * step, step, bounds));
  } else if (way) {
    along(event, field);
  } else if (deed && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    deed(entry);
  }
}
