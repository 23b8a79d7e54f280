// SPDX-License-Identifier: Apache-2.0
import { Link } from "@tanstack/react-router";

type Path = "/incidents" | "/waivers" | "/debts";

/** What a list shows is in its address: what is open, or all of it. */
export function ShowAll({ to, all }: { readonly to: Path; readonly all: boolean }) {
  return (
    <nav className="views which" aria-label="which">
      <Link to={to} search={{}} aria-current={all ? undefined : "true"}>
        Open
      </Link>
      <Link to={to} search={{ show: "all" }} aria-current={all ? "true" : undefined}>
        All
      </Link>
    </nav>
  );
}

/** Lists are cut somewhere; what is older is in the ledger. */
export function More({ more }: { readonly more: boolean }) {
  return more ? (
    <p className="muted">There are more than these; the ledger has all of them.</p>
  ) : null;
}

/** As many as a page shows. */
export const MOST = 200;
