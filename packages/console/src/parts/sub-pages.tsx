// SPDX-License-Identifier: Apache-2.0
import { Link } from "@tanstack/react-router";
import type { PagePath } from "../shell/pages.ts";

/** Pages that belong together, beside each other. */
export function SubPages({
  label,
  pages,
}: {
  readonly label: string;
  readonly pages: readonly { readonly path: PagePath; readonly name: string }[];
}) {
  return (
    <nav className="views sub-pages" aria-label={label}>
      {pages.map(({ path, name }) => (
        <Link key={path} to={path} activeProps={{ "aria-current": "page" }}>
          {name}
        </Link>
      ))}
    </nav>
  );
}

export const EXCEPTION_PAGES = [
  { path: "/incidents", name: "Incidents" },
  { path: "/waivers", name: "Waivers and break-glass" },
  { path: "/debts", name: "Debts" },
] as const;

export const PEOPLE_PAGES = [
  { path: "/people", name: "People" },
  { path: "/identity", name: "Identity from outside" },
] as const;

export const ROLLOUT_PAGES = [
  { path: "/rollouts", name: "Rollouts" },
  { path: "/unwinds", name: "Unwinds" },
  { path: "/control-plane", name: "Control plane" },
] as const;
