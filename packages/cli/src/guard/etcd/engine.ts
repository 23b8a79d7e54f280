// SPDX-License-Identifier: Apache-2.0
/** etcd behind the guard: its v3 JSON gateway. */
import type { OutgoingHttpHeaders } from "node:http";
import { jsonOf } from "../../files/json.ts";
import { readLossless } from "../json.ts";
import type { Asked, Done, Engine, Plan, Route } from "../plan.ts";
import { refused, unclear, type Worked, worked } from "../refusal.ts";
import type { Upstream } from "../upstream.ts";
import { isJsonType } from "../wire.ts";
import { backOf } from "./back.ts";
import { type EffectTerms, effectsOf, guardsOf } from "./effects.ts";
import { fieldIn, type Look, listIn, lookingTxn, lookOf, recordIn, spansCompared } from "./look.ts";
import { type Message, readMessage } from "./message.ts";

export type EtcdTerms = EffectTerms & {
  readonly upstream: Upstream;
  /** etcd's own `--max-txn-ops` bounds it from above: each key read is a comparison. */
  readonly keysMax: number;
};

/** Every call is one exact path (etcd `rpc.proto`); what is in no list is not understood. */
const WRITES: Readonly<Record<string, "put" | "delete" | "txn">> = {
  "/v3/kv/put": "put",
  "/v3/kv/deleterange": "delete",
  "/v3/kv/txn": "txn",
};
const READS = new Set([
  ...["/v3/kv/range", "/v3/watch", "/v3/lease/timetolive", "/v3/kv/lease/timetolive"],
  ...["/v3/lease/leases", "/v3/kv/lease/leases", "/v3/cluster/member/list"],
  ...["/v3/maintenance/status", "/v3/maintenance/hash", "/v3/maintenance/snapshot"],
  ...["/v3/auth/authenticate", "/v3/auth/status", "/v3/auth/user/get", "/v3/auth/user/list"],
  ...["/v3/auth/role/get", "/v3/auth/role/list"],
]);
const PLAIN_READS = new Set(["/version", "/health", "/metrics"]);
/** They change no key; what they let vanish later is said where a key is put under a lease. */
const LEASE_CALLS = new Set(["/v3/lease/grant", "/v3/lease/keepalive"]);

export function etcdEngine(terms: EtcdTerms): Engine {
  return {
    routeOf: ({ method, path, query }) => routeOf(method, path, { query, leases: terms.leases }),
    planOf: (asked) => planOf(asked, terms),
    backOf,
  };
}

function routeOf(
  method: string,
  path: string,
  { query, leases }: { readonly query: string | null; readonly leases: boolean },
): Route {
  if (method === "GET" && PLAIN_READS.has(path)) return { kind: "pass" };
  if (method === "POST" && query === null) {
    if (READS.has(path) || (leases && LEASE_CALLS.has(path))) return { kind: "pass" };
    if (Object.hasOwn(WRITES, path)) return { kind: "change" };
  }
  const why = `\`${method} ${path}\` is no call that the guard can work out`;
  const { refusal } = unclear(why, "write keys with put, deleterange and txn of `/v3/kv`");
  return { kind: "refused", refusal };
}

async function planOf(asked: Asked, terms: EtcdTerms): Promise<Worked<Plan>> {
  const { path, headers, body } = asked;
  if (!isJsonType(headers["content-type"]))
    return unclear("the body is not said to be JSON", "send `content-type: application/json`");
  const read = readLossless(body);
  if (!read.ok)
    return refused("GUARD_MALFORMED", `the body is no JSON: ${read.because}`, "mend it");
  const kind = WRITES[path] ?? "txn";
  const message = readMessage(kind, read.value);
  if (!message.ok) return message;
  const txn = kind === "txn" ? message.value : { success: [opOf(kind, message.value)] };
  const look = await lookAt(txn, asked, terms);
  if (!look.ok) return look;
  const effects = effectsOf(look.value, terms);
  if (!effects.ok) return effects;
  const guards = guardsOf(look.value);
  if (guards.length > terms.keysMax)
    return unclear(
      `it depends on more than ${terms.keysMax} keys, which etcd cannot compare at once`,
      "split it, or raise `keysMax` together with etcd's `--max-txn-ops`",
    );
  return worked({
    title: titleOf(kind, effects.value),
    effects: effects.value,
    readAt: `revision ${look.value.revision}`,
    carryOut: () => carryOut({ kind, message: message.value, guards }, asked, terms),
  });
}

