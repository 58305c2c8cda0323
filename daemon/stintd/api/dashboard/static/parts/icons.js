// Icons, drawn as lines in the colour of the text. They are hidden from screen readers: the button has the label.

import { html } from "../lib/html.js";

const PATHS = {
  left: "M15 5l-7 7 7 7", right: "M9 5l7 7-7 7", plus: "M12 5v14M5 12h14", minus: "M5 12h14", close: "M6 6l12 12M18 6L6 18",
  undo: "M9 7L4 12l5 5M4 12h10a6 6 0 0 1 0 12h-2", play: "M8 5l11 7-11 7z", pause: "M8 5v14M16 5v14", stop: "M6 6h12v12H6z",
  warning: "M12 4L2.5 20h19zM12 10v5M12 17.5v.5", check: "M5 12l5 5 9-11", split: "M4 12h16M12 3v5M12 16v5",
};

export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor" stroke-width="2"
    stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
}
