// SPDX-License-Identifier: Apache-2.0
import type { SgNode } from "@ast-grep/napi";
import type { Dialect } from "./language.ts";

export type Parse = (dialect: Dialect, text: string) => SgNode;

/** Longest source text that is parsed; longer files are generated far more often than written. */
export const CODE_TEXT_MAX = 1_000_000;
/** Deepest bracket nesting that is parsed: relational rules walk to the root for every match. */
export const CODE_DEPTH_MAX = 400;

let engine: Promise<Parse> | null = null;

/**
 * Loads the parsers on first use (about 30 ms), so that a change without code never pays for them.
 * Rejects when the platform has no prebuilt parser; the source turns that into a gap.
 */
export function loadEngine(): Promise<Parse> {
  engine ??= load();
  return engine;
}

async function load(): Promise<Parse> {
  const [napi, go, java, python] = await Promise.all([
    import("@ast-grep/napi"),
    import("@ast-grep/lang-go"),
    import("@ast-grep/lang-java"),
    import("@ast-grep/lang-python"),
  ]);
  napi.registerDynamicLanguage({ go: go.default, java: java.default, python: python.default });
  return (dialect, text) => napi.parse(dialect, text).root();
}

/** Deepest nesting of brackets, counted without regard to strings: an upper bound is enough. */
export function bracketDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === 40 || code === 91 || code === 123) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if ((code === 41 || code === 93 || code === 125) && depth > 0) depth -= 1;
  }
  return deepest;
}
