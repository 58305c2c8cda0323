// Changes made by the user: sent to the daemon, reported in a message at the foot of the page, and undone from there.

import { api } from "./api.js";
import { nudge } from "./live.js";

const listeners = new Set();
let number = 0;

/** Show a message: `{text, hint, tone, undo}`; `undo` is the id of the edit that the button Undo undoes. */
export function showMessage(message) {
  number += 1;
  if (message.tone !== "bad") nudge();
  for (const listener of listeners) listener({ number, tone: "plain", ...message });
}

export function onMessage(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Send a change and report it, with its undo. An error is reported as well, and thrown again for a caller that can handle it. */
export async function act(text, send) {
  try {
    const since = Date.now() - 2000;
    const result = await send();
    const edit = await latestEdit();
    showMessage({ text, undo: edit && Date.parse(edit.at) >= since ? edit.editId : null });
    return result;
  } catch (error) {
    showError(error);
    throw error;
  }
}

export function showError(error) {
  showMessage({ text: error.message, hint: error.hint, tone: "bad" });
}

/** The latest edit; null if it is undone. */
export async function latestEdit() {
  const { data } = await api.get("/api/edits", { limit: 1 });
  return data[0] && !data[0].undoneAt ? data[0] : null;
}

/** Undo an edit; without an id the latest edit that is not undone. */
export async function undo(editId) {
  try {
    const result = await api.post("/api/undo", editId ? { editId } : {});
    showMessage({ text: `Undone: ${result.edit.summary}` });
    return result;
  } catch (error) {
    showError(error);
    return null;
  }
}
