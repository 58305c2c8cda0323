// Keyboard shortcuts must not take keys away from somebody who is typing.

export function isTyping(event) {
  return Boolean(event.target.closest?.("input, textarea, select, [contenteditable]"));
}
