// SPDX-License-Identifier: Apache-2.0
/** Parts of plots. Numbers only: what is text is escaped by whoever passes it. */

/** Escapes what a case's file may hold. */
export function text(value: string): string {
  return value
    .replace(
      /[&<>"']/g,
      (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c] ?? c,
    )
    .replace(/[\p{Cc}\p{Cf}]/gu, "");
}

export type Line = {
  readonly name: string;
  readonly colour: string;
  readonly points: readonly (readonly [x: number, y: number])[];
};

export type Chart = {
  readonly label: string;
  readonly lines: readonly Line[];
  /** Both ends of the axes, in the lines' units; the ticks lie between. */
  readonly x: { readonly most: number; readonly ticks: readonly (readonly [number, string])[] };
  readonly y: { readonly most: number; readonly ticks: readonly (readonly [number, string])[] };
  /** A horizontal line with its name. */
  readonly limit?: { readonly at: number; readonly name: string };
};

const [LEFT, TOP, WIDTH, HEIGHT] = [78, 14, 640, 220];

/** A chart of lines, with a legend beside it; steps are the caller's. */
export function lineChart({ label, lines, x, y, limit }: Chart): string {
  const px = (value: number): string => (LEFT + (value / x.most) * WIDTH).toFixed(1);
  const py = (value: number): string =>
    (TOP + HEIGHT - (Math.max(0, Math.min(value, y.most)) / y.most) * HEIGHT).toFixed(1);
  const grid = y.ticks.map(
    ([at, name]) =>
      `<line x1="${LEFT}" x2="${LEFT + WIDTH}" y1="${py(at)}" y2="${py(at)}" stroke="var(--line)"/><text x="${LEFT - 8}" y="${Number(py(at)) + 4}" text-anchor="end">${text(name)}</text>`,
  );
  const across = x.ticks.map(
    ([at, name]) =>
      `<text x="${px(at)}" y="${TOP + HEIGHT + 18}" text-anchor="middle">${text(name)}</text>`,
  );
  const drawn = lines.map(
    ({ colour, points }) =>
      `<polyline fill="none" stroke="${colour}" stroke-width="2" stroke-linejoin="round" points="${points.map(([a, b]) => `${px(a)},${py(b)}`).join(" ")}"/>`,
  );
  const limits =
    limit === undefined
      ? ""
      : `<line x1="${LEFT}" x2="${LEFT + WIDTH}" y1="${py(limit.at)}" y2="${py(limit.at)}" stroke="var(--bad)" stroke-dasharray="5 4"/><text x="${LEFT + WIDTH - 4}" y="${Number(py(limit.at)) - 5}" text-anchor="end">${text(limit.name)}</text>`;
  const legend = lines.map(
    ({ name, colour }, i) =>
      `<line x1="${LEFT + WIDTH + 20}" x2="${LEFT + WIDTH + 44}" y1="${TOP + 10 + i * 20}" y2="${TOP + 10 + i * 20}" stroke="${colour}" stroke-width="3"/><text x="${LEFT + WIDTH + 52}" y="${TOP + 14 + i * 20}">${text(name)}</text>`,
  );
  return `<svg viewBox="0 0 960 ${TOP + HEIGHT + 26}" role="img" aria-label="${text(label)}">${grid.join("")}${across.join("")}${limits}${drawn.join("")}${legend.join("")}</svg>`;
}

export type Bar = {
  readonly name: string;
  readonly colour: string;
  readonly value: number;
  readonly shown: string;
};

/** Bars on a log scale from 1: a tenth is as long as the last one. */
export function logBars(label: string, bars: readonly Bar[]): string {
  const top = Math.max(1, Math.ceil(Math.log10(Math.max(1, ...bars.map(({ value }) => value)))));
  const length = (value: number): number => (Math.log10(Math.max(1, value)) / top) * WIDTH;
  const left = 130;
  const height = bars.length * 30;
  const grid = Array.from({ length: top + 1 }, (_, i) => {
    const at = (left + (i / top) * WIDTH).toFixed(1);
    const name = i === 0 ? "1" : `${10 ** i}`.replace(/\B(?=(?:\d{3})+$)/g, ",");
    return `<line x1="${at}" x2="${at}" y1="4" y2="${height}" stroke="var(--line)"/><text x="${at}" y="${height + 18}" text-anchor="middle">${name}</text>`;
  });
  const drawn = bars.map(({ name, colour, value, shown }, i) => {
    const w = length(value);
    return `<text x="${left - 10}" y="${i * 30 + 22}" text-anchor="end">${text(name)}</text><rect x="${left}" y="${i * 30 + 8}" width="${Math.max(2, w).toFixed(1)}" height="20" rx="2" fill="${colour}"/><text class="value" x="${(left + Math.max(2, w) + 8).toFixed(1)}" y="${i * 30 + 22}">${text(shown)}</text>`;
  });
  return `<svg viewBox="0 0 960 ${height + 26}" role="img" aria-label="${text(label)}">${grid.join("")}${drawn.join("")}</svg>`;
}
