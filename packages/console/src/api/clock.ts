// SPDX-License-Identifier: Apache-2.0

/** Answers say the time in whole seconds; a difference below this is no difference. */
const TOLERANCE_MS = 2_000;

let ahead = 0;

/** Takes the time of an answer, so that what ends at a time of the server ends here at the same moment. */
export function heardDate(date: string | null): void {
  const at = Date.parse(date ?? "");
  if (Number.isNaN(at)) return;
  const difference = at - Date.now();
  ahead = Math.abs(difference - ahead) <= TOLERANCE_MS ? ahead : difference;
}

/** The server's clock, as far as its answers tell, in milliseconds since 1970 UTC. */
export const serverNow = (): number => Date.now() + ahead;
