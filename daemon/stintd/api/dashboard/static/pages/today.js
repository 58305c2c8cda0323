// One day: the timeline, what runs, what is missing, what was done.

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
import { Chosen, Entries, Gaps } from "../parts/list.js";
import { Story } from "../parts/story.js";
import { Acts } from "../parts/strip.js";
import { Timeline } from "../parts/timeline.js";
import { Timers } from "../parts/timers.js";

function useWanted() {
  const [wanted, set] = useState(wantedDay);
  useEffect(() => {
    const moved = () => set(wantedDay());
    addEventListener("popstate", moved);
    return () => removeEventListener("popstate", moved);
  }, []);
  return [wanted, (day) => go(day ? `/?day=${day}` : "/")];
}

export function Page() {
  const [wanted, setWanted] = useWanted();
  const { day: told, trouble, reload } = useDay(wanted);
  const ahead = told?.ahead ?? 0;
  const now = Math.max(useNow(ahead, 15_000), told?.now ?? 0);
  const [chosen, setChosen] = useState(new Set());
  const [sheet, setSheet] = useState(null);
  const { day, move } = useMoves(told, reload);
  useEffect(() => setChosen(new Set()), [wanted]);

  const does = {
    open: (entry) => setSheet({ id: entry.id, look: "form", entry }), why: (entry) => setSheet({ id: entry.id, look: "why", entry }),
    split: (entry) => setSheet({ id: entry.id, look: "split", entry }), fill: (gap) => setSheet({ gap }), draw: (gap) => setSheet({ gap }), ask: (at) => setSheet({ at }),
    move, remove: (entry) => removeAll([entry]).then(reload),
    choose: (entry) => setChosen((was) => { const next = new Set(was); if (!next.delete(entry.id)) next.add(entry.id); return next; }),
  };
  const picked = day ? day.entries.filter((one) => chosen.has(one.id)) : [];
  const clear = () => setChosen(new Set());
  const close = () => (setSheet(null), reload());
  return html`<main id="main" class="today" tabindex="-1">
    <${DayBar} date=${wanted ?? told?.date ?? localDay(now)} totals=${day && day.totals} now=${now} onDay=${setWanted} />
    ${!day && trouble && html`<p class="trouble wide-line">${trouble.message} <small>${trouble.hint}</small></p>`}
    ${day && html`<div class="columns" aria-busy=${wanted && day.date !== wanted ? "true" : undefined}>
      <${Timeline} day=${day} now=${now} chosen=${chosen} does=${does} />
      <aside>
        <${Timers} ahead=${ahead} />
        <${Gaps} day=${day} onFill=${does.fill} />
        ${!day.entries.length && html`<section class="card empty"><h2>A blank day</h2><p>Nothing was recorded. Entries appear here by themselves while you work in a watched folder.</p>
          <p>Draw on the timeline to write something down, or press <button class="quiet" onClick=${() => does.draw(blank(day, now))}>New entry</button></p></section>`}
        <${Entries} day=${day} chosen=${chosen} does=${does} now=${now} />
        <${Acts} day=${day} />
        <${Keys} />
      </aside>
    </div>`}
    <${Chosen} entries=${picked} onMerge=${() => mergeAll(picked).then(clear).then(reload)} onRemove=${() => removeAll(picked).then(clear).then(reload)} onClear=${clear} />
    ${sheet?.id && day && html`<${Editor} key=${sheet.id} entry=${day.entries.find((one) => one.id === sheet.id) ?? null} day=${day} look=${sheet.look} onClose=${close} />`}
    ${sheet?.at && html`<${Dialog} title=${`Why ${clock(sheet.at)}`} onClose=${close}><${Story} at=${sheet.at} /></${Dialog}>`}
    ${sheet?.gap && html`<${Fill} gap=${sheet.gap} onClose=${close} />`}
  </main>`;
}

/** The last full hour, or a morning hour of a day that is past. */
function blank(day, now) {
  const to = Math.min(Math.floor(now / 900_000) * 900_000, day.start + 10 * 3_600_000);
  return { from: to - 3_600_000, to };
}

function Keys() {
  return html`<details class="keys"><summary>Keys</summary><dl>
    <div><dt><kbd>↑</kbd> <kbd>↓</kbd></dt><dd>from entry to entry</dd></div><div><dt><kbd>Enter</kbd></dt><dd>edit</dd></div>
    <div><dt><kbd>Alt</kbd> <kbd>↑</kbd> <kbd>↓</kbd></dt><dd>move by five minutes (with <kbd>Ctrl</kbd>: by one)</dd></div>
    <div><dt><kbd>Alt</kbd> <kbd>Shift</kbd> <kbd>↑</kbd> <kbd>↓</kbd></dt><dd>move its end</dd></div>
    <div><dt><kbd>Space</kbd></dt><dd>choose, to merge several</dd></div><div><dt><kbd>s</kbd> <kbd>w</kbd> <kbd>Del</kbd></dt><dd>split, why, delete</dd></div>
    <div><dt><kbd>Ctrl</kbd> <kbd>Z</kbd></dt><dd>undo</dd></div></dl></details>`;
}
