// The daemon's current time, for components that show it.

import { useEffect, useState } from "./html.js";

/** The current time, updated every `step` milliseconds while the page is visible. `ahead`: how far the daemon's clock is ahead of the browser's. */
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
