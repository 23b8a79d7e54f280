// SPDX-License-Identifier: Apache-2.0

/** A time in milliseconds as people count it down: `3 h 59 min`, in the last minutes `4 min 9 s`. */
export function leftOf(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  if (hours >= 48) return `${Math.floor(hours / 24)} days`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return seconds >= 600 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
}
