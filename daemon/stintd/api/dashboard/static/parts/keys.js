// Keys that mean something to the page must not be taken from somebody who writes.

export function isTyping(event) {
  return Boolean(event.target.closest?.("input, textarea, select, [contenteditable]"));
}

/** Enter and space press what looks like a button. */
export function pressed(fn) {
  return (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    fn(event);
  };
}
