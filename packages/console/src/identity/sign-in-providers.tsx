// SPDX-License-Identifier: Apache-2.0
import type { IdentityShown } from "@interlock/protocol";
import { Seen } from "../diff/seen.tsx";
import { Empty } from "../parts/states.tsx";
import { SettingsHint } from "./settings-hint.tsx";

/** With whom people can sign in besides their passkey, and what that is good for. */
export function SignInProviders({ list }: { readonly list: IdentityShown["signIn"] }) {
  return (
    <section className="section" aria-labelledby="sign-in">
      <h2 id="sign-in">Sign-in by OpenID Connect</h2>
      <p className="muted">
        Such a sign-in reads, and changes nothing: whatever is signed wants a passkey.
      </p>
      {list.length === 0 ? (
        <Empty title="People sign in with their passkeys alone">
          <SettingsHint part="signIn" />
        </Empty>
      ) : (
        <div className="rows-frame">
          <table className="rows">
            <thead>
              <tr>
                <th scope="col">Provider</th>
                <th scope="col">Issuer</th>
                <th scope="col">Finds people by</th>
                <th scope="col">Speaks for the teams</th>
              </tr>
            </thead>
            <tbody>
              {list.map(({ name, title, issuer, emailDomains, teams, goodForHours }) => (
                <tr key={name}>
                  <th scope="row">{title}</th>
                  <td>
                    <code>{issuer}</code>
                  </td>
                  <td>
                    their account <code>oidc:…</code>
                    {emailDomains.length > 0 &&
                      `, or a verified address of ${emailDomains.join(", ")}`}
                  </td>
                  <td>
                    {teams.length === 0 ? (
                      <span className="muted">none</span>
                    ) : (
                      <>
                        <Seen text={teams.map(({ team }) => team).join(", ")} />
                        <span className="muted">, for {goodForHours} h after a sign-in</span>
                      </>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
