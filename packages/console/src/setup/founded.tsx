// SPDX-License-Identifier: Apache-2.0
import { Link } from "@tanstack/react-router";
import { Badge } from "../parts/badge.tsx";

/** What was written, and what to do first. */
export function Founded(given: { readonly tenant: string; readonly entries: readonly number[] }) {
  const { tenant, entries } = given;
  return (
    <div className="stack" role="status">
      <p>
        <Badge meaning="done">founded</Badge> {tenant} exists, with {entries.length} entries in its
        ledger: {entries[0]} to {entries.at(-1)}.
      </p>
      <p>
        Next: sign in, make a token for a repository under <em>Keys</em>, and install the hook with{" "}
        <code>interlock hook install</code>.
      </p>
      <Link to="/sign-in" className="button">
        Sign in
      </Link>
    </div>
  );
}
