// SPDX-License-Identifier: Apache-2.0
import { duration, evidenceWords } from "./words.ts";

type Wave = {
  readonly name: string;
  readonly cells: readonly string[];
  readonly bake: { readonly ms: number; readonly samples: number; readonly marginPpm: number };
};

/** The waves in which something would go out, before anything does. */
export function PlannedWaves({ waves }: { readonly waves: readonly Wave[] }) {
  return (
    <div className="rows-frame">
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">Wave</th>
            <th scope="col">Cells</th>
            <th scope="col">Bakes at least</th>
            <th scope="col">And until</th>
          </tr>
        </thead>
        <tbody>
          {waves.map(({ name, cells, bake }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{cells.join(", ")}</td>
              <td>{duration(bake.ms)}</td>
              <td>{evidenceWords(bake)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
