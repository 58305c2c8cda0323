// What a page shows of one question to the API, kept up to date.

import { api } from "./api.js";
import { useCallback, useEffect, useRef, useState } from "./html.js";
import { useLook } from "./live.js";

/** `{told, trouble, reload}`: the answer (the last one while a new one is fetched), the refusal that kept it away. */
export function useAsk(path, fields, { beats = false, health = false } = {}) {
  const [found, set] = useState({ told: null, trouble: null });
  const asked = useRef(0);
  const key = JSON.stringify([path, fields]);
  const load = useCallback(async () => {
    const number = (asked.current += 1);
    const keep = (next) => number === asked.current && set(next);
    await api.get(path, fields).then((told) => keep({ told, trouble: null }), (trouble) => keep((was) => ({ told: was.told, trouble })));
  }, [key]);
  useEffect(() => void load(), [load]);
  useLook(load, { beats, health });
  return { ...found, reload: load };
}
