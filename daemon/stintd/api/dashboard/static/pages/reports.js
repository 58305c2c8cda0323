// Totals of a period: filters, grouping, a plot by day, and the year at a glance.

import { html, useEffect, useRef, useState } from "../lib/html.js";
import { go } from "../lib/route.js";
import { useQuery } from "../lib/query.js";
import { colourOf, line } from "../lib/text.js";
import { dayShort, length, localDay, setZone, addDays } from "../lib/time.js";
import { mondayOf } from "../lib/week.js";
import uPlot from "../vendor/uplot.js";
import { useProjects } from "../parts/choose.js";
import { Year } from "../parts/year.js";

const GROUPS = ["project", "client", "task", "branch", "commit", "tag", "day", "week"];
const STATES = [["handsOn", "active", "handsOnSeconds"], ["supervised", "supervised", "supervisedSeconds"], ["agent", "agents", "agentSeconds"]];

function periods(today) {
  const month = today.slice(0, 8) + "01", last = addDays(month, -1);
  return [
    ["This week", mondayOf(today), today], ["Last week", addDays(mondayOf(today), -7), addDays(mondayOf(today), -1)],
    ["This month", month, today], ["Last month", last.slice(0, 8) + "01", last], ["This year", today.slice(0, 5) + "01-01", today],
  ];
}

/** The filters in the address; the default is this week by project. */
function filtersOf(today) {
  const query = new URLSearchParams(location.search);
  const day = (name, other) => (/^\d{4}-\d\d-\d\d$/.test(query.get(name) ?? "") ? query.get(name) : other);
  const by = GROUPS.includes(query.get("by")) ? query.get("by") : "project";
  return { from: day("from", mondayOf(today)), to: day("to", today), by, project: query.get("project") ?? "", client: query.get("client") ?? "", billable: query.get("billable") ?? "" };
}

export function Page() {
  const today = localDay(Date.now());
  const [want, setWant] = useState(() => filtersOf(today));
  useEffect(() => {
    const update = () => setWant(filtersOf(localDay(Date.now())));
    addEventListener("popstate", update);
    return () => removeEventListener("popstate", update);
  }, []);
  const set = (more) => {
    const present = Object.entries({ ...want, ...more }).filter(([, value]) => value);
    go(`/dash/reports?${new URLSearchParams(present)}`);
  };
  const filters = { from: want.from, to: want.to, project: want.project || null, client: want.client || null, billable: want.billable || null };
  const { answer, error } = useQuery("/api/reports", { ...filters, groupBy: want.by });
  const { answer: byDay } = useQuery("/api/reports", { ...filters, groupBy: "day" });
  if (answer) setZone(answer.timezone);
  return html`<main id="main" class="reports" tabindex="-1">
    <div class="daybar"><div class="pick"><h1>Reports</h1></div></div>
    <${Filters} want=${want} set=${set} today=${today} />
    ${error && html`<p class="trouble">${error.message} <small>${error.hint}</small></p>`}
    ${answer && html`<${Sums} totals=${answer.totals} />
      ${byDay && html`<${Plot} rows=${byDay.rows} from=${want.from} to=${want.to} />`}
      <${Table} rows=${answer.rows} by=${want.by} />`}
    <${Year} year=${want.to.slice(0, 4)} today=${today} project=${want.project} />
  </main>`;
}

function Filters({ want, set, today }) {
  const projects = useProjects();
  const clients = [...new Set(projects.map((project) => project.clientName).filter(Boolean))].sort();
  const choose = (name, label, choices, empty) => html`<label class="field-of">${label}
    <select name=${name} value=${want[name]} onChange=${(event) => set({ [name]: event.target.value })}>
      ${empty !== undefined && html`<option value="">${empty}</option>`}
      ${choices.map(([value, text]) => html`<option key=${value} value=${value} selected=${value === want[name]}>${text}</option>`)}</select></label>`;
  const options = (names) => names.map((name) => [name, line(name)]);
  return html`<section class="card filters" aria-label="Filters">
    <div class="presets">${periods(today).map(([text, from, to]) => html`<button class="quiet" key=${text}
      aria-pressed=${from === want.from && to === want.to ? "true" : "false"} onClick=${() => set({ from, to })}>${text}</button>`)}</div>
    <label class="field-of">From<input type="date" value=${want.from} max=${want.to} onChange=${(event) => event.target.value && set({ from: event.target.value })} /></label>
    <label class="field-of">To<input type="date" value=${want.to} min=${want.from} onChange=${(event) => event.target.value && set({ to: event.target.value })} /></label>
    ${choose("by", "Group by", GROUPS.map((name) => [name, capital(name)]))}
    ${choose("project", "Project", options(projects.map((project) => project.name)), "All")}
    ${choose("client", "Client", options(clients), "All")}
    ${choose("billable", "Billable", [["true", "Billable"], ["false", "Not billable"]], "All")}
  </section>`;
}

