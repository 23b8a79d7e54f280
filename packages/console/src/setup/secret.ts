// SPDX-License-Identifier: Apache-2.0
import { useRouterState } from "@tanstack/react-router";

/** The secret of a one-time link: what stands after `#`, which no browser sends to a server (TK9). */
export function useLinkSecret(): string | null {
  const hash = useRouterState({ select: ({ location }) => location.hash });
  return /^[A-Za-z0-9_-]{20,200}$/.test(hash) ? hash : null;
}
