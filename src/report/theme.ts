/**
 * The colours, once: as attributes (light), for viewers whose content security policy drops style sheets, and as CSS variables
 * that override the attributes where styles are allowed (light, dark, and light again in print). The hues keep apart for
 * colour-blind readers (blue, orange, vermilion and purple of Okabe and Ito's palette, darkened for contrast on paper).
 */
import { type Html, trusted } from "./html.ts";

/** Each role as [light, dark]. */
const palette = {
  ink: ["#1b2127", "#e7eaed"],
  muted: ["#5a6672", "#9ba7b3"],
  rule: ["#aeb8c1", "#56616d"],
  grid: ["#e6eaee", "#2a323a"],
  paper: ["#ffffff", "#14181c"],
  panel: ["#f5f7f9", "#1b2127"],
  alarm: ["#fcefe9", "#32201b"],
  ok: ["#1d68a7", "#69b0e6"],
  okArea: ["#dbe9f5", "#1d3a54"],
  rejected: ["#d58a0a", "#f0b545"],
  failed: ["#c2371a", "#ff7d5c"],
  good: ["#00735a", "#46c3a1"],
  target2: ["#8a3d7c", "#d795cb"],
  target3: ["#5f7d1e", "#b3cc6a"],
  step0: ["#82b1d7", "#3d668b"],
  step1: ["#5895c6", "#5184b0"],
  step2: ["#3578ae", "#6ba3d1"],
  step3: ["#1c5a8f", "#8fc0e8"],
  step4: ["#0b3c66", "#c3dff6"],
} as const;

export type Role = keyof typeof palette;

const roles = Object.keys(palette) as Role[];

/** How many shades tell steps apart; with more steps, neighbours share one. */
const stepShades = 5;

/** The shade of the n-th of `of` steps, the highest darkest (lightest on dark paper). */
export function stepRole(at: number, of: number): Role {
  const shade = of <= 1 ? stepShades - 1 : Math.round((at / (of - 1)) * (stepShades - 1));
  return `step${shade}` as Role;
}

/** `class` and `fill` attributes. */
export function fill(role: Role): Html {
  return trusted(`class="f-${role}" fill="${palette[role][0]}"`);
}

/** The same for letters that stand on lines: a rim in the colour of the paper keeps them apart. */
export function fillWithRim(role: Role): Html {
  return trusted(
    `class="f-${role} s-paper" fill="${palette[role][0]}" stroke="${palette.paper[0]}" stroke-width="3" paint-order="stroke"`,
  );
}

/** `class` and `stroke` attributes of a shape without filling. */
export function stroke(role: Role, width = 1): Html {
  return trusted(`class="s-${role}" fill="none" stroke="${palette[role][0]}" stroke-width="${width}"`);
}

const variables = (shade: 0 | 1): string => roles.map((role) => `--${role}:${palette[role][shade]}`).join(";");
const classes = roles.map((role) => `.f-${role}{fill:var(--${role})}.s-${role}{stroke:var(--${role})}`).join("");

