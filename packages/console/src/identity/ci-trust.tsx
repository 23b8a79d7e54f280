// SPDX-License-Identifier: Apache-2.0
import type { IdentityShown } from "@interlock/protocol";
import { Seen } from "../diff/seen.tsx";
import { Empty } from "../parts/states.tsx";
import { SettingsHint } from "./settings-hint.tsx";

/** Which runs of CI get a short-lived token of ours for what their system proves of them. */
export function CiTrust({ list }: { readonly list: IdentityShown["ci"] }) {
  const rules = list.flatMap(({ issuer, audience, allow }) =>
    allow.map((rule, at) => ({ key: `${issuer} ${audience} ${at}`, issuer, audience, ...rule })),
  );
  return (
    <section className="section" aria-labelledby="ci">
      <h2 id="ci">Runs of CI</h2>
      <p className="muted">
        A run that fits every claim gets a token for one repository, for minutes. It cannot approve.
        Each exchange is an entry of the ledger.
      </p>
      {rules.length === 0 ? (
        <Empty title="No run of CI is trusted">
          <SettingsHint part="ci" />
        </Empty>
      ) : (
        <div className="rows-frame">
          <table className="rows">
            <thead>
              <tr>
                <th scope="col">Issuer</th>
                <th scope="col">For</th>
                <th scope="col">A run of which</th>
                <th scope="col">May</th>
                <th scope="col">Minutes</th>
              </tr>
            </thead>
            <tbody>
              {rules.map(({ key, issuer, audience, repository, verbs, lifeMinutes, where }) => (
                <tr key={key}>
                  <th scope="row">
                    <code>{issuer}</code>
                    <p className="muted small">
                      audience <Seen text={audience} />
                    </p>
                  </th>
                  <td>
                    <code>{repository}</code>
                  </td>
                  <td>
                    <ul className="claims">
                      {where.map(({ claim, is }) => (
                        <li key={claim}>
                          <code>{claim}</code> is <Seen text={is.join(" or ")} />
                        </li>
                      ))}
                    </ul>
                  </td>
                  <td>{verbs.join(", ")}</td>
                  <td className="number">{lifeMinutes}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