function Sums({ totals }) {
  return html`<dl class="totals card">
    <div class="sum"><dt>Your time</dt><dd>${length(totals.seconds)}</dd></div>
    ${STATES.map(([state, word, name]) => totals[name] > 0 && html`<div key=${state}><dt><i class=${`swatch ${state}`} aria-hidden="true"></i>${word}</dt><dd>${length(totals[name])}</dd></div>`)}
    ${totals.billableSeconds > 0 && html`<div><dt>billable</dt><dd>${length(totals.billableSeconds)}</dd></div>`}
    ${totals.wallSeconds !== totals.seconds && html`<div><dt>wall time</dt><dd>${length(totals.wallSeconds)}</dd></div>`}
    ${Object.entries(totals.amounts ?? {}).map(([currency, amount]) => html`<div key=${currency}><dt>${line(currency) || "amount"}</dt><dd>${amount.toFixed(2)}</dd></div>`)}
  </dl>`;
}

function capital(word) {
  return word[0].toUpperCase() + word.slice(1);
}

function Table({ rows, by }) {
  const most = Math.max(1, ...rows.map((row) => row.seconds + row.agentSeconds));
  if (!rows.length) return html`<p class="card blank">Nothing was recorded in this period.</p>`;
  return html`<div class="card scrolls"><table class="grid report">
    <caption class="hidden">Totals by ${by}</caption>
    <thead><tr><th scope="col">${capital(by)}</th><th scope="col" class="wide-cell"><span class="hidden">Share</span></th><th scope="col">Time</th>
      ${STATES.map(([, word]) => html`<th scope="col" key=${word}>${capital(word)}</th>`)}<th scope="col">Billable</th></tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${row.key} class=${by === "project" ? colourOf(row.key) : ""}>
      <th scope="row">${by === "project" && html`<i class="dot" aria-hidden="true"></i>`}<bdi>${by === "day" ? dayShort(row.key) : line(row.name) || `no ${by}`}</bdi></th>
      <td class="wide-cell"><${Share} row=${row} most=${most} /></td><td><strong>${length(row.seconds)}</strong></td>
      ${STATES.map(([, word, name]) => html`<td key=${word}>${row[name] ? length(row[name]) : "·"}</td>`)}<td>${row.billableSeconds ? length(row.billableSeconds) : "·"}</td>
    </tr>`)}</tbody></table></div>`;
}

function Share({ row, most }) {
  return html`<span class="share" aria-hidden="true">${STATES.map(([state, , name]) => html`<i key=${state} class=${state} style=${{ width: `${(100 * row[name]) / most}%` }}></i>`)}</span>`;
}

/** Hours by day, stacked: active, then supervised, then agents' own. */
function Plot({ rows, from, to }) {
  const place = useRef();
  const days = [];
  for (let day = from; day <= to && days.length < 400; day = addDays(day, 1)) days.push(day);
  const byDay = new Map(rows.map((row) => [row.key, row]));
  const key = JSON.stringify([from, to, rows.map((row) => [row.key, row.seconds, row.agentSeconds])]);
  useEffect(() => {
    if (days.length < 2) return undefined;
    const box = place.current;
    const style = getComputedStyle(box);
    const colour = (name) => style.getPropertyValue(name).trim();
    const sums = STATES.map(() => []);
    for (const day of days) {
      let sum = 0;
      STATES.forEach(([, , name], number) => sums[number].push((sum += (byDay.get(day)?.[name] ?? 0) / 3600)));
    }
    const bars = uPlot.paths.bars({ size: [0.7, 46] });
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
    const step = Math.ceil(days.length / Math.max(2, box.clientWidth / 90));
    const plot = new uPlot({
      width: box.clientWidth, height: 190, legend: { show: false }, cursor: { show: false },
      scales: { x: { time: false, range: [-0.6, days.length - 0.4] }, y: { range: (_, least, most) => [0, Math.max(1, most * 1.08)] } },
      axes: [
        { ...axis, size: 26, grid: { show: false }, splits: () => days.map((_, number) => number).filter((number) => number % step === 0), values: (_, at) => at.map((number) => dayShort(days[number])) },
        { ...axis, size: 44, values: (_, at) => at.map((hours) => `${hours}h`) },
      ],
      series: [{}, ...[2, 1, 0].map((number) => ({ paths: bars, points: { show: false }, width: 0, fill: colour(`--plot-${STATES[number][0]}`) }))],
    }, [days.map((_, number) => number), sums[2], sums[1], sums[0]], box);
    const fit = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: 190 }));
    fit.observe(box);
    return () => (fit.disconnect(), plot.destroy());
  }, [key]);
  if (days.length < 2) return null;
  return html`<section class="card plot" aria-label="Hours by day"><div ref=${place} aria-hidden="true"></div></section>`;
}