const page = `
*{box-sizing:border-box}
html{color-scheme:light dark;-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans","PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;font-variant-numeric:tabular-nums lining-nums}
main,header,footer{max-width:968px;margin:0 auto;padding:0 24px}
header{padding-top:40px}
.masthead{display:flex;justify-content:space-between;gap:8px 24px;flex-wrap:wrap;font-size:13.5px;color:var(--muted);padding-bottom:10px;border-bottom:1px solid var(--rule)}
.masthead strong{color:var(--ink);letter-spacing:.02em}
.banner{margin:18px 0 0;padding:9px 14px;max-width:none;background:var(--alarm);border-left:4px solid var(--failed)}
.state{display:flex;align-items:center;gap:10px;margin:34px 0 0;font-size:18px;font-weight:650}
.state svg{flex:none}
.state.good{color:var(--good)}.state.bad{color:var(--failed)}.state.unsure{color:var(--muted)}
h1{font-size:31px;line-height:1.25;font-weight:600;letter-spacing:-.012em;margin:8px 0 26px;text-wrap:balance;max-width:26em;overflow-wrap:anywhere}
h2{font-size:21px;line-height:1.3;font-weight:650;letter-spacing:-.005em;margin:0 0 6px}
h3{font-size:16.5px;font-weight:650;margin:0}
p{margin:0 0 10px;max-width:44em}
section{margin-top:58px}
.lead{color:var(--muted);margin-bottom:18px}
.note,figcaption,.quiet{font-size:14px;color:var(--muted)}
code,pre,.code{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace;font-size:.88em}
code{overflow-wrap:anywhere}
pre{margin:6px 0 0;padding:10px 12px;background:var(--panel);border-radius:4px;white-space:pre-wrap;overflow-wrap:anywhere;max-height:22em;overflow:auto}
a{color:var(--ok)}
nav{font-size:14px;margin-top:26px}nav a{margin-right:18px;display:inline-block;padding:4px 0;text-decoration:none}nav a:hover{text-decoration:underline}
dl.facts{display:grid;grid-template-columns:repeat(4,1fr);gap:18px 28px;margin:0;padding:18px 0;border-top:1px solid var(--grid);border-bottom:1px solid var(--grid)}
dl.facts dt{font-size:12.5px;color:var(--muted)}dl.facts dd{margin:1px 0 0;font-size:15px;overflow-wrap:anywhere}
dl.pairs{display:grid;grid-template-columns:max-content 1fr;gap:7px 26px;margin:16px 0;font-size:14.5px}
dl.pairs dt{color:var(--muted)}dl.pairs dd{margin:0;min-width:0;overflow-wrap:anywhere}
ul.plain{list-style:none;margin:0;padding:0}
figure{margin:20px 0 0;position:relative}
figcaption{margin-bottom:10px;max-width:48em}
figcaption b{display:block;font-size:16px;font-weight:650;color:var(--ink)}
figure svg{display:block;width:100%;height:auto;max-width:100%}
figure svg:focus-visible{outline:2px solid var(--ok);outline-offset:3px}
.narrow{display:none}
details{margin-top:10px;font-size:14px}
summary{cursor:pointer;color:var(--muted);padding:4px 0}
summary:hover{color:var(--ink)}
.scroll{overflow-x:auto;max-height:30em;overflow-y:auto}
.scroll.whole{max-height:none}
table{border-collapse:collapse;width:100%;font-size:14px;line-height:1.4}
th{font-weight:600;text-align:left;color:var(--muted);font-size:12.5px;vertical-align:bottom;border-bottom:1px solid var(--rule)}
th,td{padding:6px 14px 6px 0}
td{border-bottom:1px solid var(--grid);vertical-align:top}
th.n,td.n{text-align:right;white-space:nowrap}
tr>*:last-child{padding-right:0}
th.n{white-space:normal}
td.word{overflow-wrap:anywhere;min-width:8em}.checksum{white-space:nowrap}
td.n+td:not(.n),th.n+th:not(.n){padding-left:20px}
.group th{padding-top:16px}
.whole tbody:first-of-type .group th{padding-top:8px}
h3.sub{margin:34px 0 8px}
pre+.note{margin-top:18px}
.scroll+.note,.scroll+.result{margin-top:12px}
ul.note{padding-left:1.2em}
tbody th{min-width:6.5em;border-bottom:1px solid var(--grid);font-size:14px;color:var(--ink);font-weight:600;vertical-align:top}
.verdict-word{font-weight:650;white-space:nowrap}
.verdict-word svg{vertical-align:-2px;margin-right:5px}
.t-good{color:var(--good)}.t-bad{color:var(--failed)}.t-unsure{color:var(--muted)}
.finding{margin-top:22px;padding-left:18px;border-left:3px solid var(--rule)}
.finding.problem{border-left-color:var(--failed)}.finding.symptom{border-left-color:var(--rejected)}
.finding-head{display:flex;align-items:baseline;gap:4px 14px;flex-wrap:wrap}
.finding-head .code{color:var(--muted);font-size:12.5px}
.measures{display:flex;gap:6px 28px;flex-wrap:wrap;font-size:14px;color:var(--muted);margin:6px 0 8px}
.measures span{display:inline-flex;align-items:center;gap:8px}
.proof{display:grid;grid-template-columns:repeat(6,1fr);gap:1px;background:var(--grid);border:1px solid var(--grid);margin:18px 0}
.proof div{background:var(--paper);padding:12px 14px}
.proof dt{font-size:12.5px;color:var(--muted)}.proof dd{margin:2px 0 0;font-size:19px;font-weight:600;line-height:1.25}
dl.proof{padding:0}
.problems{padding-left:1.2em;margin:16px 0 8px;max-width:46em}
footer{margin-top:64px;padding-top:14px;padding-bottom:48px;font-size:13px;color:var(--muted)}
.tooltip{position:absolute;z-index:2;pointer-events:none;background:var(--paper);border:1px solid var(--rule);border-radius:4px;padding:8px 11px;font-size:12.5px;line-height:1.45;box-shadow:0 3px 14px rgba(0,0,0,.14);min-width:11em;max-width:17em}
.tooltip dl{display:grid;grid-template-columns:1fr max-content;gap:0 14px;margin:2px 0 0}
.tooltip dt{color:var(--muted)}.tooltip dd{margin:0;text-align:right}
.unheard{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
`;

