// One day: the timeline, running timers, gaps, entries and git events.

import { useNow } from "../lib/clock.js";
import { useDay } from "../lib/day.js";
import { wantedDay } from "../lib/early.js";
import { html, useEffect, useState } from "../lib/html.js";
import { useMoves } from "../lib/moves.js";
import { go } from "../lib/route.js";
import { clock, localDay } from "../lib/time.js";
import { DayBar } from "../parts/daybar.js";
import { Dialog } from "../parts/dialog.js";
import { Editor, mergeAll, removeAll } from "../parts/editor.js";
import { Fill } from "../parts/fill.js";
import { Entries, Gaps, Selection } from "../parts/list.js";
import { Story } from "../parts/story.js";
import { GitEvents } from "../parts/strip.js";
import { Timeline } from "../parts/timeline.js";
import { Timers } from "../parts/timers.js";

function useWanted() {
  const [wanted, set] = useState(wantedDay);
  useEffect(() => {
    const update = () => set(wantedDay());
    addEventListener("popstate", update);
    return () => removeEventListener("popstate", update);
  }, []);
  return [wanted, (day) => go(day ? `/?day=${day}` : "/")];
}

export function Page() {
  const [wanted, setWanted] = useWanted();
  const { day: loaded, error, reload } = useDay(wanted);
  const ahead = loaded?.ahead ?? 0;
  const now = Math.max(useNow(ahead, 15_000), loaded?.now ?? 0);
  const [selection, setSelection] = useState(new Set());
  const [sheet, setSheet] = useState(null);
  const { day, move } = useMoves(loaded, reload);
  useEffect(() => setSelection(new Set()), [wanted]);

  const actions = {
    open: (entry) => setSheet({ id: entry.id, tab: "form", entry }), why: (entry) => setSheet({ id: entry.id, tab: "why", entry }),
    split: (entry) => setSheet({ id: entry.id, tab: "split", entry }), fill: (gap) => setSheet({ gap }), draw: (gap) => setSheet({ gap }), explain: (at) => setSheet({ at }),
    move, remove: (entry) => removeAll([entry]).then(reload),
    select: (entry) => setSelection((before) => { const next = new Set(before); if (!next.delete(entry.id)) next.add(entry.id); return next; }),
  };
  const selected = day ? day.entries.filter((entry) => selection.has(entry.id)) : [];
  const clear = () => setSelection(new Set());
  const close = () => (setSheet(null), reload());
  return html`<main id="main" class="today" tabindex="-1">
    <${DayBar} date=${wanted ?? loaded?.date ?? localDay(now)} totals=${day && day.totals} now=${now} onDay=${setWanted} />
    ${!day && error && html`<p class="trouble wide-line">${error.message} <small>${error.hint}</small></p>`}
    ${day && html`<div class="columns" aria-busy=${wanted && day.date !== wanted ? "true" : undefined}>
      <${Timeline} day=${day} now=${now} selection=${selection} actions=${actions} />
      <aside>
        <${Timers} ahead=${ahead} />
        <${Gaps} day=${day} onFill=${actions.fill} />
        ${!day.entries.length && html`<section class="card empty"><h2>No entries on this day</h2><p>Entries appear here automatically while you work in a watched folder. <code>stint up FOLDER</code> watches a folder.</p>
          <p>To add one yourself, draw on the timeline or press <button class="quiet" onClick=${() => actions.draw(defaultSpan(day, now))}>New entry</button></p></section>`}
        <${Entries} day=${day} selection=${selection} actions=${actions} now=${now} />
        <${GitEvents} day=${day} />
        <${Keys} />
      </aside>
    </div>`}
    <${Selection} entries=${selected} onMerge=${() => mergeAll(selected).then(clear).then(reload)} onRemove=${() => removeAll(selected).then(clear).then(reload)} onClear=${clear} />
    ${sheet?.id && day && html`<${Editor} key=${sheet.id} entry=${day.entries.find((entry) => entry.id === sheet.id) ?? null} day=${day} tab=${sheet.tab} onClose=${close} />`}
    ${sheet?.at && html`<${Dialog} title=${`Why ${clock(sheet.at)}`} onClose=${close}><${Story} at=${sheet.at} /></${Dialog}>`}
    ${sheet?.gap && html`<${Fill} gap=${sheet.gap} onClose=${close} />`}
  </main>`;
}

/** The span of a new entry: the last hour, or an hour in the morning of a past day. */
function defaultSpan(day, now) {
  const to = Math.min(Math.floor(now / 900_000) * 900_000, day.start + 10 * 3_600_000);
  return { from: to - 3_600_000, to };
}

function Keys() {
  return html`<details class="keys"><summary>Keyboard shortcuts</summary><dl>
    <div><dt><kbd>↑</kbd> <kbd>↓</kbd></dt><dd>previous or next entry or gap</dd></div><div><dt><kbd>Enter</kbd></dt><dd>edit</dd></div>
    <div><dt><kbd>Alt</kbd> <kbd>↑</kbd> <kbd>↓</kbd></dt><dd>move by five minutes (with <kbd>Ctrl</kbd>: by one)</dd></div>
    <div><dt><kbd>Alt</kbd> <kbd>Shift</kbd> <kbd>↑</kbd> <kbd>↓</kbd></dt><dd>move its end</dd></div>
    <div><dt><kbd>Space</kbd></dt><dd>select, to merge or delete several</dd></div><div><dt><kbd>s</kbd> <kbd>w</kbd> <kbd>Del</kbd></dt><dd>split, why, delete</dd></div>
    <div><dt><kbd>Ctrl</kbd> <kbd>Z</kbd></dt><dd>undo</dd></div></dl></details>`;
}
