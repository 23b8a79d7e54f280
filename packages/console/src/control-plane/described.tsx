// SPDX-License-Identifier: Apache-2.0
import type { Description } from "@interlock/controlplane";
import { duration, share } from "../rollouts/words.ts";

type Of = { readonly description: Description };

/** Where changes are written. */
export function Targets({ description: { targets, configSets } }: Of) {
  return (
    <section className="section" aria-labelledby="targets">
      <h2 id="targets">Targets</h2>
      <div className="rows-frame">
        <table className="rows">
          <thead>
            <tr>
              <th scope="col">Target</th>
              <th scope="col">Kind</th>
              <th scope="col">Config sets that live in it</th>
            </tr>
          </thead>
          <tbody>
            {targets.map(({ name, kind }) => {
              const own = configSets.filter(({ target }) => target === name);
              return (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td>{kind}</td>
                  <td>
                    {own.length === 0 ? (
                      <span className="muted">none</span>
                    ) : (
                      own.map((set) => set.name).join(", ")
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** Systems with their cells, and the share of orders that each has. */
export function Systems({ description: { systems } }: Of) {
  return (
    <section className="section" aria-labelledby="systems">
      <h2 id="systems">Systems and their cells</h2>
      <div className="rows-frame">
        <table className="rows">
          <thead>
            <tr>
              <th scope="col">System</th>
              <th scope="col">Tier</th>
              <th scope="col">Orders a minute</th>
              <th scope="col">May lose</th>
              <th scope="col">Slowest failure</th>
              <th scope="col">Emergency lane</th>
              <th scope="col">Cells: share of orders, and the code that reads them</th>
            </tr>
          </thead>
          <tbody>
            {systems.map((system) => (
              <tr key={system.name}>
                <th scope="row">{system.name}</th>
                <td>{system.tier}</td>
                <td>{system.ordersPerMinute}</td>
                <td>{system.lossBudgetOrders} orders</td>
                <td>{duration(system.asyncFailureMs)}</td>
                <td>{laneOf(system)}</td>
                <td>
                  <ul className="cells">
                    {system.cells.map(({ id, region, sharePpm, runs, part }) => (
                      <li key={id}>
                        {id}{" "}
                        <span className="muted">
                          {region}, {share(sharePpm)}, {runs}
                          {part !== undefined &&
                            `, ${share(part.toPpm - part.fromPpm)} of ${part.of}`}
                        </span>
                      </li>
                    ))}
                  </ul>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function laneOf({ emergency }: Description["systems"][number]) {
  if (emergency === undefined) return <span className="muted">none</span>;
  const { keys, cells, bakeMs } = emergency;
  return `${keys} keys, ${cells} cells, waves bake ${duration(bakeMs)}`;
}

/** Which files of which branch become which keys, and what they are held to. */
export function ConfigSets({ description: { configSets } }: Of) {
  return (
    <section className="section" aria-labelledby="sets">
      <h2 id="sets">Config sets</h2>
      {configSets.length === 0 ? (
        <p className="muted">none: no file of any branch is brought anywhere</p>
      ) : (
        <div className="rows-frame">
          <table className="rows">
            <thead>
              <tr>
                <th scope="col">Config set</th>
                <th scope="col">System</th>
                <th scope="col">Owner</th>
                <th scope="col">From</th>
                <th scope="col">Files and their keys</th>
                <th scope="col">Held to</th>
              </tr>
            </thead>
            <tbody>
              {configSets.map((set) => (
                <tr key={set.name}>
                  <th scope="row">{set.name}</th>
                  <td>
                    {set.system} in {set.target}
                  </td>
                  <td>{set.owner}</td>
                  <td>
                    <code>{set.repository}</code> <code>{set.ref}</code>
                  </td>
                  <td>
                    {set.files.map(({ path, key }) => (
                      <div key={path}>
                        <code>{path}</code> → <code>{key}</code>
                      </div>
                    ))}
                  </td>
                  <td>{heldTo(set)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function heldTo(set: Description["configSets"][number]): string {
  const { schema, invariants, references, limits, replay } = set;
  return [
    schema === undefined ? "no schema" : "its schema",
    ...(invariants.length === 0 ? [] : [`${invariants.length} invariants`]),
    ...(references.length === 0 ? [] : [`${references.length} references`]),
    `${limits.keys} keys of ${limits.valueBytes} bytes`,
    ...(replay === undefined ? [] : ["a replay of recorded inputs"]),
  ].join(", ");
}