/** A shade at each edge beyond which a table goes on: paper that scrolls along covers it where there is nothing more to see. */
const scrollShades = ["left", "right"]
  .map((side) => `linear-gradient(to ${side},transparent,var(--paper) 60%) ${side}/32px 100% no-repeat local`)
  .concat(
    ["left", "right"].map((side) => `linear-gradient(to ${side},transparent,var(--rule)) ${side}/9px 100% no-repeat scroll`),
  )
  .join(",");

/** Below this width the charts' narrow drawings take over: the wide ones' letters would shrink under 9 px. */
const phone = `@media screen and (max-width:700px){
main,header,footer{padding-left:16px;padding-right:16px}header{padding-top:20px}
h1{font-size:24px;margin-bottom:20px}.state{margin-top:22px}section{margin-top:44px}
dl.facts{grid-template-columns:1fr 1fr;gap:14px 18px}.proof{grid-template-columns:repeat(2,1fr)}
dl.pairs{grid-template-columns:1fr;gap:0}dl.pairs dd{margin-bottom:9px}
.wide{display:none}.narrow[hidden]{display:block;max-width:560px}
th,td{padding-right:11px}.finding{padding-left:12px}
.scroll{background:${scrollShades}}
}`;

const print = `@media print{
@page{size:A4;margin:15mm 14mm}
body{font-size:10.5pt}main,header,footer{max-width:none;padding-left:0;padding-right:0}header{padding-top:0}
nav,details:not([open]),.tooltip{display:none}
h1{font-size:19pt}h2{font-size:14pt}section{margin-top:26pt}
h2,h3,figcaption,.lead,h3.sub+.note,h3.sub+.pairs{break-after:avoid}.sub+.note,.sub+.note+.scroll,.sub+.pairs+.scroll{break-inside:avoid}figcaption,figure svg,.finding-head,tr,dl.facts,.proof,.lead{break-inside:avoid}
dl.facts dd{font-size:10pt}.proof dd{font-size:12pt}.proof div{padding:9px 10px}details[open]>summary{list-style:none}
.scroll{overflow:visible;max-height:none}table,.note,figcaption{font-size:9pt}pre{max-height:none}
footer{margin-top:18pt;padding-bottom:0;break-before:avoid}.f-paper{fill:#fff}a{color:inherit;text-decoration:none}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}`;

/** The whole style sheet. */
export const styleSheet = `:root{${variables(0)}}
@media screen and (prefers-color-scheme:dark){:root{${variables(1)}}}
${classes}${page}${phone}
${print}`;
