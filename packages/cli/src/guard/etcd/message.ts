// SPDX-License-Identifier: Apache-2.0
/**
 * Requests of etcd's v3 JSON gateway, read strictly and written one way.
 * (https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/, etcd's `rpc.proto`; JSON names and numbers by
 * https://protobuf.dev/programming-guides/json/)
 */
import { isNumeral, isObject, type Lossless } from "../json.ts";
import { unclear, type Worked, worked } from "../refusal.ts";

/** Of a field: bytes in base64, a number of 64 bits in digits, names of an enumeration, or a message. */
type FieldKind = "bytes" | "int64" | "bool" | readonly string[] | "compare" | "op" | MessageName;
type MessageName = "put" | "delete" | "range" | "txn";
type Fields = Readonly<Record<string, FieldKind>>;

const PUT: Fields = {
  ...{ key: "bytes", value: "bytes", lease: "int64" },
  ...{ prev_kv: "bool", ignore_value: "bool", ignore_lease: "bool" },
};
const DELETE: Fields = { key: "bytes", range_end: "bytes", prev_kv: "bool" };
const RANGE: Fields = {
  ...{ key: "bytes", range_end: "bytes", limit: "int64", revision: "int64" },
  sort_order: ["NONE", "ASCEND", "DESCEND"],
  sort_target: ["KEY", "VERSION", "CREATE", "MOD", "VALUE"],
  ...{ serializable: "bool", keys_only: "bool", count_only: "bool" },
  ...{ min_mod_revision: "int64", max_mod_revision: "int64" },
  ...{ min_create_revision: "int64", max_create_revision: "int64" },
};
const COMPARE: Fields = {
  result: ["EQUAL", "GREATER", "LESS", "NOT_EQUAL"],
  target: ["VERSION", "CREATE", "MOD", "VALUE", "LEASE"],
  ...{ key: "bytes", range_end: "bytes", version: "int64", create_revision: "int64" },
  ...{ mod_revision: "int64", value: "bytes", lease: "int64" },
};
const OP: Fields = {
  ...{ request_put: "put", request_delete_range: "delete" },
  ...{ request_range: "range", request_txn: "txn" },
};
const TXN: Fields = { compare: "compare", success: "op", failure: "op" };
const MESSAGES: Readonly<Record<MessageName | "compare" | "op", Fields>> = {
  ...{ put: PUT, delete: DELETE, range: RANGE, txn: TXN, compare: COMPARE, op: OP },
};
const REPEATED = new Set(["compare", "op"]);
const OPS_MAX = 128;

/** A message with etcd's own names, as it is sent on. */
export type Message = { readonly [name: string]: Value };
type Value = string | boolean | Message | readonly Message[];

/** Reads a message; what it does not know by name, or could read in two ways, is not understood. */
export function readMessage(kind: MessageName, value: Lossless): Worked<Message> {
  try {
    return worked(messageOf(kind, value, kind));
  } catch (error) {
    if (error instanceof Unfit)
      return unclear(error.message, "send it as etcd's documentation writes it");
    throw error;
  }
}

/** Carries what is wrong out of the walk; never leaves `readMessage`. */
class Unfit extends Error {}

const unfit = (where: string, why: string): never => {
  throw new Unfit(`\`${where}\` ${why}`);
};

function messageOf(kind: keyof typeof MESSAGES, value: Lossless, where: string): Message {
  if (!isObject(value)) return unfit(where, "is no object");
  const fields = MESSAGES[kind];
  const read: Record<string, Value> = {};
  for (const [written, inner] of value) {
    const name = nameOf(fields, written) ?? unfit(`${where}.${written}`, "is not known");
    if (Object.hasOwn(read, name)) unfit(`${where}.${written}`, "comes twice");
    read[name] = fieldOf(fields[name] ?? unfit(where, "is not known"), inner, `${where}.${name}`);
  }
  if (kind === "op" && Object.keys(read).length !== 1) unfit(where, "is not exactly one operation");
  return read;
}

/** A field has its own name and the one in lower camel case; no other reading is taken. */
const nameOf = (fields: Fields, written: string): string | undefined =>
  Object.keys(fields).find(
    (name) => name === written || name.replace(/_([a-z])/g, (_, c) => c.toUpperCase()) === written,
  );

function fieldOf(kind: FieldKind, value: Lossless, where: string): Value {
  if (typeof kind !== "string") return enumOf(kind, value, where);
  switch (kind) {
    case "bytes":
      return bytesOf(value, where);
    case "int64":
      return int64Of(value, where);
    case "bool":
      return typeof value === "boolean" ? value : unfit(where, "is neither true nor false");
    default:
      return REPEATED.has(kind) ? listOf(kind, value, where) : messageOf(kind, value, where);
  }
}

function listOf(kind: keyof typeof MESSAGES, value: Lossless, where: string): readonly Message[] {
  if (!Array.isArray(value)) return unfit(where, "is no list");
  if (value.length > OPS_MAX) return unfit(where, `has more than ${OPS_MAX} items`);
  return value.map((item: Lossless, i) => messageOf(kind, item, `${where}[${i}]`));
}

function bytesOf(value: Lossless, where: string): string {
  if (typeof value !== "string") return unfit(where, "is no text in base64");
  const same = Buffer.from(value, "base64").toString("base64") === value;
  return same ? value : unfit(where, "is not base64 as RFC 4648 section 4 writes it");
}

const INT64 = /^(?:0|-?[1-9][0-9]{0,18})$/;

function int64Of(value: Lossless, where: string): string {
  const digits = isNumeral(value) ? value.digits : value;
  if (typeof digits !== "string" || !INT64.test(digits)) return unfit(where, "is no whole number");
  return BigInt.asIntN(64, BigInt(digits)).toString() === digits
    ? digits
    : unfit(where, "has more than 64 bits");
}

function enumOf(names: readonly string[], value: Lossless, where: string): string {
  const name = isNumeral(value) ? names[Number(value.digits)] : value;
  return typeof name === "string" && names.includes(name) ? name : unfit(where, "is not known");
}

export const messagesIn = (message: Message, name: string): readonly Message[] => {
  const value = message[name];
  return Array.isArray(value) ? value : [];
};

export const messageIn = (message: Message, name: string): Message | null => {
  const value = message[name];
  return typeof value === "object" && !Array.isArray(value) ? (value as Message) : null; // not a list
};

export const textIn = (message: Message, name: string): string => {
  const value = message[name];
  return typeof value === "string" ? value : "";
};