const opOf = (kind: "put" | "delete", message: Message): Message =>
  kind === "put" ? { request_put: message } : { request_delete_range: message };

function titleOf(kind: string, effects: Plan["effects"]): string {
  const keys = [...new Set(effects.map(({ key }) => key))];
  const more = keys.length > 1 ? ` and ${keys.length - 1} more` : "";
  return `etcd ${kind}: ${keys[0] ?? "nothing"}${more}`;
}

async function lookAt(txn: Message, asked: Asked, terms: EtcdTerms): Promise<Worked<Look>> {
  const spans = spansCompared(txn);
  const limit = terms.keysMax;
  const reply = await post(lookingTxn(txn, spans, limit), asked, { ...terms, writes: false });
  if (reply.kind !== "answer") return unread(reply.why);
  const { status, body } = reply.answer;
  const text = Buffer.from(body).toString("utf8");
  if (status !== 200) return unread(`it answered ${status} to a read: ${text.slice(0, 300)}`);
  const look = lookOf(jsonOf(text), { txn, spans, limit });
  if (typeof look !== "string") return worked(look);
  return look.startsWith("it reaches")
    ? unclear(look, "write fewer keys at once, or raise `keysMax` in the settings of the guard")
    : unread(look);
}

const unread = (why: string) =>
  refused("GUARD_UPSTREAM", `what is there cannot be read: ${why}`, "look at etcd, and ask again");

/** A write goes on only inside the comparisons with what was judged; etcd takes both or neither. */
async function carryOut(
  write: {
    readonly kind: "put" | "delete" | "txn";
    readonly message: Message;
    readonly guards: readonly Message[];
  },
  asked: Asked,
  terms: EtcdTerms,
): Promise<Done> {
  const { kind, message, guards } = write;
  const op = kind === "txn" ? { request_txn: message } : opOf(kind, message);
  const guarded = { compare: guards, success: [op] };
  const reply = await post(guarded, asked, { ...terms, writes: true });
  if (reply.kind !== "answer") return { kind: reply.kind, says: reply.why };
  const { status, body, headers } = reply.answer;
  // A member that gave up waiting for the others cannot tell whether they wrote it.
  if (status >= 500) return { kind: "lost", says: `etcd answered ${status}` };
  if (status !== 200) return { kind: "answered", answer: reply.answer, difference: null };
  const answer: unknown = jsonOf(Buffer.from(body).toString("utf8"));
  if (recordIn(answer, "header") === null)
    return { kind: "lost", says: "etcd's answer is not the one that its documentation describes" };
  if (fieldIn(answer, "succeeded") !== true)
    return { kind: "raced", says: "a key was written after it had been read" };
  const name = { put: "response_put", delete: "response_delete_range", txn: "response_txn" }[kind];
  const inner = recordIn(listIn(answer, "responses")[0], name) ?? {};
  const own = { ...inner, header: fieldIn(answer, "header") };
  const { "content-length": _, ...rest } = headers;
  return {
    kind: "answered",
    answer: { status, headers: rest, body: Buffer.from(JSON.stringify(own)) },
    difference: null,
  };
}

function post(txn: Message, asked: Asked, { upstream, writes }: EtcdTerms & { writes: boolean }) {
  const { authorization } = asked.headers;
  const headers: OutgoingHttpHeaders = {
    ...{ "content-type": "application/json", accept: "application/json" },
    ...(authorization === undefined ? {} : { authorization }),
  };
  const body = Buffer.from(JSON.stringify(txn));
  return upstream.ask({ method: "POST", target: "/v3/kv/txn", headers, body, writes });
}
