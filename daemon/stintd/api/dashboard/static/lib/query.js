// The answer to one GET request, kept up to date.

import { api } from "./api.js";
import { useCallback, useEffect, useRef, useState } from "./html.js";
import { useRefresh } from "./live.js";

/** `{answer, error, reload}`: the answer (the previous one while a new one is loading), and the error of the last request. */
export function useQuery(path, fields, { beats = false, health = false } = {}) {
  const [state, set] = useState({ answer: null, error: null });
  const latest = useRef(0);
  const key = JSON.stringify([path, fields]);
  const load = useCallback(async () => {
    const number = (latest.current += 1);
    const keep = (next) => number === latest.current && set(next);
    await api.get(path, fields).then((answer) => keep({ answer, error: null }), (error) => keep((before) => ({ answer: before.answer, error })));
  }, [key]);
  useEffect(() => void load(), [load]);
  useRefresh(load, { beats, health });
  return { ...state, reload: load };
}
