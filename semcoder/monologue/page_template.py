"""The fixed part of the page of monologues: markup, style and script. `__DATA__` is where the monologues go."""

PAGE = r"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>Monologues beside their runs</title>
<style>
:root {
  color-scheme: light dark;
  --ground: #fafaf8; --panel: #ffffff; --ink: #1d1d1b; --quiet: #5f6368; --rule: #dcdcd6;
  --now: #ffe9a8; --near: #fbf4dc; --change: #0b57a4; --true: #2e7d4f; --false: #b3261e; --false-ground: #fbe4e1;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #16181b; --panel: #1e2125; --ink: #e6e6e3; --quiet: #a2a8b0; --rule: #363b42;
    --now: #574408; --near: #322c18; --change: #8ec5ff; --true: #7fcf9f; --false: #ffb4ab; --false-ground: #5a1f1a;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
header { padding: .8rem 1rem .3rem; }
h1 { font-size: 1.05rem; margin: 0; overflow-wrap: anywhere; }
h1 code { font-weight: 600; }
header p { margin: .15rem 0 0; color: var(--quiet); font-size: .87rem; }
select { max-width: 100%; font: inherit; margin-bottom: .5rem; padding: .15rem .3rem; border-radius: .35rem;
  color: inherit; background: var(--panel); border: 1px solid var(--rule); }
nav {
  position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; align-items: center; gap: .35rem .5rem;
  padding: .45rem 1rem; background: var(--ground); border-bottom: 1px solid var(--rule);
}
nav button {
  font: inherit; min-width: 2.3rem; padding: .2rem .5rem; color: inherit; background: var(--panel);
  border: 1px solid var(--rule); border-radius: .35rem; cursor: pointer;
}
nav button:disabled { opacity: .4; cursor: default; }
nav input { flex: 1 1 8rem; min-width: 6rem; accent-color: var(--change); }
#place { flex: 1 1 100%; font-size: .87rem; min-height: 1.3em; overflow-wrap: anywhere; }
main { display: grid; gap: .8rem; padding: .8rem 1rem; grid-template-columns: minmax(0, 1fr); }
section {
  background: var(--panel); border: 1px solid var(--rule); border-radius: .45rem; padding: .5rem .6rem;
  min-width: 0; overflow: auto; max-height: 42vh;
}
h2 { font-size: .78rem; letter-spacing: .04em; color: var(--quiet); margin: 0 0 .35rem; font-weight: 600; }
code, .code, td { font-family: ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; font-size: .86em; }
.code div { white-space: pre-wrap; overflow-wrap: anywhere; padding: 0 .3rem 0 3.1rem; text-indent: -2.6rem; }
.code div.ran { cursor: pointer; }
.code b { display: inline-block; width: 2.1rem; margin-right: .5rem; text-indent: 0; text-align: right;
  font-weight: 400; color: var(--quiet); user-select: none; }
.now { background: var(--now); }
table { border-collapse: collapse; width: 100%; }
td { vertical-align: top; padding: .12rem .4rem .12rem 0; overflow-wrap: anywhere; white-space: pre-wrap; }
td:first-child { width: 1%; white-space: nowrap; color: var(--quiet); }
tr.changed td { color: var(--change); font-weight: 600; }
tr.changed td:first-child::before { content: "\25B8\00A0"; }
#told p, #told h3 { margin: 0 0 .3rem; overflow-wrap: anywhere; }
#told h3 { font-size: .92rem; margin-top: .8rem; }
#told h3:first-child { margin-top: 0; }
#told [data-step] { cursor: pointer; border-radius: .2rem; }
#told .near { background: var(--near); }
#told .now { background: var(--now); }
.true { text-decoration: underline dotted var(--true) 1px; text-underline-offset: .22em; }
.false { color: var(--false); background: var(--false-ground); text-decoration: underline wavy var(--false) 1px;
  text-underline-offset: .22em; cursor: help; }
#faults { margin: .8rem 0 0; padding: .4rem .6rem; border-left: 3px solid var(--false); font-size: .9rem; }
#faults li { overflow-wrap: anywhere; }
#faults ul { margin: .2rem 0 0; padding-left: 1.1rem; }
[hidden] { display: none !important; }
@media (min-width: 900px) {
  body { height: 100vh; display: flex; flex-direction: column; }
  main { flex: 1; min-height: 0; grid-template: minmax(0, 3fr) minmax(0, 2fr) / minmax(0, 1fr) minmax(0, 1fr); }
  section { max-height: none; }
  #told { grid-column: 2; grid-row: 1 / 3; }
}
</style>
</head>
<body>
<header>
  <select id="which" aria-label="Monologue"></select>
  <h1><span id="task"></span> <code id="call"></code></h1>
  <p id="verdict"></p>
</header>
<nav>
  <button id="first" aria-label="First step" title="First step (Home)">&#x21E4;</button>
  <button id="back" aria-label="Step back" title="Step back (left arrow)">&#x2190;</button>
  <button id="on" aria-label="Step on" title="Step on (right arrow)">&#x2192;</button>
  <button id="last" aria-label="Last step" title="Last step (End)">&#x21E5;</button>
  <input id="slider" type="range" min="0" value="0" aria-label="Step">
  <span id="place" aria-live="polite"></span>
</nav>
<main>
  <section><h2>Program</h2><div id="code" class="code"></div></section>
  <section><h2 id="scope">Variables after this step</h2><table><tbody id="vars"></tbody></table></section>
  <section id="told"><div id="text"></div><div id="faults"></div></section>
</main>
<script id="data" type="application/json">__DATA__</script>
<script>
"use strict";
const views = JSON.parse(document.getElementById("data").textContent);
const get = name => document.getElementById(name);
const make = (tag, text, names) => {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (names) node.className = names;
  return node;
};
let view, at;

function part(each) {
  const names = ["false" in each ? "false" : "", each.true ? "true" : ""].join(" ").trim();
  const node = make(each.code ? "code" : each.bold ? "b" : "span", each.text, names);
  if ("step" in each) {
    node.dataset.step = each.step;
    node.addEventListener("click", () => go(each.step));
  }
  if ("false" in each) {
    node.title = "Really: " + each.false;
    node.tabIndex = 0;
  }
  return node;
}

function open(number) {
  get("which").value = number;
  view = views[number];
  get("task").textContent = view.direction === "forward" ? "What does it return?" : "Which input gives it?";
  get("call").textContent = view.call;
  const count = view.false.length;
  get("verdict").textContent =
    `${view.true} claim${view.true === 1 ? "" : "s"} true, ${count} false, ${view.unchecked} not checkable; ` +
    `${Math.round(100 * view.coverage)} % of the lines with an effect are spoken of. ${view.id}`;
  const ran = new Set(view.steps.map(step => step.line));
  get("code").replaceChildren(...view.code.map((text, index) => {
    const line = make("div", undefined, ran.has(index + 1) ? "ran" : "");
    line.append(make("b", index + 1 + view.offset), make("span", text));
    if (ran.has(index + 1)) line.addEventListener("click", () => {
      const later = view.steps.findIndex((step, k) => k > at && step.line === index + 1);
      go(later >= 0 ? later : view.steps.findIndex(step => step.line === index + 1));
    });
    return line;
  }));
  get("text").replaceChildren(...view.told.filter(line => line.parts.length).map(line => {
    const node = make(line.heading ? "h3" : "p");
    if (line.indent) node.style.marginLeft = Math.min(line.indent, 8) * .45 + "rem";
    node.append(...line.parts.map(part));
    return node;
  }));
  get("faults").hidden = !count;
  const list = make("ul");
  list.append(...view.false.map(each => make("li", `\u201C${each.said}\u201D is false; really: ${each.truth}`)));
  get("faults").replaceChildren(make("b", "What is false"), list);
  get("slider").max = Math.max(0, view.steps.length - 1);
  go(0);
  get("told").scrollTop = 0;
}

function seen(node, panel) {
  const box = node.getBoundingClientRect(), frame = panel.getBoundingClientRect();
  if (box.top < frame.top + 24) panel.scrollTop += box.top - frame.top - 24;
  if (box.bottom > frame.bottom - 24) panel.scrollTop += box.bottom - frame.bottom + 24;
}

function go(number) {
  at = Math.max(0, Math.min(number, view.steps.length - 1));
  const step = view.steps[at];
  get("slider").value = at;
  get("first").disabled = get("back").disabled = at === 0;
  get("last").disabled = get("on").disabled = at >= view.steps.length - 1;
  if (!step) { get("place").textContent = "The run was not recorded."; get("vars").replaceChildren(); return; }
  const where = `Step ${at + 1} of ${view.steps.length}, line ${step.line + view.offset}`;
  get("place").textContent = where + (step.what ? ": " + step.what : "");
  get("scope").textContent = `Variables of ${step.scope || "the program"} after this step`;
  [...get("code").children].forEach((line, index) => line.classList.toggle("now", index + 1 === step.line));
  const current = get("code").children[step.line - 1];
  if (current) seen(current, get("code").parentNode);
  get("vars").replaceChildren(...step.vars.map(([name, text, changed]) => {
    const row = make("tr", undefined, changed ? "changed" : "");
    row.append(make("td", name), make("td", view.texts[text]));
    return row;
  }));
  const passages = [...get("text").querySelectorAll("[data-step]")];
  const told = passages.map(node => +node.dataset.step);
  const near = view.direction === "forward"
    ? Math.max(-1, ...told.filter(each => each <= at)) : Math.min(Infinity, ...told.filter(each => each >= at));
  const same = near === at || (near === at - 1 && view.steps[near]?.line === step.line);  // a return and its line
  let first;
  passages.forEach((node, index) => {
    node.classList.toggle("now", told[index] === near && same);
    node.classList.toggle("near", told[index] === near && !same);
    if (!first && told[index] === near) first = node;
  });
  if (first) seen(first, get("told"));
}

get("first").addEventListener("click", () => go(0));
get("back").addEventListener("click", () => go(at - 1));
get("on").addEventListener("click", () => go(at + 1));
get("last").addEventListener("click", () => go(Infinity));
get("slider").addEventListener("input", event => go(+event.target.value));
get("which").addEventListener("change", event => open(+event.target.value));
document.addEventListener("keydown", event => {
  if (!view || event.target.tagName === "SELECT" || event.ctrlKey || event.altKey || event.metaKey) return;
  const moves = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: Infinity };
  if (event.key in moves) { event.preventDefault(); go(moves[event.key]); }
});
get("which").replaceChildren(...views.map((each, index) => {
  const option = make("option", `${each.direction}: ${each.call.slice(0, 80)}`);
  option.value = index;
  return option;
}));
get("which").hidden = views.length < 2;
if (views.length) open(0);
else { document.querySelector("main").hidden = document.querySelector("nav").hidden = true;
  get("task").textContent = "There is no monologue to show."; }
</script>
</body>
</html>
"""
