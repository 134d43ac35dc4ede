import { raw } from '../html/index.js';

/**
 * The style sheet. Text has enough contrast on the page for WCAG AA, light and dark. The colours of series, `--c0` to `--c5`, are those of Okabe and
 * Ito, darker on light pages, so that the colour-blind can tell them apart.
 */
export const styles = raw(`
:root { --page: #ffffff; --panel: #f6f8fa; --text: #1f2328; --dim: #59636e; --line: #d1d9e0; --ink: #0550ae; --soft: #8c959f;
  --good: #116329; --bad: #9a3412; --hit: #e6f4ea;
  --c0: #0064a8; --c1: #c24e00; --c2: #007a59; --c3: #a3447a; --c4: #806000; --c5: #4d5a66; }
@media (prefers-color-scheme: dark) {
  :root { --page: #0d1117; --panel: #161b22; --text: #e6edf3; --dim: #9198a1; --line: #3d444d; --ink: #79c0ff; --soft: #66707b;
    --good: #56d364; --bad: #ffa657; --hit: #12301c;
    --c0: #56b4e9; --c1: #f0883e; --c2: #3fc99a; --c3: #e79ac4; --c4: #e3c94a; --c5: #a9b4c0; } }
* { box-sizing: border-box; }
html { background: var(--page); color: var(--text); scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 56rem; font: 16px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; overflow-wrap: anywhere; }
p, ul.notes, figcaption { max-width: 44rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0.5rem 0 0.25rem; }
h2 { font-size: 1.35rem; margin: 3rem 0 0.5rem; padding-top: 0.5rem; border-top: 1px solid var(--line); scroll-margin-top: 0.5rem; }
h2 a { color: inherit; text-decoration: none; }
h2 a:hover::after, h2 a:focus-visible::after { content: " #"; color: var(--dim); }
h3 { font-size: 1.05rem; margin: 1.75rem 0 0.5rem; }
h4 { font-size: 0.9rem; margin: 0 0 0.25rem; color: var(--dim); font-weight: 600; }
header p, footer, small, figcaption span, .absent, .more, .dim { color: var(--dim); }
small { font-size: 0.85em; }
a { color: var(--ink); }
:focus-visible { outline: 2px solid var(--ink); outline-offset: 2px; }
code { font: 0.9em ui-monospace, SFMono-Regular, Menlo, monospace; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; padding: 0; margin: 0.75rem 0 0; font-size: 0.95rem; }
.summary { background: var(--panel); border: 1px solid var(--line); border-radius: 0.5rem; padding: 0.25rem 1.25rem 0.75rem; margin-top: 1.5rem; }
.lead { font-size: 1.15rem; }
.notes { padding-left: 1.25rem; color: var(--dim); font-size: 0.9rem; margin: 0.75rem 0 0.25rem; }
.key { display: flex; flex-wrap: wrap; gap: 0.5rem 2rem; margin: 1rem 0; }
.key div { display: flex; flex-direction: column-reverse; }
.key dt { color: var(--dim); font-size: 0.85rem; }
.key dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); column-gap: 2rem; margin: 1.25rem 0; }
.figures > * { display: grid; grid-row: span 2; grid-template-rows: subgrid; row-gap: 0.5rem; margin-bottom: 1.25rem; }
.figures > .scroll { display: block; }
figure { margin: 0; min-width: 0; }
figure.wide { margin: 1.25rem 0; }
figure.wide .scroll { margin-top: 0.5rem; }
figcaption { font-size: 0.9rem; line-height: 1.45; }
figcaption strong { display: block; font-size: 0.95rem; }
figure svg[role="img"] { display: block; align-self: start; justify-self: start; max-width: 100%; height: auto; overflow: visible; font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; color: var(--text); fill: currentColor; }
figure.wide .scroll svg[role="img"] { min-width: 46rem; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0.1rem 1rem; padding: 0; margin: 0.25rem 0 0; font-size: 0.85rem; }
.legend svg { vertical-align: middle; margin-right: 0.35rem; }
.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; font-size: 0.92rem; margin: 0.5rem 0 1rem; }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 1rem 0.35rem 0; border-bottom: 1px solid var(--line); font-weight: normal; overflow-wrap: normal; }
thead th { color: var(--dim); font-size: 0.85rem; vertical-align: bottom; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
tbody th { min-width: 7rem; }
td:not(.number) { max-width: 30rem; overflow-wrap: anywhere; }
#settings ~ .scroll td { max-width: 18rem; min-width: 6rem; }
tr.above td:nth-child(2) { color: var(--good); }
tr.below td:nth-child(2) { color: var(--bad); }
tr.differs { background: var(--panel); }
tr.differs code { font-weight: 700; }
.example { border-top: 1px solid var(--line); margin-top: 1rem; }
.example h3 { margin-top: 0.75rem; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 16rem), 1fr)); gap: 0.75rem 2rem; }
.columns p { font-size: 0.92rem; margin: 0.5rem 0; }
.items { margin: 0; padding-left: 1.6rem; font-size: 0.92rem; }
ul.items { list-style: none; padding-left: 0; }
.items li { padding: 0.1rem 0.25rem; }
.hit { background: var(--hit); border-radius: 0.25rem; }
.tag { color: var(--good); font-size: 0.8rem; font-weight: 600; }
.near { white-space: nowrap; }
footer { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: 0.5rem; font-size: 0.9rem; }
@media (max-width: 40rem) { th, td { padding-right: 0.6rem; } tbody th { min-width: 5.5rem; } .near { white-space: normal; } .summary { padding: 0.1rem 0.9rem 0.5rem; } h1 { font-size: 1.5rem; } }
@media print { nav { display: none; } .scroll { overflow: visible; } }
`);
