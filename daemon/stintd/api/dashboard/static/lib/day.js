// One day as the daemon sends it, kept up to date.

import { firstDay } from "./early.js";
import { useCallback, useEffect, useRef, useState } from "./html.js";
import { useRefresh } from "./live.js";
import { ms, setZone } from "./time.js";

/** `{day, error, reload}`: the day (null until it is loaded), the error of the last request, and a function that loads it again.
 * `wanted` null is today, whichever day that is. */
export function useDay(wanted) {
  const [state, set] = useState({ day: null, error: null });
  const latest = useRef(0);
  const load = useCallback(async () => {
    const number = (latest.current += 1);
    try {
      const day = parseDay(await firstDay(wanted));
      if (number === latest.current) set({ day, error: null });
    } catch (error) {
      if (number === latest.current) set((before) => ({ day: before.day, error }));
    }
  }, [wanted]);
  useEffect(() => void load(), [load]);
  useRefresh(load);
  useMidnight(wanted, state.day, load);
  return { ...state, reload: load };
}

/** At midnight, today becomes the next day. */
function useMidnight(wanted, day, load) {
  useEffect(() => {
    if (wanted || !day) return undefined;
    const left = day.end - Date.now();
    const timer = left < 86_400_000 ? setTimeout(load, Math.max(left, 0) + 1000) : 0;
    return () => clearTimeout(timer);
  }, [wanted, day?.end]);
}

/** The answer with instants as numbers: `from` and `to` beside the texts, which are sent back as they came. */
function parseDay(answer) {
  setZone(answer.timezone);
  const spans = (list) => list.map((span) => ({ ...span, from: ms(span.start), to: ms(span.end) }));
  return {
    ...answer, start: ms(answer.start), end: ms(answer.end), now: ms(answer.now),
    ahead: ms(answer.now) - Date.now(), // how far the daemon's clock is ahead of the browser's
    entries: spans(answer.entries), evidence: spans(answer.evidence), absences: spans(answer.absences), blind: spans(answer.blind),
    gaps: spans(answer.gaps), marks: answer.marks.map((mark) => ({ ...mark, at: ms(mark.time) })),
  };
}
