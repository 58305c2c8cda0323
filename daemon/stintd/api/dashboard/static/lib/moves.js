// Moving and resizing: shown at once where it was let go, sent one after the other, taken back when it is refused.

import { act } from "./act.js";
import { api } from "./api.js";
import { useMemo, useRef, useState } from "./html.js";
import { workOf } from "./text.js";
import { spanText, stamp } from "./time.js";

/** `{day, move}`: the day as it will be, and `move(entry, {from, to})`. Whoever moves an entry again before the first move is
 * answered moves it from where it stands; the next request carries the revision that the first one made. */
export function useMoves(told, reload) {
  const [moved, set] = useState({});
  const queue = useRef(new Map());
  const forget = (id) => set(({ [id]: gone, ...others }) => others);
  const send = async (entry) => {
    const mine = queue.current.get(entry.id);
    let known = entry;
    while (mine.next) {
      const { from, to } = mine.next;
      mine.next = null;
      const body = { revision: known.revision };
      if (from !== known.from) body.start = stamp(from);
      if (to !== known.to) body.end = stamp(to);
      try {
        const done = await act(`${workOf(entry)}: ${spanText(from, to)}`, () => api.patch(`/api/entries/${entry.id}`, body));
        known = { ...known, from, to, revision: done.revision };
        if (!mine.next) set((was) => ({ ...was, [entry.id]: { ...was[entry.id], revision: done.revision } }));
      } catch {
        mine.next = null;
        forget(entry.id);
      }
    }
    queue.current.delete(entry.id);
    reload();
  };
  const move = (entry, { from, to }) => {
    set((was) => ({ ...was, [entry.id]: { from, to, durationSeconds: (to - from) / 1000, revision: Infinity } }));
    const mine = queue.current.get(entry.id);
    if (mine) mine.next = { from, to };
    else {
      queue.current.set(entry.id, { next: { from, to } });
      send(entry);
    }
  };
  const day = useMemo(() => told && { ...told, entries: told.entries.map((one) => placed(one, moved[one.id])) }, [told, moved]);
  return { day, move };
}

/** An entry where it was moved to, until the daemon tells of that move or a later one. */
function placed(entry, moved) {
  if (!moved || entry.revision >= moved.revision) return entry;
  const { from, to, durationSeconds, revision } = moved;
  return { ...entry, from, to, durationSeconds, revision: Number.isFinite(revision) ? revision : entry.revision };
}
