// The daemon's now, in a part that shows it.

import { useEffect, useState } from "./html.js";

/** Moves every `step` milliseconds while somebody looks. `ahead`: how far the daemon's clock is ahead of the browser's. */
export function useNow(ahead, step) {
  const [now, set] = useState(Date.now() + ahead);
  useEffect(() => {
    const tick = () => document.hidden || set(Date.now() + ahead);
    tick();
    const timer = setInterval(tick, step);
    document.addEventListener("visibilitychange", tick);
    return () => (clearInterval(timer), document.removeEventListener("visibilitychange", tick));
  }, [ahead, step]);
  return now;
}
