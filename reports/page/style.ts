/** Okabe and Ito's colours, darkened or lightened to at least 3:1 against the ground of each scheme. */
const armColours = {
  light: ['#0072b2', '#c34f00', '#007a5a', '#a3447e', '#7a6400', '#2f6f8f'],
  dark: ['#56b4e9', '#f59a4a', '#2fc79a', '#e58fc0', '#d9c84a', '#9ad1e8'],
};
const dashes = ['2 3', '6 2 1.5 2', '6 3'];

/** The page's style sheet. `contenders`: how many arms and bounds can be switched off in the legend. */
export const styleSheet = (contenders: number): string => `
:root{color-scheme:light dark;--ground:#fcfbf9;--raised:#f3f1ec;--ink:#1c1e21;--quiet:#5c626b;--line:#dcd9d2;--rule:#8d9097;--bound:#73777f;--accent:#0b6099;${variables(armColours.light)}}
@media (prefers-color-scheme:dark){:root{--ground:#131518;--raised:#1d2024;--ink:#e4e6e9;--quiet:#a0a7b0;--line:#2e3238;--rule:#6a717b;--bound:#8d949e;--accent:#7cc0f0;${variables(armColours.dark)}}}
*{box-sizing:border-box}
html{scroll-padding-top:4rem}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;font-variant-numeric:tabular-nums}
header,main,footer{max-width:1360px;margin:0 auto;padding:0 clamp(14px,3vw,36px)}
header{padding-top:2rem}
h1{font-size:clamp(1.05rem,1.6vw,1.2rem);font-weight:500;color:var(--quiet);margin:.2rem 0 1rem;line-height:1.35;max-width:62rem}
h2{font-size:1.15rem;margin:3rem 0 .4rem;letter-spacing:-.005em}
h3{font-size:.95rem;margin:1.6rem 0 .1rem}
p{margin:.35rem 0;max-width:52rem}
.eyebrow,.quiet,figcaption span,small{color:var(--quiet)}
.eyebrow{font-size:.8rem;margin:0}
.eyebrow b{color:var(--ink)}
abbr[title]{text-decoration:none;cursor:help}
.quiet{font-size:.85rem;max-width:62rem}
.lead{font-size:clamp(1.25rem,2.4vw,1.75rem);line-height:1.3;font-weight:600;letter-spacing:-.012em;max-width:58rem;margin:.2rem 0 .5rem;text-wrap:balance}
.remarks+.lead{margin-top:1.4rem}
.remarks{margin:.2rem 0 0;padding:0;list-style:none;color:var(--quiet);max-width:62rem}
.scroll{overflow-x:auto;margin:.5rem 0;max-width:100%}
.scroll:focus-visible,summary:focus-visible,input:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
table{border-collapse:collapse;font-size:.9rem;line-height:1.35}
caption{text-align:left;padding:.5rem 0 .2rem;font-weight:600}
th,td{padding:.28rem .6rem;text-align:right;white-space:nowrap;vertical-align:baseline}
th{font-weight:500}
thead th{color:var(--quiet);font-size:.82rem;border-bottom:1px solid var(--rule)}
thead th[scope=colgroup]{text-align:left;border-bottom:1px solid var(--line);color:var(--ink)}
tbody th,.text{text-align:left}
tbody th[scope=row]:first-child{position:sticky;left:0;background:var(--ground);z-index:1}
tbody+tbody tr:first-child>*{border-top:1px solid var(--line)}
tbody.bounds{color:var(--quiet)}
tbody tr:hover>*,tbody tr:hover>th[scope=row]:first-child{background:var(--raised)}
td small{display:block;font-size:.74rem}
.first{padding-left:1.5rem}
.answer{width:100%}
.answer .sample{margin-right:.45rem}
.legend{position:sticky;top:0;z-index:3;display:flex;flex-wrap:wrap;gap:.1rem 1.1rem;padding:.5rem 0;background:var(--ground);border-bottom:1px solid var(--line);font-size:.88rem}
.legend label{display:inline-flex;align-items:center;gap:.35rem;cursor:pointer}
.legend input{margin:0;accent-color:var(--quiet);width:13px;height:13px}
.sample{vertical-align:-1px;overflow:visible}
.grid5{display:grid;grid-template-columns:repeat(5,minmax(0,1fr));gap:.4rem 1rem;margin:.3rem 0 .4rem}
.grid2{display:grid;grid-template-columns:repeat(2,minmax(0,560px));gap:.6rem 2rem;margin:.6rem 0}
.chart{margin:0;min-width:0}
.chart svg{display:block;width:100%;height:auto;overflow:visible}
figcaption{font-size:.85rem;font-weight:600;display:flex;gap:.2rem .6rem;justify-content:space-between;align-items:baseline;padding-left:.2rem}
figcaption span{font-weight:400;font-size:.78rem}
.empty{color:var(--quiet);font-size:.85rem;border:1px dashed var(--line);padding:2rem .5rem;text-align:center;margin:.3rem 0}
svg text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-size:10.5px}
.grid{stroke:var(--line)}
.tick{fill:var(--quiet)}
polyline{stroke-width:1.9;stroke-linejoin:round;stroke-linecap:round}
.bound{stroke:var(--bound)}.bound polyline{stroke-width:1.4;stroke-linecap:butt}
circle.bound{fill:var(--bound)}
.band{stroke:none;fill-opacity:.16}
.mark{stroke:var(--ground);stroke-width:1}
${[0, 1, 2, 3, 4, 5]
  .map(
    (i) =>
      `.arm${i}{stroke:var(--a${i})}.arm${i} .mark,.arm${i} .band,circle.arm${i}{fill:var(--a${i})}.arm${i} .band{stroke:none}.arm${i} .mark{stroke:var(--ground)}`,
  )
  .join('\n')}
${dashes.map((dash, i) => `.bound${i} polyline{stroke-dasharray:${dash}}`).join('')}
.guide circle{stroke:none}
.guide line{stroke:var(--rule)}
.day:hover .guide{opacity:1}
${Array.from({ length: contenders }, (_, i) => `body:has(#s${i}:not(:checked)) .chart .s${i}{display:none}`).join('\n')}
.bars{display:grid;grid-template-columns:max-content minmax(6rem,1fr) max-content;gap:.35rem .8rem;align-items:center;max-width:56rem;margin:.6rem 0 .8rem;font-size:.9rem}
.bar{width:100%;height:20px;display:block}
.bar rect,.swatch rect{stroke:#1c1e21;stroke-opacity:.55;stroke-width:1;vector-effect:non-scaling-stroke}
.swatch{margin-right:.5rem}
.columns{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:0 3rem}
ul.plain{padding-left:1.1rem;margin:.4rem 0;max-width:56rem}
ul.plain li{margin:.25rem 0}
pre{background:var(--raised);padding:.7rem .9rem;overflow-x:auto;font:.85rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;border-radius:4px;margin:.5rem 0}
code,.hash{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.92em}
.hash{white-space:normal;overflow-wrap:anywhere;min-width:12rem;text-align:left}
details{margin:.4rem 0}
summary{cursor:pointer;color:var(--accent);font-size:.88rem;width:fit-content}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.15rem 1.2rem;margin:.5rem 0;font-size:.9rem}
dt{color:var(--quiet)}dd{margin:0;overflow-wrap:anywhere}
footer{padding-top:3rem;padding-bottom:2.5rem;font-size:.8rem;color:var(--quiet)}
@media (max-width:1100px){.grid5{grid-template-columns:repeat(3,minmax(0,1fr))}svg text{font-size:10px}}
@media (max-width:760px){.columns,.grid2{grid-template-columns:minmax(0,1fr)}}
@media (max-width:620px){.grid5{grid-template-columns:repeat(2,minmax(0,1fr));gap:.7rem .6rem}svg text{font-size:14px}figcaption{display:block}figcaption span{display:block}th,td{padding:.28rem .5rem}header{padding-top:1.2rem}.bars{grid-template-columns:1fr max-content;grid-auto-flow:row dense}.bars .bar{grid-column:1/-1}.bars .total{grid-column:2}}
@media print{.legend{position:static}details{display:block}}
`;

const variables = (colours: readonly string[]): string => colours.map((colour, i) => `--a${i}:${colour}`).join(';');
