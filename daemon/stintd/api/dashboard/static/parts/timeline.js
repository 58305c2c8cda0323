// The day from top to bottom: hours, the evidence strip, commits, and the entries, which can be dragged.

import { html, useEffect, useMemo, useRef, useState } from "../lib/html.js";
import { FINE, SNAP, boundsOf, columnsOf, dragResult, hoursOf, rangeOf } from "../lib/lanes.js";
import { colourOf, line, workOf } from "../lib/text.js";
import { HOUR, length, secondsOf, spanText } from "../lib/time.js";
import { DragLabel, useDrag } from "./drag.js";
import { Icon } from "./icons.js";
import { Legend, Marks, Strip } from "./strip.js";

const ZOOMS = [36, 52, 72, 110, 180, 320];
const KEY = "stint.zoom";

function useZoom() {
  const [zoom, set] = useState(() => Number(attempt(() => localStorage.getItem(KEY))) || 0);
  return [zoom, (next) => (set(next), attempt(() => localStorage.setItem(KEY, next)))];
}

function attempt(fn) {
  try {
    return fn();
  } catch {
    return null; // storage is disabled
  }
}

/** The pixels of an hour at which the day fills the window. */
function fittingHeight(range) {
  const hours = (range.to - range.from) / HOUR;
  return Math.max(44, Math.min(84, (window.innerHeight - 250) / hours));
}

export function canMove(entry) {
  return !entry.locked && entry.state === "finished";
}

function labelOf(entry, now) {
  const seconds = secondsOf(entry, now);
  const notes = [entry.actor === "agent" && "agent", entry.state !== "finished" && entry.state, !entry.confirmed && "unconfirmed",
    entry.origin === "backfill" && "estimated", entry.locked && "approved"].filter(Boolean);
  return `${workOf(entry)}, ${spanText(entry.from, entry.to)}, ${length(seconds)}${notes.length ? `, ${notes.join(", ")}` : ""}`;
}

function Entry({ entry, place, box, now, isSelected, drag, handlers }) {
  const bounds = drag ?? entry;
  const style = { ...box(bounds.from, bounds.to ?? now), left: `${(100 * place.column) / place.columns}%`, width: `calc(${100 / place.columns}% - 3px)` };
  const height = parseFloat(style.height);
  const isThick = height >= 12; // a thinner one cannot be dragged by its edges
  const size = height >= 38 ? "tall" : height >= 19 ? "low" : "flat";
  const name = ["entry", colourOf(entry.projectId), entry.actor, entry.state, size, drag && "dragging", !entry.confirmed && "unconfirmed",
    entry.origin === "backfill" && "estimated"].filter(Boolean).join(" ");
  const grip = (edge) => (event) => (event.stopPropagation(), event.preventDefault(), handlers.grab(event, entry, edge));
  const isFinger = (event) => event.pointerType === "touch";
  return html`<div class=${name} style=${style} role="button" tabindex="0" data-id=${entry.id} aria-label=${labelOf(entry, now)}
    aria-pressed=${isSelected ? "true" : undefined} onKeyDown=${(event) => handlers.key(event, entry)} onClick=${(event) => handlers.click(event, entry)}
    onPointerDown=${(event) => canMove(entry) && !isFinger(event) && handlers.grab(event, entry, "all")}>
    ${isThick && !entry.locked && html`<span class="grip start" onPointerDown=${grip("start")} aria-hidden="true"></span>`}
    ${size !== "flat" && html`<span class="what"><bdi>${workOf(entry)}</bdi>${entry.locked && html` <span class="tag">approved</span>`}${entry.state === "paused" && html` <span class="tag">paused</span>`}</span>`}
    ${size !== "flat" && html`<span class="when">${spanText(bounds.from, bounds.to)} · ${length(drag?.to ? (drag.to - drag.from) / 1000 : secondsOf(entry, now))}</span>`}
    ${height >= 58 && entry.description && html`<span class="text"><bdi>${line(entry.description)}</bdi></span>`}
    ${entry.pauses.map((pause) => html`<i class="pause" key=${pause.start} style=${pauseStyle(pause, bounds, now, height)}></i>`)}
    ${isThick && canMove(entry) && html`<span class="grip end" onPointerDown=${grip("end")} aria-hidden="true"></span>`}
    ${drag && html`<${DragLabel} drag=${drag} />`}
  </div>`;
}

