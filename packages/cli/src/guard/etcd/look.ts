// SPDX-License-Identifier: Apache-2.0
/**
 * What a transaction would meet: the same transaction with each write replaced by a read of what it
 * would write. etcd answers it at one revision, with the branches that it took, so that nothing here
 * judges a comparison itself. All comparisons of a transaction, nested ones too, are made on the state
 * before it (etcd `server/etcdserver/apply.go`, `compareToPath`).
 */
import { type Message, messageIn, messagesIn, textIn } from "./message.ts";

export type KeyValue = {
  /** In base64, as in all of etcd's JSON. */
  readonly key: string;
  readonly value: string;
  readonly modRevision: string;
  /** `0`: none. */
  readonly lease: string;
};

/** A key, or with an end a range of keys. */
export type Span = { readonly key: string; readonly end: string };

/** A write that would be made, and what is there. */
export type Met = {
  readonly op: { readonly kind: "put" | "delete"; readonly message: Message };
  readonly there: readonly KeyValue[];
};

export type Look = {
  readonly revision: string;
  readonly met: readonly Met[];
  /** What the comparisons looked at. */
  readonly compared: readonly { readonly span: Span; readonly there: readonly KeyValue[] }[];
};

/** Every span that any comparison looks at, in branches that are not taken too. */
export function spansCompared(txn: Message): readonly Span[] {
  const own = messagesIn(txn, "compare").map(spanOf);
  const inner = [...messagesIn(txn, "success"), ...messagesIn(txn, "failure")]
    .map((op) => messageIn(op, "request_txn"))
    .flatMap((nested) => (nested === null ? [] : spansCompared(nested)));
  const all = new Map([...own, ...inner].map((span) => [`${span.key} ${span.end}`, span]));
  return [...all.values()];
}

export const spanOf = (message: Message): Span => ({
  key: textIn(message, "key"),
  end: textIn(message, "range_end"),
});

/** The reading transaction; at most `limit` keys of each span are read, and one more to tell. */
export function lookingTxn(txn: Message, spans: readonly Span[], limit: number): Message {
  const read = (span: Span, keysOnly: boolean): Message => ({
    request_range: {
      key: span.key,
      ...(span.end === "" ? {} : { range_end: span.end, limit: String(limit + 1) }),
      ...(keysOnly ? { keys_only: true } : {}),
    },
  });
  const instead = (op: Message): Message => {
    const put = messageIn(op, "request_put");
    if (put !== null) return read({ key: textIn(put, "key"), end: "" }, false);
    const gone = messageIn(op, "request_delete_range");
    if (gone !== null) return read(spanOf(gone), false);
    const nested = messageIn(op, "request_txn");
    if (nested !== null) return { request_txn: looking(nested) };
    return { request_range: { key: textIn(messageIn(op, "request_range") ?? {}, "key") } };
  };
  const looking = (from: Message): Message => ({
    compare: messagesIn(from, "compare"),
    success: messagesIn(from, "success").map(instead),
    failure: messagesIn(from, "failure").map(instead),
  });
  return { success: [...spans.map((span) => read(span, true)), { request_txn: looking(txn) }] };
}

/** Reads etcd's answer to it; a text says why it is none. */
export function lookOf(
  answer: unknown,
  { txn, spans, limit }: { txn: Message; spans: readonly Span[]; limit: number },
): Look | string {
  const revision = digitsIn(recordIn(answer, "header"), "revision");
  const responses = listIn(answer, "responses");
  if (revision === null || responses.length !== spans.length + 1) return NONE;
  const compared = spans.map((span, i) => ({ span, there: keyValues(responses[i]) }));
  const inner = recordIn(responses[spans.length], "response_txn");
  const met = metIn(txn, inner);
  if (met === null) return NONE;
  const all = [...compared, ...met];
  if (all.some(({ there }) => there === null)) return NONE;
  if (all.some(({ there }) => (there?.length ?? 0) > limit))
    return `it reaches more than ${limit} keys at once`;
  const known = <T extends { readonly there: readonly KeyValue[] | null }>(one: T) =>
    ({ ...one, there: one.there ?? [] }) as const;
  return { revision, met: met.map(known), compared: compared.map(known) };
}

const NONE = "etcd's answer is not the one that its documentation describes";

type Meeting = Pick<Met, "op"> & { readonly there: readonly KeyValue[] | null };

/** The writes of the branch that was taken; `null` where the answer does not fit the request. */
function metIn(txn: Message, answer: unknown): readonly Meeting[] | null {
  const branch = fieldIn(answer, "succeeded") === true ? "success" : "failure";
  const ops = messagesIn(txn, branch);
  const responses = listIn(answer, "responses");
  if (responses.length !== ops.length) return null;
  const met: Meeting[] = [];
  for (const [i, op] of ops.entries()) {
    const put = messageIn(op, "request_put");
    const gone = messageIn(op, "request_delete_range");
    const nested = messageIn(op, "request_txn");
    const message = put ?? gone;
    if (message !== null) {
      const kind = put === null ? "delete" : "put";
      met.push({ op: { kind, message }, there: keyValues(responses[i]) });
    } else if (nested !== null) {
      const inner = metIn(nested, recordIn(responses[i], "response_txn"));
      if (inner === null) return null;
      met.push(...inner);
    }
  }
  return met;
}

function keyValues(response: unknown): readonly KeyValue[] | null {
  const range = recordIn(response, "response_range");
  if (range === null) return null;
  const all = listIn(range, "kvs").map((kv) => {
    const key = fieldIn(kv, "key");
    const modRevision = digitsIn(kv, "mod_revision");
    if (typeof key !== "string" || modRevision === null) return null;
    const value = fieldIn(kv, "value");
    const lease = digitsIn(kv, "lease") ?? "0";
    return { key, value: typeof value === "string" ? value : "", modRevision, lease };
  });
  return all.every((kv) => kv !== null) ? all : null;
}

export const fieldIn = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name] // an object that has it
    : undefined;

export function recordIn(value: unknown, name: string): object | null {
  const field = fieldIn(value, name);
  return typeof field === "object" && field !== null && !Array.isArray(field) ? field : null;
}

export function listIn(value: unknown, name: string): readonly unknown[] {
  const field = fieldIn(value, name);
  return Array.isArray(field) ? field : [];
}

/** Numbers of 64 bits come as texts. */
function digitsIn(value: unknown, name: string): string | null {
  const field = fieldIn(value, name);
  return typeof field === "string" && /^-?[0-9]{1,19}$/.test(field) ? field : null;
}
