// Where the page begins: the stream, the bar at the top, the page of the address, the line at the foot.

import "./lib/early.js";
import { undo } from "./lib/act.js";
import { html, render, useEffect, useState } from "./lib/html.js";
import * as live from "./lib/live.js";
import { go } from "./lib/route.js";
import { PAGES } from "./pages.js";
import { Bar } from "./parts/bar.js";
import { Lines } from "./parts/lines.js";
import { isTyping } from "./parts/keys.js";

function pageAt(path) {
  return PAGES.find((one) => one.path === path.replace(/(.)\/$/, "$1"));
}

function onLink(event) {
  const link = event.target.closest?.("a[href^='/']");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  go(link.getAttribute("href"));
}

function onKey(event) {
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key === "z" && !isTyping(event)) {
    event.preventDefault();
    undo();
  }
}

function Out() {
  return html`<main class="notice" id="main">
    <h1>Your hours are behind this door</h1>
    <p>This browser is not let in, or its time is over.</p>
    <p>Run <code>stint dash</code> in a terminal: it opens the dashboard with a link that is good once.</p>
  </main>`;
}

function Away({ connection }) {
  if (connection !== "away") return null;
  return html`<div class="away" role="status">
    <span><strong>The daemon is away.</strong> What you see is as it was; nothing can be changed now. <code>stint up</code> starts it.</span>
    <button class="quiet" onClick=${live.retry}>Try again</button>
  </div>`;
}

function App() {
  const [path, setPath] = useState(location.pathname);
  const [Page, setPage] = useState(null);
  const connection = live.useConnection();
  const page = pageAt(path);
  useEffect(() => {
    const moved = () => setPath(location.pathname);
    addEventListener("popstate", moved);
    document.addEventListener("click", onLink);
    document.addEventListener("keydown", onKey);
    return () => {
      removeEventListener("popstate", moved);
      document.removeEventListener("click", onLink);
      document.removeEventListener("keydown", onKey);
    };
  }, []);
  useEffect(() => {
    document.title = page ? `${page.title} · stint` : "stint";
    // A module of this version may be gone when the daemon was updated meanwhile: the new page knows its own.
    page?.load().then((found) => setPage(() => found.Page), () => location.reload());
  }, [page]);
  if (connection === "out") return html`<${Out} />`;
  return html`
    <${Bar} pages=${PAGES} page=${page} connection=${connection} />
    <${Away} connection=${connection} />
    ${!page && html`<main class="notice" id="main"><h1>There is no such page</h1><p><a href="/">Today</a> is a place to begin.</p></main>`}
    ${page && Page && html`<${Page} key=${page.name} />`}
    <${Lines} />`;
}

document.getElementById("app").replaceChildren();
render(html`<${App} />`, document.getElementById("app"));
live.begin();
