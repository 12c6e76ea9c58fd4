# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: E501

"""The style and the script of the HTML report, constants whose hashes its content security policy names."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --text: #1c2430; --dim: #566174; --line: #d5dae2;
  --accent: #0b5cad; --good: #17703c; --warning: #8a5300; --bad: #b3261e; --neutral: #4a5a70; --mark: #eef2f7;
  --minus: #fbe4e2; --plus: #dff3e5; }
@media (prefers-color-scheme: dark) { :root { --page: #12161c; --card: #1a2029; --text: #e4e8ee; --dim: #a3aebd;
  --line: #38424f; --accent: #7db7f5; --good: #6fcf97; --warning: #f0b357; --bad: #ff8a80; --neutral: #a9b7c9;
  --mark: #232b36; --minus: #4a2523; --plus: #1d3d2a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 90rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 1rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 0 0 .75rem; overflow-wrap: anywhere; }
section, .verdict { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 1rem 1.25rem;
  margin: 0 0 1rem; }
.verdict { border-left: 6px solid var(--neutral); font-size: 1.1rem; font-weight: 600; overflow-wrap: anywhere; }
.verdict.good { border-left-color: var(--good); } .verdict.warning { border-left-color: var(--warning); }
.verdict.bad { border-left-color: var(--bad); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; margin: 0; }
dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
.tiles { display: flex; flex-wrap: wrap; gap: .75rem; list-style: none; padding: 0; margin: 0 0 1rem; }
.tiles li { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .6rem 1rem;
  min-width: 7.5rem; flex: 0 1 auto; }
.tiles b { display: block; font-size: 1.6rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tiles span { color: var(--dim); }
.good b, .tone-good { color: var(--good); } .warning b, .tone-warning { color: var(--warning); }
.bad b, .tone-bad { color: var(--bad); } .tone-neutral { color: var(--neutral); }
.chart { overflow-x: auto; } svg { display: block; width: 100%; min-width: 32rem; max-width: 60rem; height: auto; }
svg text { fill: var(--text); font: 14px system-ui, sans-serif; }
svg .track { fill: var(--mark); } svg .good { fill: var(--good); } svg .warning { fill: var(--warning); }
svg .bad { fill: var(--bad); } svg .neutral { fill: var(--neutral); }
[hidden] { display: none !important; }
.tools { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: end; margin: 0 0 .75rem; }
.tools label { display: block; color: var(--dim); font-size: .85rem; }
.tools [type=search] { width: min(22rem, 80vw); }
input, select, button { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line);
  border-radius: 5px; padding: .3rem .6rem; }
button { cursor: pointer; } button:disabled { opacity: .5; cursor: default; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 1px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .7rem; border-bottom: 1px solid var(--line); }
td { overflow-wrap: anywhere; min-width: 5rem; max-width: 34rem; }
thead th { background: var(--mark); white-space: nowrap; }
th button { border: 0; background: none; padding: 0; font-weight: 600; }
th button::after { content: " \\2195"; color: var(--dim); }
[aria-sort=ascending] button::after { content: " \\2191"; } [aria-sort=descending] button::after { content: " \\2193"; }
tbody tr:hover { background: var(--mark); }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.code, .time { font-family: ui-monospace, monospace; font-size: .9em; } .time { white-space: nowrap; }
td.code { min-width: 12rem; } td.changes { min-width: 14rem; }
.label { font-weight: 600; white-space: nowrap; }
.change { display: block; } .change i { font-style: normal; color: var(--dim); }
del { background: var(--minus); text-decoration: line-through; padding: 0 .2rem; border-radius: 3px; }
ins { background: var(--plus); text-decoration: none; padding: 0 .2rem; border-radius: 3px; }
.note, .status { color: var(--dim); } .note { margin: 0 0 .75rem; } .status { margin: .5rem 0 0; }
@media (max-width: 40rem) { main { padding: .75rem; } dl { grid-template-columns: 1fr; } dd { margin: 0 0 .4rem; } }
@media print {
  :root { --page: #fff; --card: #fff; --text: #000; --dim: #444; --line: #999; --mark: #eee; --good: #17703c;
    --warning: #8a5300; --bad: #b3261e; --neutral: #4a5a70; --minus: #f6d9d6; --plus: #d8efdf; color-scheme: light; }
  @page { size: A4 landscape; margin: 12mm; }
  body { font-size: 7pt; line-height: 1.2; } th, td { padding: .05rem .4rem; }
  td, td.code, td.changes { min-width: 3.5rem; } td.code { font-size: 6.5pt; } svg { min-width: 0; max-width: 30rem; }
  main { max-width: none; padding: 0; } section { border: 0; padding: 0; }
  .change { display: inline; } .change + .change::before { content: "; "; }
  .tools, .pages { display: none; } .scroll { overflow: visible; } thead { display: table-header-group; }
  th button::after { content: ""; } tr, .verdict, .tiles, svg { break-inside: avoid; } h2 { break-after: avoid; }
  .tiles li, .track, rect, del, ins, thead th { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""

SCRIPT = """
"use strict";
const PRINTED = 500, FEW = 10;
const make = (tag, attributes = {}, text) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
};
const plain = (cell, kind) => kind === "changes" ? cell.map(change => change.filter(Boolean).join(" ")).join(" ")
  : Array.isArray(cell) ? cell.join(" ") : String(cell);
