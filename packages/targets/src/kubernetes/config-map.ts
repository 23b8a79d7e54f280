// SPDX-License-Identifier: Apache-2.0
/** A cell that is a ConfigMap: its keys are ours. */
import type { Json } from "@interlock/digest";
import { refused, shown } from "../failure.ts";
import type { Batch, TargetFailure } from "../target.ts";
import { membersIn } from "../web/json.ts";
import type { Form } from "./form.ts";

/** Of a key of a ConfigMap (`IsConfigMapKey`). */
const KEY = /^[-._a-zA-Z0-9]{1,253}$/;
/** Of all values of a ConfigMap together; the API server refuses more. */
const DATA_BYTES = 1 << 20;
const PARTS = ["f:data", "f:binaryData"];

export const CONFIG_MAPS: Form = {
  root: "/api/v1",
  apiVersion: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  creates: true,
  valuesIn,
  keyFault,
  batchFault: ({ items }: Batch) =>
    items.map(({ key }) => keyFault(key)).find((fault) => fault !== null) ?? null,
  objectFault: (_object, _batch, after) => {
    const bytes = [...after].reduce((sum, [key, { length }]) => sum + key.length + length, 0);
    return bytes <= DATA_BYTES ? null : tooLarge(bytes);
  },
  contentOf: dataOf,
  keyAt: ([part = "", field = "", ...rest]) =>
    PARTS.includes(part) && field.startsWith("f:") && rest.length === 0 ? field.slice(2) : null,
  pathsOf: (key) => PARTS.map((part) => [part, `f:${key}`]),
  // `.data.key`, where the key itself may hold dots.
  keyOfCause: (field) => /^\.(?:data|binaryData)\.(.+)$/.exec(field)?.[1] ?? null,
  isBeside: () => true,
  unsettled: () => null,
};

function keyFault(key: string): TargetFailure | null {
  if (KEY.test(key) && key !== "." && !key.startsWith("..")) return null;
  return refused(
    `\`${shown(key)}\` cannot be a key of a ConfigMap`,
    "use 1 to 253 letters, digits, `-`, `_` or `.`, not beginning with `..`",
  );
}

const tooLarge = (bytes: number): TargetFailure => ({
  code: "TARGET_LIMIT",
  message: `the ConfigMap would have ${bytes} bytes, ${DATA_BYTES} are allowed`,
  help: "give the cell fewer or smaller keys",
});

function valuesIn(object: Json | undefined): ReadonlyMap<string, Uint8Array> {
  const values = new Map<string, Uint8Array>();
  for (const [key, value] of membersIn(object, "data"))
    if (typeof value === "string") values.set(key, Buffer.from(value, "utf8"));
  for (const [key, value] of membersIn(object, "binaryData"))
    if (typeof value === "string") values.set(key, Buffer.from(value, "base64"));
  return values;
}

/** Text goes into `data`, where people can read it, and everything else into `binaryData`. */
function dataOf(values: ReadonlyMap<string, Uint8Array>): {
  readonly data: Readonly<Record<string, string>>;
  readonly binaryData: Readonly<Record<string, string>>;
} {
  const data: [string, string][] = [];
  const binaryData: [string, string][] = [];
  for (const [key, value] of values) {
    const bytes = Buffer.from(value);
    const text = bytes.toString("utf8");
    if (Buffer.from(text).equals(bytes)) data.push([key, text]);
    else binaryData.push([key, bytes.toString("base64")]);
  }
  return { data: Object.fromEntries(data), binaryData: Object.fromEntries(binaryData) };
}
