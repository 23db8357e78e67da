"""How the page of the report looks, by day and by night."""

STYLE = """
:root { --ink: #1f2933; --quiet: #667380; --paper: #ffffff; --card: #f6f7f9; --line: #dde2e8;
  --blue: #2563a8; --orange: #c2690c; --green: #1f7a4d; --red: #b42318; --purple: #7a4bb0;
  --soft-red: #fdeceb; --soft-orange: #fdf2e3; --soft-green: #e6f4ec; --hit: #fff3c4;
  color-scheme: light dark }
@media (prefers-color-scheme: dark) { :root { --ink: #e3e8ee; --quiet: #93a1af;
  --paper: #14181d; --card: #1c2229; --line: #303a45; --blue: #78b1f0; --orange: #f0a24a;
  --green: #6fcf9b; --red: #ff8b80; --purple: #c39bf0; --soft-red: #3a1f1e;
  --soft-orange: #38290f; --soft-green: #16301f; --hit: #4a3d10 } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 4rem; background: var(--paper);
  color: var(--ink); font: 16px/1.6 system-ui, -apple-system, "Segoe UI", "Noto Sans",
  "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif }
code, pre, .code { font: 13px/1.55 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono",
  "Noto Sans Mono CJK SC", monospace }
h1 { font-size: 1.5rem; line-height: 1.3; margin: 0 0 .6rem; overflow-wrap: anywhere }
h2 { font-size: 1.15rem; margin: 2.6rem 0 .3rem } h3 { font-size: 1rem; margin: 0 }
p { margin: .4rem 0 } .quiet { color: var(--quiet); font-size: .875rem }
.verdict { display: inline-block; padding: .15rem .7rem; border-radius: 1rem; font-weight: 600;
  background: var(--soft-green); color: var(--green) }
.verdict.error { background: var(--soft-red); color: var(--red) }
.verdict.warning { background: var(--soft-orange); color: var(--orange) }
.facts { display: flex; flex-wrap: wrap; gap: .4rem 2rem; margin: 1.1rem 0 0; padding: 0 }
.facts div { display: flex; flex-direction: column-reverse }
.facts dt { color: var(--quiet); font-size: .8rem } .facts dd { margin: 0; font-size: 1.2rem;
  font-variant-numeric: tabular-nums }
.card { border: 1px solid var(--line); border-left: 4px solid var(--orange); border-radius: 8px;
  background: var(--card); padding: .9rem 1.1rem; margin: .8rem 0 }
.card.error { border-left-color: var(--red) }
.card header { display: flex; flex-wrap: wrap; gap: .2rem .8rem; align-items: baseline }
.chip { font-size: .78rem; font-weight: 600; color: var(--orange) }
.error .chip { color: var(--red) }
.code { background: var(--paper); border: 1px solid var(--line); border-radius: 6px;
  margin: .7rem 0; overflow-x: auto; padding: .3rem 0 }
.code .file { color: var(--quiet); padding: .1rem .8rem }
.code .row { display: flex; white-space: pre; padding: 0 .8rem; min-width: max-content }
.code .row.hit { background: var(--hit) }
.code .row i { color: var(--quiet); font-style: normal; min-width: 3ch; text-align: right;
  margin-right: 1.2em; user-select: none } .code .row em { color: var(--red); font-style: normal;
  margin-left: 2em }
pre { background: var(--paper); border: 1px solid var(--line); border-radius: 6px; margin: .7rem 0;
  padding: .5rem .8rem; overflow-x: auto }
.fix { margin: .5rem 0 0; padding: 0; list-style: none }
.fix li { margin: .15rem 0; padding-left: 3.4rem; position: relative; white-space: pre-wrap }
.fix li::before { content: attr(data-label); position: absolute; left: 0; color: var(--green);
  font-weight: 600; font-size: .875rem }
figure { margin: .6rem 0 0 } figcaption { display: flex; flex-wrap: wrap; gap: 0 1rem;
  justify-content: space-between; font-size: .85rem } figcaption code { overflow-wrap: anywhere }
.grid { display: grid; gap: 1.2rem 1.6rem; margin-top: .8rem;
  grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)) } .grid figure { margin: 0 }
.scroll { overflow-x: auto } .scroll svg { min-width: 34rem }
svg { width: 100%; height: auto; display: block; overflow: visible }
svg text { font: 11px system-ui, sans-serif; fill: var(--quiet) } .end { text-anchor: end }
.middle { text-anchor: middle } svg .grid { stroke: var(--line); fill: none }
.curve { fill: none; stroke: var(--blue); stroke-width: 1.8; stroke-linejoin: round;
  stroke-linecap: round } .n1 { stroke: var(--orange) } .n2 { stroke: var(--green) }
.n3 { stroke: var(--purple) } .broken { stroke: var(--red); stroke-dasharray: 3 3 }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; font-size: .85rem;
  margin: .4rem 0 0 } .legend b { display: inline-block; width: 1.1em; height: .25em;
  vertical-align: middle; margin-right: .5em; border-radius: 2px; background: var(--blue) }
.legend .b1 { background: var(--orange) } .legend .b2 { background: var(--green) }
.legend .b3 { background: var(--purple) }
table { border-collapse: collapse; width: 100%; font-size: .9rem; margin: .6rem 0 }
td, th { padding: .32rem .5rem; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top } th { color: var(--quiet); font-weight: 500; font-size: .8rem }
td.n, th.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
td.n, th.n { width: 6.5rem } pre.wrap { white-space: pre-wrap }
td code { overflow-wrap: anywhere } .bars { display: flex; height: .45rem; margin-top: .25rem;
  min-width: 4rem } .bars b { background: var(--blue); min-width: 1px }
.bars b + b { background: var(--orange) } .bars b:first-child { border-radius: 2px 0 0 2px }
details { margin: .5rem 0 } summary { cursor: pointer; color: var(--blue); font-size: .9rem }
@media (max-width: 40rem) { .facts { gap: .4rem 1.2rem } .wide { display: none } }
"""
