// SPDX-License-Identifier: Apache-2.0
import { type TokenShown, tokensApi } from "@interlock/protocol";
import { useState } from "react";
import { useAct } from "../api/act.ts";
import { call } from "../api/call.ts";
import { useForget, useLoaded } from "../api/loaded.ts";
import { Badge } from "../parts/badge.tsx";
import { Empty, Refused, Show } from "../parts/states.tsx";
import { When } from "../parts/when.tsx";
import { MakeToken } from "./make-token.tsx";
import { Reasoned } from "./reasoned.tsx";

/** Tokens of hooks and pipelines. None of them approves anything. */
export function Tokens() {
  const tokens = useLoaded(tokensApi.tokens, {});
  const [making, setMaking] = useState(false);
  return (
    <section className="section" aria-labelledby="tokens">
      <div className="section-head">
        <h2 id="tokens">Tokens</h2>
        <button type="button" onClick={() => setMaking(true)}>
          Make a token
        </button>
      </div>
      <Show of={tokens} what="the tokens">
        {({ tokens: list }) =>
          list.length === 0 ? (
            <Empty title="No token works">
              A hook or a pipeline asks with a token of one repository. Make one, and give it to{" "}
              <code>interlock hook install</code>.
            </Empty>
          ) : (
            <TokenTable list={list} />
          )
        }
      </Show>
      {making && <MakeToken onClose={() => setMaking(false)} />}
    </section>
  );
}

/** Tokens that work, each with what ends it. */
export function TokenTable({ list }: { readonly list: readonly TokenShown[] }) {
  return (
    <div className="rows-frame">
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">Token</th>
            <th scope="col">Repository</th>
            <th scope="col">May</th>
            <th scope="col">Made by</th>
            <th scope="col">Ends</th>
            <th scope="col">
              <span className="hidden">Act</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {list.map((token) => (
            <TokenRow key={token.token} token={token} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function TokenRow({
  token: { token, name, repository, verbs, by, expiresAt },
}: {
  readonly token: TokenShown;
}) {
  const forget = useForget();
  const [act, start, reset] = useAct<unknown>();
  const params = { token };
  const forScim = verbs.includes("scim");
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>
        {forScim ? (
          <span className="muted">none: people and teams</span>
        ) : (
          <code>{repository}</code>
        )}
      </td>
      <td>{verbs.join(", ")}</td>
      <td>{by}</td>
      <td>
        <When at={expiresAt} />
      </td>
      <td className="row-acts">
        <Reasoned
          open="End"
          title={`End the token ${name}`}
          effect={
            forScim
              ? "It stops working at once. What the provider says of people and teams is not heard any more: whoever leaves there stays here until another token works."
              : "It stops working at once. Whatever asks with it goes on by the last signed policy: usually it holds."
          }
          label={`End the token ${name}`}
          danger
          act={act}
          reset={reset}
          onDone={() => void forget(tokensApi.tokens)}
          outcome={
            <>
              {act.kind === "failed" && <Refused failure={act.failure} />}
              {act.kind === "done" && (
                <p role="status">
                  <Badge meaning="done">ended</Badge>
                </p>
              )}
            </>
          }
          run={(reason) => start(() => call(tokensApi.revokeToken, { params, body: { reason } }))}
        />
      </td>
    </tr>
  );
}
