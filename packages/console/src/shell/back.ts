// SPDX-License-Identifier: Apache-2.0

/** A path of this console to come back to; anything else, such as another site, is home. */
export function safeBack(back: string | undefined): string {
  if (back === undefined || !/^\/(?![/\\])/.test(back)) return "/";
  return back;
}
