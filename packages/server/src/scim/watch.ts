// SPDX-License-Identifier: Apache-2.0
import type { ScimRefusal } from "./refusal.ts";

/** Something that the provider wanted and did not get. */
export type ScimRefused = {
  readonly at: number;
  /** Whom or what it was about, as the provider calls it. */
  readonly about: string;
  readonly message: string;
  readonly help: string;
};

export type ScimSeen = {
  /** When this server began to listen. */
  readonly since: number;
  readonly lastAskedAt: number | null;
  /** The newest first, each once. */
  readonly refused: readonly ScimRefused[];
};

/** What one server has seen of the provider since it started; what changed anything is in the ledger. */
export type ScimWatch = {
  readonly asked: () => void;
  readonly refused: (about: string, refusal: ScimRefusal) => void;
  readonly seen: () => ScimSeen;
};

const REFUSED_MAX = 50;
const ABOUT_MAX = 200;

export function scimWatch(now: () => number): ScimWatch {
  const since = now();
  let lastAskedAt: number | null = null;
  let kept: readonly ScimRefused[] = [];
  return {
    asked: () => {
      lastAskedAt = now();
    },
    refused: (whole, { message, help }) => {
      const about = whole.slice(0, ABOUT_MAX);
      const others = kept.filter((one) => one.about !== about || one.message !== message);
      kept = [{ at: now(), about, message, help }, ...others].slice(0, REFUSED_MAX);
    },
    seen: () => ({ since, lastAskedAt, refused: kept }),
  };
}
