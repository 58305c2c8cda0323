// Requests to the API: with the cookie that the browser keeps and the proof that only this page keeps.

const KEY = "stint.page";
let proof = null;

/** Take the proof from the address to which the one-time link led, before anything else reads the address. */
export function begin() {
  const match = /^#page=([\w-]+)$/.exec(location.hash);
  try {
    if (match) localStorage.setItem(KEY, match[1]);
    proof = match ? match[1] : localStorage.getItem(KEY);
  } catch {
    proof = match ? match[1] : null; // storage is disabled: the proof lasts until this page is closed
  }
  if (match) history.replaceState(null, "", location.pathname + location.search);
}

/** The headers of every request; the browser adds the cookie. */
export function headers() {
  return proof ? { "X-Stint-Page": proof } : {};
}

/** A failed request. `message` and `hint` are shown to the user; `code` is that of the API, or "AWAY" when no complete response came. */
export class ApiError extends Error {
  constructor(message, { hint = "", code = "", status = 0, details = {} } = {}) {
    super(message);
    Object.assign(this, { hint, code, status, details });
  }
}

async function send(method, path, body, more = {}) {
  let response;
  try {
    response = await fetch(path, {
      method, cache: "no-store", redirect: "error",
      headers: { ...headers(), ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...more },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new ApiError("stintd is not responding.", { code: "AWAY", hint: "Start it with `stint up`. Then check the day before you try again: your change may have been saved." });
  }
  let value = null;
  try {
    value = await response.json();
  } catch {
    throw new ApiError("The response was cut off.", { code: "AWAY", hint: "Check the day before you try again: your change may have been saved." });
  }
  if (response.ok) return value;
  if (response.status === 401) dispatchEvent(new Event("stint:out"));
  const details = value.details || {};
  throw new ApiError(value.error || "The request was refused.", { hint: details.hint, code: value.code, status: response.status, details });
}

function query(fields) {
  const present = Object.entries(fields).filter(([, value]) => value != null);
  return present.length ? `?${new URLSearchParams(present)}` : "";
}

/** A key by which the daemon recognises a request that is sent again: a lost response must not create a second entry. */
function idempotencyKey() {
  return { "Idempotency-Key": crypto.randomUUID() };
}

export const api = {
  get: (path, fields = {}) => send("GET", path + query(fields)),
  post: (path, body = {}) => send("POST", path, body),
  create: (path, body = {}) => send("POST", path, body, idempotencyKey()),
  patch: (path, body) => send("PATCH", path, body),
  remove: (path, body) => send("DELETE", path, body),
  removeAt: (path, revision) => send("DELETE", path, undefined, revision ? { "If-Match": `"${revision}"` } : {}),
};

/** All rows of a paged list. */
export async function fetchAll(path, fields = {}) {
  const rows = [];
  for (let cursor; ; ) {
    const page = await api.get(path, { limit: 500, ...fields, cursor });
    rows.push(...page.data);
    cursor = page.nextCursor;
    if (!cursor) return rows;
  }
}
