// SPDX-License-Identifier: Apache-2.0
/** A self-contained page: no script, no font, no request. */

import type { ArmName } from "../arms.ts";
import { WORLD } from "../assumptions.ts";
import type { ArmReport, DrillReport, FirstRuns } from "../drill.ts";
import { duration, gateText, number } from "../text.ts";
import type { Point } from "../watch.ts";
import { lineChart, logBars, text } from "./svg.ts";

/** The page of a drill; its plots are of the first seed. */
export function drillPage(report: DrillReport, first: FirstRuns): string {
  const none = report.arms.find(({ name }) => name === "none");
  const ours = report.arms.find(({ name }) => name === "interlock");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Interlock drill ${text(report.drill)}</title><style>${STYLE}</style></head><body><main>
<h1>${text(report.drill)}: ${text(report.title)}</h1>
<p>A simulation: ${report.seeds === 1 ? `seed ${report.seed}` : `medians of ${report.seeds} seeds`}, the same random numbers for every arm. Each arm assumes that the change passed whatever judges it before it goes out.</p>
<div class="tiles">
${tile(number(none?.lostOrders ?? null), "orders lost without safeguards")}
${tile(number(ours?.lostOrders ?? null), "orders lost with Interlock as shipped")}
${tile(number(report.bound.lostOrders), "with the optimal test, which knows both rates")}
${tile(duration(ours?.secondsToHalt ?? null), "from the first write to the halt")}
</div>
<h2>Lost orders</h2>${bars(report)}<p class="dim">On a log scale. Arms that are as bad as none had only people to fool. Interlock and the optimal test can halt no sooner than a slot of ${WORLD.slotS} s is over and read.</p>
<h2>Orders a minute</h2>${ordersChart(first)}
<h2>Exposure, wave by wave</h2>${exposureChart(first)}
<h2>Evidence against its limit</h2>${evidenceChart(first)}
<h2>Arms</h2>${armTable(report.arms)}
<h2>Before it goes out</h2>${gateTable(report.arms)}
<h2>What this rests on</h2>${assumptionTable(report)}
</main></body></html>
`;
}

const STYLE = `:root{color-scheme:light dark;--ink:#1a1c1e;--dim:#5c6166;--line:#d5d9dd;--bg:#fff;--bad:#b3261e;--a-none:#8a9096;--a-waves:#a86400;--a-signals:#7a4fb5;--a-unwind:#1b7f79;--a-interlock:#1b5faa}
@media(prefers-color-scheme:dark){:root{--ink:#e6e8ea;--dim:#a0a6ac;--line:#3a3f44;--bg:#15181b;--bad:#f2766b;--a-none:#8a9096;--a-waves:#e0a040;--a-signals:#b79be6;--a-unwind:#5cc4bc;--a-interlock:#7db4f0}}
body{margin:0;background:var(--bg);color:var(--ink);font:14px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums}main{max-width:1000px;margin:0 auto;padding:24px}
h1{font-size:24px;margin:0 0 4px}h2{font-size:17px;margin:32px 0 8px}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:4px 8px;border-bottom:1px solid var(--line);vertical-align:top}
td.n,th.n{text-align:right;white-space:nowrap}.dim{color:var(--dim)}.tiles{display:flex;flex-wrap:wrap;gap:12px}.tile{flex:1 1 200px;border:1px solid var(--line);border-radius:6px;padding:12px}.tile b{display:block;font-size:24px}
svg{width:100%;height:auto;display:block}svg text{fill:var(--dim);font-size:12px}svg text.value{fill:var(--ink)}td{overflow-wrap:anywhere}.wide{overflow-x:auto}`;

const tile = (value: string, label: string): string =>
  `<div class="tile"><b>${text(value)}</b>${text(label)}</div>`;

/** Arms that differ from \`none\`; the others would lie upon its line. */
const DRAWN: readonly ArmName[] = ["none", "waves", "signals", "unwind", "interlock"];
const colourOf = (name: string): string =>
  DRAWN.some((one) => one === name) ? `var(--a-${name})` : "var(--a-none)";

const bars = ({ arms, bound }: DrillReport): string =>
  logBars("orders lost by arm, on a log scale", [
    ...arms.map(({ name, lostOrders }) => ({
      name,
      colour: colourOf(name),
      value: lostOrders ?? 0,
      shown: number(lostOrders),
    })),
    {
      name: "optimal test",
      colour: "var(--ink)",
      value: bound.lostOrders ?? 0,
      shown: number(bound.lostOrders),
    },
  ]);

function ordersChart(first: FirstRuns): string {
  const lines = DRAWN.map((name) => ({
    name,
    colour: colourOf(name),
    points: everyMinutes(first.get(name)?.orders ?? new Uint32Array()),
  }));
  const most = Math.max(1, ...lines.flatMap(({ points }) => points.map(([, y]) => y))) * 1.05;
  const unit = most > 10_000 ? 5_000 : most > 1_000 ? 500 : 50;
  return lineChart({
    label: "orders a minute in the region, by arm",
    lines,
    x: hours(lines[0]?.points.at(-1)?.[0] ?? 1),
    y: {
      most,
      ticks: Array.from(
        { length: Math.floor(most / unit) + 1 },
        (_, i) => [i * unit, number(i * unit)] as const,
      ),
    },
  });
}

/** Means of three minutes: a line of single ones hides what is under it. */
const TOGETHER = 3;

function everyMinutes(values: Uint32Array): readonly (readonly [number, number])[] {
  const points: (readonly [number, number])[] = [];
  for (let i = 0; i + TOGETHER <= values.length; i += TOGETHER) {
    const part = values.subarray(i, i + TOGETHER);
    points.push([i, part.reduce((a, b) => a + b, 0) / TOGETHER]);
  }
  return points;
}

const hours = (minutes: number) => ({
  most: minutes,
  ticks: Array.from(
    { length: Math.floor(minutes / 60) + 1 },
    (_, i) => [i * 60, `${i} h`] as const,
  ),
});

/** From a ten-thousandth, so that a first wave can be seen beside the whole. */
const levelOf = (ppm: number): number => Math.log10(Math.max(100, ppm)) - 2;

function exposureChart(first: FirstRuns): string {
  const lines = DRAWN.map((name) => {
    const values = [...(first.get(name)?.exposurePpm ?? [])];
    return {
      name,
      colour: colourOf(name),
      points: values.flatMap((ppm, i) => [
        [i, levelOf(ppm)] as const,
        [i + 1, levelOf(ppm)] as const,
      ]),
    };
  });
  return lineChart({
    label: "share of the region's orders that has the change, by arm, on a log scale",
    lines,
    x: hours(lines[0]?.points.at(-1)?.[0] ?? 1),
    y: {
      most: 4,
      ticks: [
        [0, "none"],
        [1, "0.1 %"],
        [2, "1 %"],
        [3, "10 %"],
        [4, "100 %"],
      ],
    },
  });
}

function evidenceChart(first: FirstRuns): string {
  const points = first.get("interlock")?.points ?? [];
  const last = points.at(-1);
  if (last === undefined) return "<p>Nothing was looked at.</p>";
  const most = Math.max(last.limit, ...points.map(({ evidence }) => evidence)) * 1.1;
  const unit = most > 40 ? 20 : most > 10 ? 5 : 2;
  return `${lineChart({
    label: "evidence of harm in the first wave, in nats, and the limit at which it halts",
    lines: [
      {
        name: "interlock",
        colour: colourOf("interlock"),
        points: stepsOf(points, Math.max(30, last.second)),
      },
    ],
    x: {
      most: Math.max(30, last.second),
      ticks: [0, 0.25, 0.5, 0.75, 1].map((part) => {
        const at = Math.round(Math.max(30, last.second) * part);
        return [at, duration(at)] as const;
      }),
    },
    y: {
      most,
      ticks: Array.from(
        { length: Math.floor(most / unit) + 1 },
        (_, i) => [i * unit, `${i * unit}`] as const,
      ),
    },
    limit: { at: last.limit, name: "halts here" },
  })}<p class="dim">Nats since the first write: the e-process of all signals together, known slot by slot. Its level is one false halt in a thousand rollouts, which only a replay of one's own data may promise.</p>`;
}

/** Between two looks nothing is known. */
function stepsOf(
  points: readonly Point[],
  end: number,
): readonly (readonly [x: number, y: number])[] {
  let before = 0;
  const steps: (readonly [number, number])[] = [[0, 0]];
  for (const { second, evidence } of points) {
    steps.push([second, before], [second, evidence]);
    before = evidence;
  }
  return [...steps, [end, before]];
}

function armTable(arms: readonly ArmReport[]): string {
  const rows = arms.map(
    ({ name, title, over, errors, wrongAnswers, secondsToHalt, secondsToUnwind }) => {
      const { mean, median, p95 } = over.lostOrders;
      const figures = [median, mean, p95, errors, wrongAnswers].map(
        (x) => `<td class="n">${number(x)}</td>`,
      );
      return `<tr><td>${text(name)}<br><span class="dim">${text(title)}</span></td>${figures.join("")}<td class="n">${duration(secondsToHalt)}</td><td class="n">${duration(secondsToUnwind)}</td></tr>`;
    },
  );
  const head = [
    "lost: median",
    "mean",
    "95th",
    "errors",
    "wrong answers",
    "halt after",
    "back after",
  ];
  return `<div class="wide"><table><thead><tr><th>arm</th>${head.map((one) => `<th class="n">${one}</th>`).join("")}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

function gateTable(arms: readonly ArmReport[]): string {
  const rows = arms
    .filter(({ gate }) => gate !== null)
    .map((arm) => {
      const stops = arm.gate?.stops.map(({ says }) => text(says)).join("<br>") ?? "";
      return `<tr><td>${text(arm.name)}</td><td>${text(gateText(arm))}</td><td class="dim">${stops}</td></tr>`;
    });
  return `<div class="wide"><table><tbody>${rows.join("")}</tbody></table></div>`;
}

function assumptionTable({ assumptions }: DrillReport): string {
  const rows = assumptions.map(
    ({ id, value, unit, source }) =>
      `<tr><td>${text(id)}</td><td class="n">${typeof value === "number" && value > 9_999 ? number(value) : text(String(value))}</td><td>${text(unit)}</td><td class="dim">${text(source)}</td></tr>`,
  );
  return `<div class="wide"><table><tbody>${rows.join("")}</tbody></table></div>`;
}
