// Changes as they happen. The stream is read with fetch, not EventSource, because it must carry the proof; it goes on
// after the last change seen, waits longer after each failure, and rests while nobody looks at the page.

import { headers } from "./api.js";
import { useEffect, useRef, useState } from "./html.js";

const SILENCE = 40_000; // the daemon says something every 15 s
const REST = 20_000; // a page that nobody looks at leaves its connection to others: a browser has six
const LONGEST = 10_000;
const SOON = 100; // several changes of one deed are one look
const BETWEEN = 1000;
const BEATS = 5000;
const listeners = new Set();
const watchers = new Set();
let state = "connecting";
let last = null;
let failures = 0;
let control = null;
let waiting = 0;

function tell(kind, data = null) {
  for (const listener of [...listeners]) listener(kind, data);
}

function become(next) {
  if (state === next) return;
  state = next;
  for (const watcher of [...watchers]) watcher(state);
}

function take(block) {
  let kind = "message", data = "";
  for (const text of block.split("\n")) {
    if (text.startsWith("id: ")) last = text.slice(4);
    else if (text.startsWith("event: ")) kind = text.slice(7);
    else if (text.startsWith("data: ")) data += text.slice(6);
  }
  if (data) tell(kind, JSON.parse(data));
}

async function read(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ""; ; ) {
    const timer = setTimeout(() => control?.abort(), SILENCE);
    const { done, value } = await reader.read().finally(() => clearTimeout(timer));
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    blocks.forEach(take);
  }
}

async function connect() {
  clearTimeout(waiting);
  control = new AbortController();
  const mine = control;
  try {
    const more = last === null ? {} : { "Last-Event-ID": last };
    const answer = await fetch("/api/events", { headers: { ...headers(), ...more }, cache: "no-store", signal: mine.signal });
    if (answer.status === 401) return become("out");
    if (!answer.ok) throw new Error(answer.statusText);
    const isBack = failures > 0 || state === "resting";
    failures = 0;
    become("live");
    if (isBack) tell("back"); // what is not in the log (heartbeats, health) may have been missed
    await read(answer);
    throw new Error("the stream ended");
  } catch {
    if (control !== mine) return;
    failures += 1;
    if (failures > 1) become("away"); // a single break is mended before anybody reads about it
    waiting = setTimeout(connect, Math.min(LONGEST, 250 * 2 ** failures) * (0.75 + Math.random() / 2));
  }
}

function rest() {
  const mine = control;
  control = null;
  mine?.abort();
  clearTimeout(waiting);
  become("resting");
}

/** Begin to listen, for as long as the page is open. */
export function begin() {
  let resting = 0;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(resting);
    if (document.hidden) resting = setTimeout(rest, REST);
    else if (state === "resting" || state === "away") connect();
  });
  addEventListener("online", () => state === "away" && connect());
  addEventListener("stint:out", () => become("out"));
  connect();
}

/** Try again now. */
export function retry() {
  connect();
}

/** Call `fn(kind, data)` for every change while the part is on the page. */
export function useChanges(fn, deps) {
  useEffect(() => {
    listeners.add(fn);
    return () => listeners.delete(fn);
  }, deps);
}

/** This page changed something itself: whoever did it must not wait to see it. */
export function nudge() {
  tell("mine");
}

/** Call `look` when something changed: soon, but not more than once a second however much happens, and for evidence alone
 * (which grows without an entry changing) every few seconds; `beats` false passes evidence over, `health` looks when something gets better or worse, too. */
export function useLook(look, { beats = true, health = false } = {}) {
  const due = useRef({ timer: 0, at: 0, last: 0 });
  useEffect(() => () => clearTimeout(due.current.timer), []);
  useChanges((kind) => {
    if ((kind === "health" && !health) || (kind === "heartbeat" && !beats)) return;
    const now = Date.now(), mine = due.current;
    const at = kind === "mine" ? now : kind === "heartbeat" ? now + BEATS : Math.max(now + SOON, mine.last + BETWEEN);
    if (mine.timer && mine.at <= at) return;
    clearTimeout(mine.timer);
    mine.at = at;
    mine.timer = setTimeout(() => {
      Object.assign(mine, { timer: 0, last: Date.now() });
      look();
    }, at - now);
  }, [look, beats, health]);
}

/** "connecting", "live", "away" (the daemon does not answer), "resting" (nobody looks), "out" (not let in). */
export function useConnection() {
  const [now, set] = useState(state);
  useEffect(() => {
    watchers.add(set);
    set(state);
    return () => watchers.delete(set);
  }, []);
  return now;
}
