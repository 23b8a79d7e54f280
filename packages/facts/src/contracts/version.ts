// SPDX-License-Identifier: Apache-2.0

/** The numbers of a version, most telling first: `v1.24.3-rc1` is 1, 24, 3. */
export type Version = readonly [major: number, minor: number, patch: number];

/** `null` for what names no version. What stands before the numbers (`smars-2.0`) is a product. */
export function versionOf(text: string): Version | null {
  const found =
    /^(?:[A-Za-z][A-Za-z_-]{0,60}[-_/@: ]|[=v]{1,2})?(\d{1,6})(?:\.(\d{1,6}))?(?:\.(\d{1,6}))?(?:[-+._ ][\w.+-]{0,100})?$/.exec(
      text.trim(),
    );
  if (found === null) return null;
  return [Number(found[1]), Number(found[2] ?? 0), Number(found[3] ?? 0)];
}

export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

const PART = 1_000_000;
const MAJOR_MAX = 9_000;

/**
 * A version as one number that keeps the order, so that expressions can compare two: the third part
 * counts one, the second a million, the first a million millions. `null` when it does not fit.
 */
export function versionMicro(text: string): number | null {
  const version = versionOf(text);
  if (version === null || version[0] > MAJOR_MAX) return null;
  return (version[0] * PART + version[1]) * PART + version[2];
}
