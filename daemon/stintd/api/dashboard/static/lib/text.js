// Text from repositories, agents and other programs as text: what it could do to the page or to the eye is made visible.

const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** A text without control characters and without what turns the direction of writing. */
export function shown(text) {
  return String(text ?? "").replace(CONTROL, "\ufffd");
}

/** The same on one line. */
export function line(text) {
  return shown(text).replace(/\s+/g, " ").trim();
}

/** The name of what an entry, gap or mark belongs to. */
export function projectOf(one) {
  return line(one.projectName) || "no project";
}

/** The project and its task. */
export function workOf(one) {
  return one.taskName ? `${projectOf(one)} · ${line(one.taskName)}` : projectOf(one);
}

export function counted(number, one, more = `${one}s`) {
  return `${number} ${number === 1 ? one : more}`;
}

/** The class of a project's colour: the same project has the same in every window and on every page. */
export function colourOf(projectId) {
  if (!projectId) return "hue-none";
  let sum = 7;
  for (const letter of projectId) sum = (sum * 31 + letter.charCodeAt(0)) >>> 0;
  return `hue-${sum % 10}`;
}
