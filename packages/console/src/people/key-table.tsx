// SPDX-License-Identifier: Apache-2.0
import type { PersonShown } from "@interlock/protocol";
import type { ReactNode } from "react";
import { Badge } from "../parts/badge.tsx";
import { ShortId } from "../parts/short-id.tsx";
import { useNow, When } from "../parts/when.tsx";

type Key = PersonShown["keys"][number];

/** Passkeys of a person, those that stand first; `act` is what can be done about one of them. */
export function KeyTable({
  keys,
  act,
}: {
  readonly keys: readonly Key[];
  readonly act: (key: Key) => ReactNode;
}) {
  const ordered = keys.toSorted(
    (a, b) => (a.revokedAt ?? 0) - (b.revokedAt ?? 0) || a.index - b.index,
  );
  return (
    <div className="rows-frame">
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">Passkey</th>
            <th scope="col">State</th>
            <th scope="col">Kind</th>
            <th scope="col">Enrolled</th>
            <th scope="col">Entry</th>
            <th scope="col">
              <span className="hidden">Act</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {ordered.map((key) => (
            <tr key={key.credential}>
              <th scope="row">
                <ShortId id={key.credential} what="the id of the passkey" />
              </th>
              <td>
                <KeyState of={key} />
              </td>
              <td>{key.synchronised ? "synchronised" : "of one device"}</td>
              <td>
                <When at={key.enrolledAt} />
              </td>
              <td>{key.index}</td>
              <td className="row-acts">{key.revokedAt === null && act(key)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function KeyState({ of: { revokedAt, usableFrom } }: { readonly of: Key }) {
  const now = useNow();
  if (revokedAt !== null)
    return (
      <>
        <Badge meaning="stopped">revoked</Badge> <When at={revokedAt} />
      </>
    );
  if (usableFrom <= now) return <Badge meaning="done">works</Badge>;
  return (
    <>
      <Badge meaning="working">cool-down</Badge> signs in; approves <When at={usableFrom} />
    </>
  );
}
