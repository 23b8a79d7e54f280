// SPDX-License-Identifier: Apache-2.0
import { type ErrorComponentProps, Link } from "@tanstack/react-router";
import { BarePage } from "../parts/bare-page.tsx";

/** For a path that is no page. */
export function NotHere() {
  return (
    <BarePage title="Not here">
      <p>There is no page of this address, or it has moved.</p>
      <p>
        <Link to="/queue">Go to the queue</Link>
      </p>
    </BarePage>
  );
}

/** For a page that failed by our own fault. */
export function PageFailed({ error }: ErrorComponentProps) {
  return (
    <BarePage title="This page failed">
      <p>Nothing was changed by that. The fault is ours:</p>
      <pre className="note">{error instanceof Error ? error.message : String(error)}</pre>
      <button type="button" onClick={() => window.location.reload()}>
        Reload the page
      </button>
    </BarePage>
  );
}
