// The API as this page may ask it: with the cookie that the browser keeps and the proof that only this page keeps.

const KEY = "stint.page";
let proof = null;

/** Take the proof that the one-time link brought, before anything else looks at the address. */
export function begin() {
  const found = /^#page=([\w-]+)$/.exec(location.hash);
  try {
    if (found) localStorage.setItem(KEY, found[1]);
    proof = found ? found[1] : localStorage.getItem(KEY);
  } catch {
    proof = found ? found[1] : null; // storage is switched off: good until this page is closed
  }
  if (found) history.replaceState(null, "", location.pathname + location.search);
}

/** What every request carries beside the cookie. */
export function headers() {
  return proof ? { "X-Stint-Page": proof } : {};
}

/** A refusal: `message` and `hint` are for people; `code` is the API's, "AWAY" when the daemon was not there. */
export class Refusal extends Error {
  constructor(message, { hint = "", code = "", status = 0, details = {} } = {}) {
    super(message);
    Object.assign(this, { hint, code, status, details });
  }
}

async function ask(method, path, body, more = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      method, cache: "no-store", redirect: "error",
      headers: { ...headers(), ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...more },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Refusal("The daemon is away.", { code: "AWAY", hint: "`stint up` starts it. Look at the day then, before you repeat what you did." });
  }
  let told = null;
  try {
    told = await answer.json();
  } catch {
    throw new Refusal("The answer was cut off.", { code: "AWAY", hint: "Look at the day again before you repeat it." });
  }
  if (answer.ok) return told;
  if (answer.status === 401) dispatchEvent(new Event("stint:out"));
  const details = told.details || {};
  throw new Refusal(told.error || "It was refused.", { hint: details.hint, code: told.code, status: answer.status, details });
}

function query(fields) {
  const kept = Object.entries(fields).filter(([, value]) => value != null);
  return kept.length ? `?${new URLSearchParams(kept)}` : "";
}

/** A key by which a request that is sent again is known: an answer that got lost must not make a second entry. */
function once() {
  return { "Idempotency-Key": crypto.randomUUID() };
}

export const api = {
  get: (path, fields = {}) => ask("GET", path + query(fields)),
  post: (path, body = {}) => ask("POST", path, body),
  create: (path, body = {}) => ask("POST", path, body, once()),
  patch: (path, body) => ask("PATCH", path, body),
  remove: (path, body) => ask("DELETE", path, body),
  removeAt: (path, revision) => ask("DELETE", path, undefined, revision ? { "If-Match": `"${revision}"` } : {}),
};

/** Everything of a paged list. */
export async function every(path, fields = {}) {
  const found = [];
  for (let cursor; ; ) {
    const page = await api.get(path, { limit: 500, ...fields, cursor });
    found.push(...page.data);
    cursor = page.nextCursor;
    if (!cursor) return found;
  }
}
