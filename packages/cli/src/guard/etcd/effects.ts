// SPDX-License-Identifier: Apache-2.0
/** From what a transaction would meet to what it would change, and what has to be so still. */
import { type Format, keyText, leasePath, valuePath } from "../path.ts";
import { differing, type Effect } from "../plan.ts";
import { unclear, type Worked, worked } from "../refusal.ts";
import { type KeyValue, type Look, type Met, type Span, spanOf } from "./look.ts";
import { type Message, textIn } from "./message.ts";

type State = { readonly value: Buffer; readonly lease: string } | null;
type KeyEffect = { readonly key: string; readonly before: State; readonly after: State };

export type EffectTerms = {
  readonly formats: readonly Format[];
  /** Leases let keys vanish later, which nobody judges: only where the settings say so. */
  readonly leases: boolean;
};

/** Exactly what would be written; a lease is a file of its own beside the value. */
export function effectsOf(look: Look, terms: EffectTerms): Worked<readonly Effect[]> {
  const all: KeyEffect[] = [];
  for (const met of look.met) {
    const effects = met.op.kind === "put" ? putOf(met, terms) : worked(met.there.map(deletionOf));
    if (!effects.ok) return effects;
    all.push(...effects.value);
  }
  const twice = all.find(({ key }, i) => all.findIndex((other) => other.key === key) !== i);
  const both = twice?.key ?? writtenAndDeleted(look.met);
  if (both !== undefined)
    return unclear(
      `it writes \`${keyText(bytes(both))}\` twice`,
      "write each key once in a transaction",
    );
  return worked(differing(all.flatMap((one) => filesOf(one, terms.formats))));
}

/** A key that is put and lies in a range that is deleted: which of them is last is not shown. */
const writtenAndDeleted = (met: readonly Met[]): string | undefined => {
  const spans = met.flatMap(({ op }) => (op.kind === "delete" ? [spanOf(op.message)] : []));
  return met
    .flatMap(({ op }) => (op.kind === "put" ? [textIn(op.message, "key")] : []))
    .find((key) => spans.some((span) => lies(bytes(key), span)));
};

/** As etcd counts: no end is one key, the byte 0 is no limit (`rpc.proto`, `DeleteRangeRequest`). */
function lies(key: Buffer, { key: start, end }: Span): boolean {
  if (end === "") return key.equals(bytes(start));
  return key.compare(bytes(start)) >= 0 && (end === NO_LIMIT || key.compare(bytes(end)) < 0);
}

const NO_LIMIT = "AA==";

function putOf({ op, there }: Met, { leases }: EffectTerms): Worked<readonly KeyEffect[]> {
  const { message } = op;
  const before = there[0] === undefined ? null : stateOf(there[0]);
  const key = textIn(message, "key");
  const keepsValue = message["ignore_value"] === true;
  const keepsLease = message["ignore_lease"] === true;
  if ((keepsValue || keepsLease) && before === null)
    return unclear(`\`${keyText(bytes(key))}\` is not there to keep a part of`, "write it whole");
  const lease = keepsLease ? (before?.lease ?? "0") : textIn(message, "lease") || "0";
  if (lease !== "0" && !leases)
    return unclear(
      "a lease would let the key vanish later without anybody asked",
      "write without a lease, or let the guard's settings say `leases: true`",
    );
  const value = keepsValue ? (before?.value ?? Buffer.alloc(0)) : bytes(textIn(message, "value"));
  return worked([{ key, before, after: { value, lease } }]);
}

const bytes = (base64: string): Buffer => Buffer.from(base64, "base64");
const stateOf = ({ value, lease }: KeyValue): State => ({ value: bytes(value), lease });
const deletionOf = (there: KeyValue): KeyEffect => ({
  key: there.key,
  before: stateOf(there),
  after: null,
});

function filesOf({ key, before, after }: KeyEffect, formats: readonly Format[]): Effect[] {
  const raw = bytes(key);
  const shown = keyText(raw);
  const leaseOf = (state: State) =>
    state === null || state.lease === "0" ? null : Buffer.from(`${state.lease}\n`);
  return [
    {
      ...{ path: valuePath(raw, formats), key: shown },
      ...{ before: before?.value ?? null, after: after?.value ?? null },
    },
    { path: leasePath(raw), key: shown, before: leaseOf(before), after: leaseOf(after) },
  ];
}

/**
 * Comparisons that hold exactly while all that was read is as it was: of each key its revision, of each
 * range that nothing in it is newer. etcd makes them in the same step as the write.
 */
export function guardsOf({ met, compared, revision }: Look): readonly Message[] {
  const spans = [
    ...compared,
    ...met.map(({ op, there }) => ({
      span: { key: textIn(op.message, "key"), end: textIn(op.message, "range_end") },
      there,
    })),
  ];
  const guards = spans.flatMap(({ span, there }) => guardsOfSpan(span, there, revision));
  return [...new Map(guards.map((guard) => [JSON.stringify(guard), guard])).values()];
}

function guardsOfSpan(span: Span, there: readonly KeyValue[], revision: string): Message[] {
  const equal = (key: string, modRevision: string): Message => ({
    ...{ key, target: "MOD", result: "EQUAL", mod_revision: modRevision },
  });
  const keys = there.map((kv) => equal(kv.key, kv.modRevision));
  if (span.end === "") return keys.length === 0 ? [equal(span.key, "0")] : keys;
  const newest = (BigInt(revision) + 1n).toString();
  return [
    ...keys,
    {
      ...{ key: span.key, range_end: span.end },
      ...{ target: "MOD", result: "LESS", mod_revision: newest },
    },
  ];
}
