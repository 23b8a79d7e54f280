// SPDX-License-Identifier: Apache-2.0
import { signalsApi, type WaveAnalysisShown } from "@interlock/protocol";
import { lazy, Suspense } from "react";
import { useLoaded } from "../api/loaded.ts";
import { Empty, Show } from "../parts/states.tsx";
import { LINES, type Point, withHoles } from "./lines.ts";

const Chart = lazy(() => import("./chart.tsx").then((module) => ({ default: module.Chart })));

const EVERY_MS = 5_000;
/** Shown of the time before the change: enough to see what is usual, and the change beside it. */
const SLOTS_BEFORE = 60;
const ROWS = 8;
/** Followed after the end: whether what was taken back helped is what everybody wants to see then. */
const SLOTS_AFTER = 60;
/** Until the last of them was read. */
const SLOTS_LATE = 10;

type Charted = {
  readonly analysis: WaveAnalysisShown;
  readonly name: string;
  readonly slotMs: number;
  /** When the rollout was over, milliseconds since 1970 UTC; `null`: it is not. */
  readonly endedAt: number | null;
};

function useSeries({ analysis, name, slotMs, endedAt }: Charted) {
  const { cells, control, since } = analysis;
  const from = Math.max(0, since - SLOTS_BEFORE * slotMs);
  const most = from + signalsApi.SERIES_MAX * slotMs;
  const to = endedAt === null ? most : Math.min(most, endedAt + SLOTS_AFTER * slotMs);
  const live = endedAt === null || Date.now() < to + SLOTS_LATE * slotMs;
  const query = {
    ...{ cells: cells.join(","), since, from, to },
    ...(control.length === 0 ? {} : { control: control.join(",") }),
  };
  return useLoaded(
    signalsApi.signalSeries,
    { params: { name }, query },
    live ? { everyMs: EVERY_MS } : {},
  );
}

/** One signal of a wave: changed against unchanged cells, with the limit in the chart. */
export function SignalChart(charted: Charted) {
  const { analysis, name, slotMs } = charted;
  const { cells, since } = analysis;
  const series = useSeries(charted);
  return (
    <Show of={series} what={`the series of ${name}`}>
      {({ slots, unit }) =>
        slots.length === 0 ? (
          <Empty title={`Nothing of ${name} was read yet`}>
            Looked for since {SLOTS_BEFORE} slots before the wave. See whether its source answers,
            on the page of the control plane.
          </Empty>
        ) : (
          <figure className="signal-chart">
            <figcaption>
              <strong>{name}</strong>{" "}
              <span className="muted">
                {unit} of {cells.join(", ")} in {slotMs / 1_000} s, times in UTC; the dashed line
                upright is when the wave was written
              </span>
            </figcaption>
            <Suspense fallback={<p className="chart muted">loading the chart …</p>}>
              <Chart
                points={withHoles(slots, slotMs)}
                since={since}
                label={labelOf(name, slots)}
                group="rollout"
              />
            </Suspense>
            <ul className="chart-legend">
              {LINES.map(({ of, name: says }) => (
                <li key={of} data-line={of}>
                  {says}
                </li>
              ))}
            </ul>
            <details>
              <summary>The last {Math.min(ROWS, slots.length)} slots as a table</summary>
              <Table slots={slots.slice(-ROWS)} />
            </details>
          </figure>
        )
      }
    </Show>
  );
}

const number = (value: number | null): string =>
  value === null ? "unknown" : String(Number(value.toFixed(1)));

function labelOf(name: string, slots: readonly Point[]): string {
  const last = slots.findLast(({ value }) => value !== null);
  if (last === undefined) return `${name}: nothing was read`;
  return `${name}: last ${number(last.value)}, expected ${number(last.expected)}, limit ${number(last.limit)}`;
}

function Table({ slots }: { readonly slots: readonly Point[] }) {
  return (
    <table className="rows">
      <thead>
        <tr>
          <th scope="col">Slot (UTC)</th>
          {LINES.map(({ of, name }) => (
            <th key={of} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {slots.map((slot) => (
          <tr key={slot.start}>
            <th scope="row">{new Date(slot.start).toISOString().slice(11, 19)}</th>
            {LINES.map(({ of }) => (
              <td key={of}>{number(slot[of])}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
