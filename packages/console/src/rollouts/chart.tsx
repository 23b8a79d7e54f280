// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef, useSyncExternalStore } from "react";
import UPlot from "uplot";
import { LINES, type Point } from "./lines.ts";

const HEIGHT = 180;

/** Series of a signal with their limit, and when the change came. It is drawn; its words stand beside it. */
export function Chart({
  points,
  since,
  label,
  group,
}: {
  readonly points: readonly Point[];
  readonly since: number;
  readonly label: string;
  /** Charts of one group show the same moment under the pointer. */
  readonly group: string;
}) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | null>(null);
  const scheme = useScheme();
  const latest = useRef(points);
  useEffect(() => {
    latest.current = points;
    plot.current?.setData(dataOf(points));
  }, [points]);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    // Drawn anew in the colours of the scheme.
    element.dataset["scheme"] = scheme;
    const made = new UPlot(optionsOf(element, { since, group }), dataOf(latest.current), element);
    plot.current = made;
    const watch = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    watch.observe(element);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [scheme, since, group]);
  return <div ref={place} className="chart" role="img" aria-label={label} />;
}

function dataOf(points: readonly Point[]): UPlot.AlignedData {
  return [
    points.map(({ start }) => start / 1_000),
    ...LINES.map(({ of }) => points.map((point) => point[of])),
  ];
}

function optionsOf(
  element: HTMLElement,
  { since, group }: { readonly since: number; readonly group: string },
): UPlot.Options {
  const color = (name: string): string => resolved(element, name);
  const [text, line, mark] = [color("--muted"), color("--line"), color("--meaning-working")];
  const font = `12px ${getComputedStyle(element).fontFamily}`;
  const axis = { stroke: text, font, grid: { stroke: line, width: 1 }, ticks: { stroke: line } };
  return {
    ...{ width: element.clientWidth, height: HEIGHT, legend: { show: false } },
    cursor: { sync: { key: group }, drag: { x: false, y: false } },
    scales: { y: { range: (_, __, top) => [0, Math.max(1, top * 1.1)] } },
    tzDate: (seconds) => UPlot.tzDate(new Date(seconds * 1_000), "Etc/UTC"),
    axes: [
      // A time with seconds is wider than what uPlot leaves for a label.
      { ...axis, space: 80, values: (_, all, ...[, , step]) => all.map((at) => timeOf(at, step)) },
      { ...axis, size: 56 },
    ],
    series: [
      {},
      ...LINES.map(({ name, color: of, dash, width }) => ({
        ...{ label: name, stroke: color(of), width, dash: [...dash], spanGaps: false },
        points: { show: false },
      })),
    ],
    hooks: { draw: [(chart) => markAt(chart, { at: since / 1_000, color: mark })] },
  };
}

/** As exact as the marks are apart: two of one minute are never the same. */
const timeOf = (seconds: number, step: number): string =>
  new Date(seconds * 1_000).toISOString().slice(11, step < 60 ? 19 : 16);

/** A line where the wave was written. */
function markAt(
  chart: UPlot,
  { at, color }: { readonly at: number; readonly color: string },
): void {
  const { left, top, width, height } = chart.bbox;
  const x = chart.valToPos(at, "x", true);
  if (x < left || x > left + width) return;
  const { ctx } = chart;
  ctx.save();
  ctx.strokeStyle = color;
  ctx.lineWidth = 2;
  ctx.setLineDash([8, 4]);
  ctx.beginPath();
  ctx.moveTo(x, top);
  ctx.lineTo(x, top + height);
  ctx.stroke();
  ctx.restore();
}

/** What a custom property is in this scheme: a canvas does not know `light-dark()`. */
function resolved(element: HTMLElement, name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

const DARK = "(prefers-color-scheme: dark)";

/** Changes whenever the colours do. */
function useScheme(): string {
  return useSyncExternalStore(
    (listener) => {
      const media = matchMedia(DARK);
      media.addEventListener("change", listener);
      const theme = new MutationObserver(listener);
      theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
      return () => {
        media.removeEventListener("change", listener);
        theme.disconnect();
      };
    },
    () =>
      document.documentElement.dataset["theme"] ?? (matchMedia(DARK).matches ? "dark" : "light"),
  );
}