const fill = (td, cell, kind, tones) => {
  if (kind === "changes") {
    for (const [field, before, after] of cell) {
      const line = make("span", {class: "change"});
      line.append(make("i", {}, field + ": "));
      if (before !== null) line.append(make("del", {}, before || "(empty)"));
      if (before !== null && after !== null) line.append(" \\u2192 ");
      if (after !== null) line.append(make("ins", {}, after || "(empty)"));
      td.append(line);
    }
  } else if (kind === "list") td.textContent = cell.join(", ");
  else if (kind === "number") td.textContent = cell === "" ? "" : Number(cell).toLocaleString("en");
  else td.textContent = cell;
  if (kind === "label") td.classList.add("tone-" + (tones[cell] || "neutral"));
};
const compare = (kind, column) => kind === "number"
  ? (a, b) => Number(a[column] === "" ? -Infinity : a[column]) - Number(b[column] === "" ? -Infinity : b[column])
  : (a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0;

function sortable(section, data) {
  const body = section.querySelector("tbody"), heads = [...section.querySelectorAll("thead th")];
  const kinds = data.columns.map(column => column.kind);
  let shown = data.rows, texts = null, page = 0, size = 100, sorted = -1, direction = 1;
  const search = make("input", {type: "search", autocomplete: "off"});
  const length = make("select");
  for (const number of [25, 100, 500]) length.append(make("option", {value: number}, number));
  length.value = size;
  const tools = make("div", {class: "tools"}), pages = make("div", {class: "tools pages"});
  const status = make("p", {class: "status", role: "status"});
  const labelled = (text, control) => {
    const field = make("div");
    control.id = `field-${section.dataset.table}-${tools.children.length}`;
    field.append(make("label", {for: control.id}, text), control);
    return field;
  };
  const choices = [];
  tools.append(labelled("Search", search));
  kinds.forEach((kind, column) => {
    if (kind !== "label") return;
    const numbers = new Map();
    for (const row of data.rows) numbers.set(row[column], (numbers.get(row[column]) || 0) + 1);
    if (numbers.size < 2) return;
    const select = make("select");
    select.append(make("option", {value: ""}, "all"));
    for (const word of [...numbers.keys()].sort())
      select.append(make("option", {value: word}, `${word || "(empty)"} (${numbers.get(word).toLocaleString("en")})`));
    choices.push([column, select]);
    select.addEventListener("change", filter);
    tools.append(labelled(data.columns[column].name, select));
  });
  tools.append(labelled("Rows a page", length));
  const step = (text, label, move) => {
    const button = make("button", {type: "button", "aria-label": label}, text);
    button.addEventListener("click", () => { page = move(); draw(); });
    return button;
  };
  const last = () => Math.max(0, Math.ceil(shown.length / size) - 1);
  const buttons = [step("\\u00ab", "First page", () => 0), step("\\u2039", "Previous page", () => page - 1),
    step("\\u203a", "Next page", () => page + 1), step("\\u00bb", "Last page", last)];
  pages.append(...buttons);

  function rows(list) {
    const fragment = document.createDocumentFragment();
    for (const row of list) {
      const tr = make("tr");
      row.forEach((cell, column) => {
        const td = make("td", {class: kinds[column]});
        fill(td, cell, kinds[column], data.tones);
        tr.append(td);
      });
      fragment.append(tr);
    }
    body.replaceChildren(fragment);
  }
  function draw() {
    page = Math.min(page, last());
    rows(shown.slice(page * size, (page + 1) * size));
    const from = shown.length ? page * size + 1 : 0, to = Math.min(shown.length, (page + 1) * size);
    status.textContent = `Rows ${from.toLocaleString("en")} to ${to.toLocaleString("en")} of `
      + shown.length.toLocaleString("en")
      + (shown.length < data.rows.length ? ` found in ${data.rows.length.toLocaleString("en")}` : "");
    buttons.forEach((button, index) => { button.disabled = index < 2 ? page === 0 : page >= last(); });
    pages.hidden = last() === 0;
  }
  function filter() {
    const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
    if (words.length && !texts)
      texts = new Map(data.rows.map(row => [row, row.map((cell, i) => plain(cell, kinds[i])).join(" ").toLowerCase()]));
    shown = data.rows.filter(row => choices.every(([column, select]) => !select.value || row[column] === select.value)
      && words.every(word => texts.get(row).includes(word)));
    order();
  }
  function order() {
    if (sorted >= 0) {
      const kind = kinds[sorted], by = compare(kind, sorted);
      if (kind !== "number") for (const row of shown) row.key = plain(row[sorted], kind).toLowerCase();
      shown = shown.slice().sort((a, b) => direction * by(a, b));
    }
    page = 0;
    draw();
  }
  const sorters = heads.map(head => make("button", {type: "button"}, head.textContent));
  const head = printed => heads.forEach((one, column) =>
    one.replaceChildren(printed ? sorters[column].textContent : sorters[column]));
  sorters.forEach((button, column) => {
    button.addEventListener("click", () => {
      direction = sorted === column ? -direction : 1;
      sorted = column;
      heads.forEach((other, index) => index === column
        ? other.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending") : other.removeAttribute("aria-sort"));
      order();
    });
  });
  let waiting = 0;
  search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 150); });
  length.addEventListener("change", () => { size = Number(length.value); page = 0; draw(); });
  if (data.rows.length > FEW) section.querySelector(".scroll").before(tools);
  section.querySelector(".scroll").after(status, pages);
  const rest = section.querySelector(".rest");
  if (rest) rest.remove();
  // A heading that is a button would stand on the first page alone.
  window.addEventListener("beforeprint", () => {
    head(true);
    rows(shown.slice(0, PRINTED));
    status.textContent = shown.length > PRINTED
      ? `The first ${PRINTED} of ${shown.length} rows are printed; the JSON and CSV files hold all of them.`
      : `${shown.length} rows` + (shown.length < data.rows.length ? ` found in ${data.rows.length}` : "");
  });
  window.addEventListener("afterprint", () => { head(false); draw(); });
  head(false);
  draw();
}
const tables = JSON.parse(document.getElementById("data").textContent);
document.querySelectorAll("section.table").forEach(section => {
  const data = tables[Number(section.dataset.table)];
  if (data.rows.length) sortable(section, data);
});
"""
