// SPDX-License-Identifier: Apache-2.0
/** A request as the change that it would be. */
import type { IncomingHttpHeaders } from "node:http";
import type { Answer, Refusal, Worked } from "./refusal.ts";

/** A request whose headers have been looked at and whose body has been read whole. */
export type Asked = {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Behind the `?`; `null`: there is none. */
  readonly query: string | null;
  /** Lower-case names, each once. */
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
};

/** One file of the change; `null`: it is not there. */
export type Effect = {
  readonly path: string;
  /** The key, for people. */
  readonly key: string;
  readonly before: Uint8Array | null;
  readonly after: Uint8Array | null;
};

/** What became of a request that was carried out. */
export type Done =
  | {
      readonly kind: "answered";
      readonly answer: Answer;
      /** What is there afterwards is not what was approved. */
      readonly difference: string | null;
    }
  /** Nothing was written: what was read is no longer so. */
  | { readonly kind: "raced"; readonly says: string }
  /** Nothing was written: not a byte can have arrived. */
  | { readonly kind: "unsent"; readonly says: string }
  /** It may have been obeyed. */
  | { readonly kind: "lost"; readonly says: string };

export type Plan = {
  /** One line for people. */
  readonly title: string;
  /** Only what would differ; none: the request changes nothing. */
  readonly effects: readonly Effect[];
  /** Where the engine was when it was read, such as an etcd revision. */
  readonly readAt: string;
  /** Carries the request out if what was read is still so. */
  readonly carryOut: () => Promise<Done>;
};

/** `pass`: a read. `change`: to be worked out from its body. */
export type Route =
  | { readonly kind: "pass" }
  | { readonly kind: "change" }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** The request that would bring back what was there before a change. */
export type Back = {
  readonly asked: Asked;
  /** Whether two images of a key show the same. */
  readonly alike: (a: Uint8Array | null, b: Uint8Array | null) => boolean;
};

/** An engine whose admin API the guard understands. */
export type Engine = {
  readonly routeOf: (asked: Omit<Asked, "body">) => Route;
  readonly planOf: (asked: Asked) => Promise<Worked<Plan>>;
  /** Of effects that it was asked to have; `before` of each is what is to be there again. */
  readonly backOf: (effects: readonly Effect[]) => Worked<Back>;
};

export const differing = (effects: readonly Effect[]): readonly Effect[] =>
  effects.filter(({ before, after }) =>
    before === null || after === null ? before !== after : !Buffer.from(before).equals(after),
  );
