// Changes as they happen. The event stream is read with fetch, not EventSource, because the request must carry the proof. It
// resumes after the last change seen, waits longer after each failure, and closes while the page is hidden.

import { headers } from "./api.js";
import { useEffect, useRef, useState } from "./html.js";

const SILENCE = 40_000; // the daemon sends something every 15 s
const REST = 20_000; // a hidden page gives its connection up: a browser allows six per server
const LONGEST = 10_000;
const SOON = 100; // several changes of one action cause one refresh
const BETWEEN = 1000;
const BEATS = 5000;
const listeners = new Set();
const watchers = new Set();
let state = "connecting";
let last = null;
let failures = 0;
let control = null;
let waiting = 0;

function notify(kind, data = null) {
  for (const listener of [...listeners]) listener(kind, data);
}

function setConnection(next) {
  if (state === next) return;
  state = next;
  for (const watcher of [...watchers]) watcher(state);
}

function handleBlock(block) {
  let kind = "message", data = "";
  for (const text of block.split("\n")) {
    if (text.startsWith("id: ")) last = text.slice(4);
    else if (text.startsWith("event: ")) kind = text.slice(7);
    else if (text.startsWith("data: ")) data += text.slice(6);
  }
  if (data) notify(kind, JSON.parse(data));
}

async function readStream(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ""; ; ) {
    const timer = setTimeout(() => control?.abort(), SILENCE);
    const { done, value } = await reader.read().finally(() => clearTimeout(timer));
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    blocks.forEach(handleBlock);
  }
}

async function connect() {
  clearTimeout(waiting);
  control = new AbortController();
  const own = control;
  try {
    const more = last === null ? {} : { "Last-Event-ID": last };
    const response = await fetch("/api/events", { headers: { ...headers(), ...more }, cache: "no-store", signal: own.signal });
    if (response.status === 401) return setConnection("out");
    if (!response.ok) throw new Error(response.statusText);
    const isBack = failures > 0 || state === "resting";
    failures = 0;
    setConnection("live");
    if (isBack) notify("back"); // what the log does not hold (heartbeats, health) may have been missed
    await readStream(response);
    throw new Error("the stream ended");
  } catch {
    if (control !== own) return;
    failures += 1;
    if (failures > 1) setConnection("away"); // a single interruption is over before anybody could read about it
    waiting = setTimeout(connect, Math.min(LONGEST, 250 * 2 ** failures) * (0.75 + Math.random() / 2));
  }
}

function rest() {
  const open = control;
  control = null;
  open?.abort();
  clearTimeout(waiting);
  setConnection("resting");
}

/** Start to listen, for as long as the page is open. */
export function begin() {
  let resting = 0;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(resting);
    if (document.hidden) resting = setTimeout(rest, REST);
    else if (state === "resting" || state === "away") connect();
  });
  addEventListener("online", () => state === "away" && connect());
  addEventListener("stint:out", () => setConnection("out"));
  connect();
}

/** Connect again now. */
export function retry() {
  connect();
}

/** Call `fn(kind, data)` for every change while the component is on the page. */
export function useChanges(fn, deps) {
  useEffect(() => {
    listeners.add(fn);
    return () => listeners.delete(fn);
  }, deps);
}

/** This page changed something itself: the user must not wait to see it. */
export function nudge() {
  notify("mine");
}

/** Call `refresh` when something changed: soon, but at most once a second however much happens, and every few seconds where only
 * evidence was added (which grows without any entry changing). `beats` false ignores evidence; `health` true also refreshes when
 * a warning appears or ends. */
export function useRefresh(refresh, { beats = true, health = false } = {}) {
  const due = useRef({ timer: 0, at: 0, last: 0 });
  useEffect(() => () => clearTimeout(due.current.timer), []);
  useChanges((kind) => {
    if ((kind === "health" && !health) || (kind === "heartbeat" && !beats)) return;
    const now = Date.now(), next = due.current;
    const at = kind === "mine" ? now : kind === "heartbeat" ? now + BEATS : Math.max(now + SOON, next.last + BETWEEN);
    if (next.timer && next.at <= at) return;
    clearTimeout(next.timer);
    next.at = at;
    next.timer = setTimeout(() => {
      Object.assign(next, { timer: 0, last: Date.now() });
      refresh();
    }, at - now);
  }, [refresh, beats, health]);
}

/** "connecting", "live", "away" (the daemon does not respond), "resting" (the page is hidden), "out" (signed out). */
export function useConnection() {
  const [now, set] = useState(state);
  useEffect(() => {
    watchers.add(set);
    set(state);
    return () => watchers.delete(set);
  }, []);
  return now;
}
