// One day as the daemon tells it, kept up to date.

import { firstDay } from "./early.js";
import { useCallback, useEffect, useRef, useState } from "./html.js";
import { useLook } from "./live.js";
import { ms, setZone } from "./time.js";

/** `{day, trouble, reload}`: the day (null until it is there), the refusal that kept it away, and a way to look again.
 * `wanted` null is today, whichever day that is. */
export function useDay(wanted) {
  const [found, set] = useState({ day: null, trouble: null });
  const asked = useRef(0);
  const load = useCallback(async () => {
    const number = (asked.current += 1);
    try {
      const day = read(await firstDay(wanted));
      if (number === asked.current) set({ day, trouble: null });
    } catch (trouble) {
      if (number === asked.current) set((was) => ({ day: was.day, trouble }));
    }
  }, [wanted]);
  useEffect(() => void load(), [load]);
  useLook(load);
  useMidnight(wanted, found.day, load);
  return { ...found, reload: load };
}

/** Today becomes another day at its end. */
function useMidnight(wanted, day, load) {
  useEffect(() => {
    if (wanted || !day) return undefined;
    const left = day.end - Date.now();
    const timer = left < 86_400_000 ? setTimeout(load, Math.max(left, 0) + 1000) : 0;
    return () => clearTimeout(timer);
  }, [wanted, day?.end]);
}

/** The answer with instants as numbers, `from` and `to` beside the texts that are sent back. */
function read(told) {
  setZone(told.timezone);
  const spans = (list) => list.map((one) => ({ ...one, from: ms(one.start), to: ms(one.end) }));
  return {
    ...told, start: ms(told.start), end: ms(told.end), now: ms(told.now),
    ahead: ms(told.now) - Date.now(), // how far the daemon's clock is ahead of the browser's
    entries: spans(told.entries), evidence: spans(told.evidence), absences: spans(told.absences), blind: spans(told.blind),
    gaps: spans(told.gaps), marks: told.marks.map((one) => ({ ...one, at: ms(one.time) })),
  };
}
