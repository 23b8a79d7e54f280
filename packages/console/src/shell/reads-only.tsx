// SPDX-License-Identifier: Apache-2.0
import { Badge } from "../parts/badge.tsx";
import { useMe } from "./session.ts";

/** Said on every page of a session that an identity provider opened. */
export function ReadsOnly() {
  const { issuer } = useMe();
  if (issuer === null) return null;
  return (
    <p className="reads-only" role="note">
      <Badge meaning="neutral">reads only</Badge> You signed in with <code>{issuer}</code>. What you
      sign wants your passkey all the same; for people, keys and tokens sign in with it.
    </p>
  );
}
