// Moving and resizing entries: shown at once where they were dropped, sent one after the other, reverted when refused.

import { act } from "./act.js";
import { api } from "./api.js";
import { useMemo, useRef, useState } from "./html.js";
import { workOf } from "./text.js";
import { spanText, stamp } from "./time.js";

/** `{day, move}`: the day with pending moves applied, and `move(entry, {from, to})`. A second move of an entry before the first is
 * answered starts from where the entry is shown; its request carries the revision that the first one created. */
export function useMoves(loaded, reload) {
  const [moves, set] = useState({});
  const queue = useRef(new Map());
  const forget = (id) => set(({ [id]: gone, ...others }) => others);
  const send = async (entry) => {
    const pending = queue.current.get(entry.id);
    let stored = entry;
    while (pending.next) {
      const { from, to } = pending.next;
      pending.next = null;
      const body = { revision: stored.revision };
      if (from !== stored.from) body.start = stamp(from);
      if (to !== stored.to) body.end = stamp(to);
      try {
        const result = await act(`${workOf(entry)}: ${spanText(from, to)}`, () => api.patch(`/api/entries/${entry.id}`, body));
        stored = { ...stored, from, to, revision: result.revision };
        if (!pending.next) set((before) => ({ ...before, [entry.id]: { ...before[entry.id], revision: result.revision } }));
      } catch {
        pending.next = null;
        forget(entry.id);
      }
    }
    queue.current.delete(entry.id);
    reload();
  };
  const move = (entry, { from, to }) => {
    set((before) => ({ ...before, [entry.id]: { from, to, durationSeconds: (to - from) / 1000, revision: Infinity } }));
    const pending = queue.current.get(entry.id);
    if (pending) pending.next = { from, to };
    else {
      queue.current.set(entry.id, { next: { from, to } });
      send(entry);
    }
  };
  const day = useMemo(() => loaded && { ...loaded, entries: loaded.entries.map((entry) => withMove(entry, moves[entry.id])) }, [loaded, moves]);
  return { day, move };
}

/** An entry where it was moved to, until the daemon sends that move or a later change. */
function withMove(entry, move) {
  if (!move || entry.revision >= move.revision) return entry;
  const { from, to, durationSeconds, revision } = move;
  return { ...entry, from, to, durationSeconds, revision: Number.isFinite(revision) ? revision : entry.revision };
}
