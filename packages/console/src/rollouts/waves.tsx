// SPDX-License-Identifier: Apache-2.0
import { countText } from "@interlock/core";
import type { RolloutShown } from "@interlock/protocol";
import { useState } from "react";
import { Badge, Glyph } from "../parts/badge.tsx";
import { cellWords, dividedWords, duration, evidenceWords, share, waveWords } from "./words.ts";

type Wave = RolloutShown["plan"][number];

/** A row a wave: its cells, how much it exposes, where it stands, and how far its bake is. */
export function Waves({ rollout }: { readonly rollout: RolloutShown }) {
  return (
    <section className="section" aria-labelledby="waves">
      <h2 id="waves">Waves</h2>
      <div className="rows-frame">
        <table className="rows waves">
          <thead>
            <tr>
              <th scope="col">State</th>
              <th scope="col">Wave</th>
              <th scope="col">Cells</th>
              <th scope="col">Exposure</th>
              <th scope="col">Bake in time</th>
              <th scope="col">Bake in evidence</th>
              <th scope="col">Lost if this is bad</th>
            </tr>
          </thead>
          <tbody>
            {rollout.plan.map((wave) => {
              const { meaning, word } = waveWords(wave, rollout);
              return (
                <tr key={wave.name} aria-current={wave.state === "now" ? "step" : undefined}>
                  <td>
                    <Badge meaning={meaning}>{word}</Badge>
                  </td>
                  <th scope="row">{wave.name}</th>
                  <td>
                    <Cells names={wave.cells} cells={rollout.cells} />
                  </td>
                  <td>{share(wave.exposurePpm)}</td>
                  <td>
                    <BakedTime wave={wave} rollout={rollout} />
                  </td>
                  <td>
                    <BakedEvidence wave={wave} rollout={rollout} />
                  </td>
                  <td>{countText(wave.orders)} orders</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {rollout.divided.map((one) => (
        <p key={one.cell}>{dividedWords(one)}</p>
      ))}
    </section>
  );
}

type Of = { readonly wave: Wave; readonly rollout: RolloutShown };

function BakedTime({ wave, rollout: { baked } }: Of) {
  const whole = duration(wave.bake.ms);
  if (wave.state !== "now" || baked === null) return <span className="muted">{whole}</span>;
  const done = Math.min(baked.ms, wave.bake.ms);
  return (
    <>
      <meter
        min={0}
        max={Math.max(1, wave.bake.ms)}
        value={done}
        aria-label={`time that ${wave.name} has baked`}
      />{" "}
      {duration(baked.ms)} of {whole}
    </>
  );
}

/** The signal with the fewest orders: every one has to have enough. */
function BakedEvidence({ wave, rollout: { baked, verdicts } }: Of) {
  const whole = evidenceWords(wave.bake);
  if (wave.state !== "now" || baked === null) return <span className="muted">{whole}</span>;
  const least = Math.min(...verdicts.map(({ samples }) => samples));
  const seen = verdicts.length === 0 ? 0 : least;
  const excluded = verdicts.length > 0 && verdicts.every(({ outcome }) => outcome === "successful");
  return (
    <>
      <meter
        min={0}
        max={Math.max(1, wave.bake.samples)}
        value={Math.min(seen, wave.bake.samples)}
        aria-label={`orders that ${wave.name} has been judged by`}
      />{" "}
      {countText(seen)} of {countText(wave.bake.samples)} orders; harm over{" "}
      {share(wave.bake.marginPpm)} of all orders is {excluded ? "excluded" : "not excluded yet"}
    </>
  );
}

const CELLS_SHOWN = 6;

/** Each with what it holds; what is unlike the others is never folded away. */
function Cells({
  names,
  cells,
}: {
  readonly names: readonly string[];
  readonly cells: RolloutShown["cells"];
}) {
  const [open, setOpen] = useState(false);
  const own = names.flatMap((name) => cells.find(({ cell }) => cell === name) ?? []);
  const odd = own.filter(({ holds, underWay }) => underWay || holds === "foreign");
  const plain = own.filter((cell) => !odd.includes(cell));
  const shown = open ? plain : plain.slice(0, Math.max(0, CELLS_SHOWN - odd.length));
  const left = plain.length - shown.length;
  return (
    <ul className="cells">
      {[...odd, ...shown].map((cell) => {
        const { meaning, word } = cellWords(cell);
        return (
          <li key={cell.cell} data-meaning={meaning}>
            <Glyph meaning={meaning} />
            {cell.cell}{" "}
            <span className="muted">
              {word}, {share(cell.sharePpm)}, {cell.runs}
            </span>
          </li>
        );
      })}
      {left > 0 && (
        <li>
          <button type="button" className="bare" onClick={() => setOpen(true)}>
            and {left} more cells
          </button>
        </li>
      )}
    </ul>
  );
}
