// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from "react";

/** A page without the shell: for whoever is not signed in, or not a member yet. */
export function BarePage(given: {
  readonly title: string;
  readonly wide?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <main className="bare-page" data-wide={given.wide === true}>
      <title>{`${given.title} · Interlock`}</title>
      <div className="bare-card">
        <p className="brand">
          <img src="/icon.svg" alt="" width="22" height="22" /> Interlock
        </p>
        <h1>{given.title}</h1>
        {given.children}
      </div>
    </main>
  );
}
