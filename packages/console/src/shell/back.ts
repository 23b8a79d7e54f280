// SPDX-License-Identifier: Apache-2.0

/** A path of this console to come back to; anything else, such as another site, is the queue. */
export function safeBack(back: string | undefined): string {
  if (back === undefined || !/^\/(?![/\\])/.test(back)) return "/queue";
  return back;
}
