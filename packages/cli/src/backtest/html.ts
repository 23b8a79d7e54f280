// SPDX-License-Identifier: Apache-2.0
/** A self-contained page: no script, no font, no request. Plots are SVG drawn here. */
import { instant, share } from "@interlock/core";
import type { Labels } from "./labels.ts";
import type { BacktestLine } from "./line.ts";
import { type CapturePoint, friction, type Summary } from "./summary.ts";

type Given = {
  readonly policy: string;
  readonly minutesAReview: number;
  readonly titles: ReadonlyMap<string, string>;
  readonly labels: Labels;
  /** Commits of the whole history: more than those judged, if the run was interrupted. */
  readonly total: number;
};

export function reportHtml(summary: Summary, lines: readonly BacktestLine[], given: Given): string {
  const percent = (n: number) =>
    share(Math.round((n / Math.max(1, summary.commits)) * 1_000) * 1_000);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Interlock backtest</title><style>${STYLE}</style></head><body><main>
<h1>What ${summary.commits} commits would have met</h1>
<p>${span(summary)}judged by ${text(given.policy)}. Nothing was blocked.${summary.commits < given.total ? ` Interrupted: ${given.total} commits were to be judged.` : ""}</p>
<div class="tiles">
${tile(percent(summary.commits - summary.beyond), "pass with ordinary review")}
${tile(percent(summary.beyond), `held for more (${summary.beyond}), ${summary.denied} denied`)}
${tile(summary.hoursAMonth.toFixed(1), `reviewer-hours a month, at ${given.minutesAReview} minutes a review`)}
${tile(summary.bad === 0 ? "–" : `${summary.badHeld} of ${summary.bad}`, "bad commits would have been held for more")}
</div>
<h2>Friction over time</h2>${overTime(summary, lines)}
<h2>Friction by rule</h2>${byRule(summary, given)}
<h2>What would have been caught</h2>${captured(summary)}
<h2>Held most</h2>${riskiest(lines)}
<h2>Bad afterwards</h2>${badCommits(lines, given.labels)}
<p class="dim">Bad commits: ${text(summary.badSource)}. That a commit was not reverted does not prove it good. Commits with something unreadable: ${summary.gaps}.</p>
</main></body></html>
`;
}

const span = ({ commits, from, to }: Summary): string =>
  commits === 0 ? "" : `${instant(from).slice(0, 10)} to ${instant(to).slice(0, 10)}, `;

const STYLE = `:root{color-scheme:light dark;--ink:#1a1c1e;--dim:#5c6166;--line:#d5d9dd;--bg:#fff;--held:#a86400;--denied:#b3261e;--blue:#1b5faa}
@media(prefers-color-scheme:dark){:root{--ink:#e6e8ea;--dim:#a0a6ac;--line:#3a3f44;--bg:#15181b;--held:#e0a040;--denied:#f2766b;--blue:#7db4f0}}
body{margin:0;background:var(--bg);color:var(--ink);font:14px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums}main{max-width:1000px;margin:0 auto;padding:24px}
h1{font-size:24px;margin:0 0 4px}h2{font-size:17px;margin:32px 0 8px}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:4px 8px;border-bottom:1px solid var(--line);vertical-align:top}
td.n,th.n{text-align:right;white-space:nowrap}.dim{color:var(--dim)}.tiles{display:flex;flex-wrap:wrap;gap:12px}.tile{flex:1 1 200px;border:1px solid var(--line);border-radius:6px;padding:12px}.tile b{display:block;font-size:24px}
svg{width:100%;height:auto;display:block}svg text{fill:var(--dim);font-size:11px}code{font-size:12px;white-space:nowrap}td{overflow-wrap:anywhere}td.day{white-space:nowrap}.wide{overflow-x:auto}`;

const tile = (value: string, label: string): string =>
  `<div class="tile"><b>${text(value)}</b>${text(label)}</div>`;

/** Everything from a repository is hostile here. */
function text(value: string): string {
  return value
    .replace(
      /[&<>"']/g,
      (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c] ?? c,
    )
    .replace(/[\p{Cc}\p{Cf}]/gu, "");
}

const MONTH_MS = 30.44 * 86_400_000;
const WEEK_MS = 7 * 86_400_000;

function overTime({ from, to }: Summary, lines: readonly BacktestLine[]): string {
  if (lines.length === 0) return "<p>No commits.</p>";
  const bins = Math.max(
    1,
    Math.min(80, Math.ceil((to - from) / (to - from > 18 * MONTH_MS ? MONTH_MS : WEEK_MS))),
  );
  const counts = Array.from({ length: bins }, () => ({ all: 0, held: 0, denied: 0 }));
  for (const line of lines) {
    const bin =
      counts[Math.min(bins - 1, Math.floor(((line.at - from) / Math.max(1, to - from)) * bins))];
    if (bin === undefined) continue;
    bin.all++;
    if (line.outcome === "deny") bin.denied++;
    else if (line.beyond.length > 0) bin.held++;
  }
  const top = Math.max(0.01, ...counts.map((c) => (c.all === 0 ? 0 : (c.held + c.denied) / c.all)));
  const width = 900 / bins;
  const bars = counts.map((c, i) => {
    const height = (n: number) => (c.all === 0 ? 0 : (n / c.all / top) * 140);
    const x = (40 + i * width).toFixed(1);
    const w = Math.max(1, width - 2).toFixed(1);
    const held = height(c.held);
    const denied = height(c.denied);
    return `<g><title>${c.held} held, ${c.denied} denied of ${c.all}</title><rect x="${x}" y="${(150 - held).toFixed(1)}" width="${w}" height="${held.toFixed(1)}" fill="var(--held)"/><rect x="${x}" y="${(150 - held - denied).toFixed(1)}" width="${w}" height="${denied.toFixed(1)}" fill="var(--denied)"/></g>`;
  });
  return `<svg viewBox="0 0 950 180" role="img" aria-label="share of commits held for more, over time"><text x="0" y="14">${(top * 100).toFixed(0)} %</text><text x="0" y="150">0 %</text><line x1="40" x2="940" y1="150" y2="150" stroke="var(--line)"/>${bars.join("")}<text x="40" y="170">${instant(from).slice(0, 7)}</text><text x="900" y="170">${instant(to).slice(0, 7)}</text></svg><p class="dim">Share of commits held for more than ordinary review; the upper part of a bar is denied.</p>`;
}

function byRule(summary: Summary, given: Given): string {
  const rows = summary.rules
    .filter((r) => r.held + r.denied > 0)
    .map(
      (r) =>
        `<tr><td><code>${text(r.rule)}</code></td><td>${text(given.titles.get(r.rule) ?? "")}</td><td class="n">${r.held}</td><td class="n">${r.denied}</td><td class="n">${share(Math.round(((r.held + r.denied) / summary.commits) * 1_000) * 1_000)}</td><td class="n">${r.hoursAMonth.toFixed(1)}</td><td class="n">${r.bad}</td></tr>`,
    );
  if (rows.length === 0) return "<p>No rule held anything.</p>";
  return `<div class="wide"><table><thead><tr><th>rule</th><th></th><th class="n">held</th><th class="n">denied</th><th class="n">share</th><th class="n">hours a month</th><th class="n">of bad</th></tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

function captured(summary: Summary): string {
  const { rules, score, lines } = summary.capture;
  if (rules.length === 0) return "<p>No commit of this history is known to have been bad.</p>";
  const x = (ppm: number) => 50 + (ppm / 1_000_000) * 400;
  const y = (ppm: number) => 250 - (ppm / 1_000_000) * 230;
  const path = (points: readonly CapturePoint[], colour: string, dash: string) =>
    `<polyline fill="none" stroke="${colour}" stroke-width="2" ${dash} points="${x(0)},${y(0)} ${points.map((p) => `${x(p.flaggedPpm).toFixed(1)},${y(p.caughtPpm).toFixed(1)}`).join(" ")}"/>`;
  const legend = [
    ["rules", "var(--held)", ""],
    ["score", "var(--blue)", ""],
    ["lines added", "var(--dim)", 'stroke-dasharray="4 3"'],
  ] as const;
  return `<svg viewBox="0 0 700 290" role="img" aria-label="share of bad commits caught against share of changes flagged"><line x1="50" y1="250" x2="450" y2="250" stroke="var(--line)"/><line x1="50" y1="20" x2="50" y2="250" stroke="var(--line)"/><line x1="50" y1="250" x2="450" y2="20" stroke="var(--line)" stroke-dasharray="2 4"/>${path(rules, "var(--held)", "")}${path(score, "var(--blue)", "")}${path(lines, "var(--dim)", 'stroke-dasharray="4 3"')}<text x="50" y="268">0 %</text><text x="430" y="268">100 % of changes flagged</text><text x="0" y="26">100 %</text>${legend.map(([name, colour, dash], i) => `<line x1="500" x2="530" y1="${40 + i * 20}" y2="${40 + i * 20}" stroke="${colour}" stroke-width="2" ${dash}/><text x="538" y="${44 + i * 20}">${name}</text>`).join("")}</svg>`;
}

function riskiest(lines: readonly BacktestLine[]): string {
  const rows = [...lines]
    .filter((l) => l.beyond.length > 0)
    .sort((a, b) => friction(b) - friction(a) || (a.commit < b.commit ? -1 : 1))
    .slice(0, 30);
  return table(rows);
}

function badCommits(lines: readonly BacktestLine[], labels: Labels): string {
  return table(
    lines
      .filter((l) => labels.bad.has(l.commit))
      .slice(-50)
      .reverse(),
  );
}

const placeOf = ({ path, line }: BacktestLine["findings"][number]): string =>
  path === "" ? "" : `${path}:${line} `;

function table(lines: readonly BacktestLine[]): string {
  if (lines.length === 0) return "<p>None.</p>";
  const rows = lines.map((l) => {
    const rules = l.rules.filter((r) => r.outcome !== "allow" && !r.unknown).map((r) => r.rule);
    const first = l.findings[0];
    return `<tr><td><code>${l.commit.slice(0, 12)}</code></td><td class="day">${instant(l.at).slice(0, 10)}</td><td class="day">${l.outcome}</td><td>${rules.length === 0 ? '<span class="dim">ordinary review</span>' : text(rules.join(", "))}</td><td>${text(l.subject)}${first === undefined ? "" : `<br><span class="dim">${text(`${placeOf(first)}${first.message}`)}</span>`}</td></tr>`;
  });
  return `<div class="wide"><table><tbody>${rows.join("")}</tbody></table></div>`;
}
