// The entry point: the event stream, the bar at the top, the page of the current address, the message at the foot.

import "./lib/early.js";
import { undo } from "./lib/act.js";
import { html, render, useEffect, useState } from "./lib/html.js";
import * as live from "./lib/live.js";
import { go } from "./lib/route.js";
import { PAGES } from "./pages.js";
import { Bar } from "./parts/bar.js";
import { Messages } from "./parts/lines.js";
import { isTyping } from "./parts/keys.js";

function pageAt(path) {
  return PAGES.find((page) => page.path === path.replace(/(.)\/$/, "$1"));
}

function handleLink(event) {
  const link = event.target.closest?.("a[href^='/']");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  go(link.getAttribute("href"));
}

function handleKey(event) {
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key === "z" && !isTyping(event)) {
    event.preventDefault();
    undo();
  }
}

function SignedOut() {
  return html`<main class="notice" id="main">
    <h1>Sign in to see your hours</h1>
    <p>This browser is not signed in, or its sign-in has expired.</p>
    <p>Run <code>stint dash</code> in a terminal. It opens the dashboard with a link that works once.</p>
  </main>`;
}

function Disconnected({ connection }) {
  if (connection !== "away") return null;
  return html`<div class="away" role="status">
    <span><strong>stintd is not responding.</strong> This page shows the last known state, and you cannot change anything now. <code>stint up</code> starts stintd.</span>
    <button class="quiet" onClick=${live.retry}>Try again</button>
  </div>`;
}

function App() {
  const [path, setPath] = useState(location.pathname);
  const [Page, setPage] = useState(null);
  const connection = live.useConnection();
  const page = pageAt(path);
  useEffect(() => {
    const update = () => setPath(location.pathname);
    addEventListener("popstate", update);
    document.addEventListener("click", handleLink);
    document.addEventListener("keydown", handleKey);
    return () => {
      removeEventListener("popstate", update);
      document.removeEventListener("click", handleLink);
      document.removeEventListener("keydown", handleKey);
    };
  }, []);
  useEffect(() => {
    document.title = page ? `${page.title} · stint` : "stint";
    // The module of this version is gone if the daemon was updated in the meantime: a reload loads the new version.
    page?.load().then((module) => setPage(() => module.Page), () => location.reload());
  }, [page]);
  if (connection === "out") return html`<${SignedOut} />`;
  return html`
    <${Bar} pages=${PAGES} page=${page} connection=${connection} />
    <${Disconnected} connection=${connection} />
    ${!page && html`<main class="notice" id="main"><h1>This page does not exist</h1><p>Go to <a href="/">Today</a>.</p></main>`}
    ${page && Page && html`<${Page} key=${page.name} />`}
    <${Messages} />`;
}

document.getElementById("app").replaceChildren();
render(html`<${App} />`, document.getElementById("app"));
live.begin();
