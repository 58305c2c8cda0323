// Text from repositories, agents and other programs, made harmless: characters that could mislead the page or the reader become visible.

const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** A text whose control characters, and characters that change the writing direction, are replaced by \ufffd. */
export function sanitize(text) {
  return String(text ?? "").replace(CONTROL, "\ufffd");
}

/** The same on one line. */
export function line(text) {
  return sanitize(text).replace(/\s+/g, " ").trim();
}

/** The project's name of an entry, gap or mark. */
export function projectOf(entry) {
  return line(entry.projectName) || "no project";
}

/** The project and its task. */
export function workOf(entry) {
  return entry.taskName ? `${projectOf(entry)} · ${line(entry.taskName)}` : projectOf(entry);
}

/** "1 entry", "2 entries" */
export function quantity(number, singular, plural = `${singular}s`) {
  return `${number} ${number === 1 ? singular : plural}`;
}

/** The class of a project's colour, which is the same in every window and on every page. */
export function colourOf(projectId) {
  if (!projectId) return "hue-none";
  let sum = 7;
  for (const letter of projectId) sum = (sum * 31 + letter.charCodeAt(0)) >>> 0;
  return `hue-${sum % 10}`;
}
