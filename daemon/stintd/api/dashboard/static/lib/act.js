// What people do: asked of the daemon, told in a line at the foot of the page, taken back from there.

import { api } from "./api.js";
import { nudge } from "./live.js";

const listeners = new Set();
let number = 0;

/** Show a line: `{text, hint, tone, undo}`; `undo` is an edit's id. */
export function say(line) {
  number += 1;
  if (line.tone !== "bad") nudge();
  for (const listener of listeners) listener({ number, tone: "plain", ...line });
}

export function onLine(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Do it and say that it was done, with the way back; a refusal is said as well and thrown on for whoever wants to mend it. */
export async function act(text, deed) {
  try {
    const since = Date.now() - 2000;
    const done = await deed();
    const edit = await latest();
    say({ text, undo: edit && Date.parse(edit.at) >= since ? edit.editId : null });
    return done;
  } catch (refusal) {
    complain(refusal);
    throw refusal;
  }
}

export function complain(refusal) {
  say({ text: refusal.message, hint: refusal.hint, tone: "bad" });
}

/** The latest edit that is not undone. */
export async function latest() {
  const { data } = await api.get("/api/edits", { limit: 1 });
  return data[0] && !data[0].undoneAt ? data[0] : null;
}

/** Take an edit back; without an id the last one that stands. */
export async function undo(editId) {
  try {
    const done = await api.post("/api/undo", editId ? { editId } : {});
    say({ text: `Undone: ${done.edit.summary}` });
    return done;
  } catch (refusal) {
    complain(refusal);
    return null;
  }
}