/** Where a pause lies inside its entry. */
function pauseStyle(pause, bounds, now, height) {
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

/** `actions`: `open(entry)`, `explain(instant)`, `select(entry)`, `fill(gap)`, `draw({from, to})`, `move(entry, {from, to})`, `remove(entry)`,
 * `split(entry)`, `why(entry)`. */
export function Timeline({ day, now, selection, actions }) {
  const [zoom, setZoom] = useZoom();
  const range = useMemo(() => rangeOf(day, now), [day, Math.floor(now / HOUR)]);
  const perHour = zoom || fittingHeight(range);
  const y = (instant) => ((instant - range.from) * perHour) / HOUR;
  const box = (from, to, inset = 0) => {
    const top = Math.max(0, y(from)) + inset, bottom = Math.min(y(range.to), y(to)) - inset;
    return { top: `${top}px`, height: `${Math.max(5, bottom - top)}px` };
  };
  const { drag, begin } = useDrag({
    perPixel: HOUR / perHour, bounds: (entry) => boundsOf(entry, day, now),
    onDone: (entry, bounds, edge) => (edge === "draw" ? actions.draw(bounds) : actions.move(entry, bounds)),
  });
  const people = day.entries.filter((entry) => entry.actor === "human"), agents = day.entries.filter((entry) => entry.actor === "agent");
  const places = useMemo(() => new Map([...columnsOf(people, now), ...columnsOf(agents, now)]), [day, Math.floor(now / 60000)]);
  const field = useRef();
  const handlers = { grab: begin, click: (event, entry) => handleClick(event, entry, actions), key: (event, entry) => handleKey(event, entry, boundsOf(entry, day, now), actions, field) };
  const blocks = (entries) => entries.filter((entry) => (entry.to ?? now) > range.from && entry.from < range.to).map((entry) => html`
    <${Entry} key=${entry.id} entry=${entry} place=${places.get(entry.id)} box=${box} now=${now} isSelected=${selection.has(entry.id)}
      drag=${drag?.id === entry.id ? drag : null} handlers=${handlers} />`);
  const draw = (event) => {
    if (event.target !== event.currentTarget || event.pointerType === "touch") return;
    const at = range.from + ((event.clientY - event.currentTarget.getBoundingClientRect().top) * HOUR) / perHour;
    begin(event, { id: "new", from: at, to: at }, "draw");
  };
  useEffect(() => void requestAnimationFrame(() => performance.mark("stint:day")), []); // `scripts/bench dash` waits for this mark
  const isToday = now >= day.start && now < day.end;
  return html`<section class="card timeline" aria-label="Timeline">
    <div class="tools"><${Legend} /><${Zoom} perHour=${perHour} zoom=${zoom} setZoom=${setZoom} /></div>
    <div class=${`field ${agents.length ? "with-agents" : ""}`} ref=${field} style=${{ height: `${y(range.to)}px` }}>
      ${hoursOf(range).map((hour) => html`<div class="hour" key=${hour.at} style=${{ top: `${y(hour.at)}px` }}><span>${hour.label}</span></div>`)}
      <${Strip} day=${day} at=${box} range=${range} onPick=${(at) => actions.explain(Math.min(at, now))} />
      <${Marks} day=${day} y=${y} />
      <div class="lane people" onPointerDown=${draw}>
        ${day.gaps.map((gap) => html`<${Gap} key=${gap.id} gap=${gap} box=${box} onFill=${actions.fill} onKey=${(event) => focusNext(event, field)} />`)}
        ${blocks(people)}
        ${drag?.edge === "draw" && html`<div class="entry drawn tall" style=${box(drag.from, drag.to)}><${DragLabel} drag=${drag} /></div>`}
      </div>
      ${agents.length > 0 && html`<div class="lane agents">${blocks(agents)}</div>`}
      ${isToday && now < range.to && html`<div class="now" style=${{ top: `${y(now)}px` }} aria-hidden="true"></div>`}
    </div>
  </section>`;
}

function Zoom({ perHour, zoom, setZoom }) {
  const up = ZOOMS.find((height) => height > perHour + 1), down = ZOOMS.findLast((height) => height < perHour - 1);
  return html`<div class="zoom" role="group" aria-label="Zoom">
    <button class="bare" aria-label="Zoom out" disabled=${!down} onClick=${() => setZoom(down)}><${Icon} name="minus" /></button>
    <button class="bare word" aria-pressed=${zoom ? "false" : "true"} onClick=${() => setZoom(0)}>Fit</button>
    <button class="bare" aria-label="Zoom in" disabled=${!up} onClick=${() => setZoom(up)}><${Icon} name="plus" /></button>
  </div>`;
}

function handleClick(event, entry, actions) {
  if (event.shiftKey || event.ctrlKey || event.metaKey) actions.select(entry);
  else actions.open(entry);
}

const DIRECTIONS = { ArrowUp: -1, ArrowDown: 1 };

/** Move the focus to the next entry or gap, in the order of the day. */
function focusNext(event, field) {
  if (!DIRECTIONS[event.key]) return;
  event.preventDefault();
  const all = [...field.current.querySelectorAll(".entry[data-id], .gap")].sort((a, b) => parseFloat(a.style.top) - parseFloat(b.style.top));
  all[all.indexOf(event.currentTarget) + DIRECTIONS[event.key]]?.focus();
}

function handleKey(event, entry, bounds, actions, field) {
  if (event.target !== event.currentTarget) return;
  const direction = DIRECTIONS[event.key];
  const action = { Enter: actions.open, " ": actions.select, Delete: actions.remove, Backspace: actions.remove, s: actions.split, w: actions.why }[event.key];
  if (direction && event.altKey) {
    event.preventDefault();
    if (!canMove(entry)) return;
    const step = event.ctrlKey ? FINE : SNAP;
    actions.move(entry, dragResult(entry, event.shiftKey ? "end" : "all", direction * step, step, bounds));
  } else if (direction) {
    focusNext(event, field);
  } else if (action && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    action(entry);
  }
}
