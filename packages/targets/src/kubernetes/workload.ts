// SPDX-License-Identifier: Apache-2.0
/**
 * A cell that is a workload. Its keys are some of the fields that a workload has: how many replicas,
 * the image of each container, and the variables that are given to it word for word.
 */
import type { Json } from "@interlock/digest";
import { refused, shown } from "../failure.ts";
import type { Batch, BatchItem, TargetFailure } from "../target.ts";
import { inside, listIn, textIn } from "../web/json.ts";
import { fieldAt, fieldOf, fieldOfCause, isContainer, keyOf, PARTS, pathsOf } from "./field.ts";
import type { Form } from "./form.ts";
import { UNSETTLED } from "./unsettled.ts";

/** Files of one line: what an editor leaves at their end is part of them. */
const IMAGE = /^[!-~]{1,1000}\n$/;
const REPLICAS = /^(?:0|[1-9][0-9]{0,4})\n$/;
/** Of one variable; Linux gives no program a larger one. */
const VARIABLE_BYTES = 100_000;
/** Of all keys together: the object has to fit into the store with everything else that is in it. */
const VALUES_BYTES = 500_000;

type Kind = "Deployment" | "StatefulSet" | "DaemonSet";

const workload = (kind: Kind): Form => {
  const scales = kind !== "DaemonSet";
  const keyFault = (key: string) => faultOfKey(key, { kind, scales });
  return {
    root: "/apis/apps/v1",
    apiVersion: "apps/v1",
    kind,
    plural: `${kind.toLowerCase()}s`,
    creates: false,
    valuesIn: (object) => valuesIn(object, scales),
    keyFault,
    batchFault: ({ items }) =>
      items.map((item) => keyFault(item.key) ?? itemFault(item)).find((fault) => fault !== null) ??
      null,
    objectFault,
    contentOf,
    keyAt: (path) => keyIn(fieldAt(path)),
    pathsOf,
    keyOfCause: (field) => keyIn(fieldOfCause(field)),
    isBeside: isContainer,
    unsettled: UNSETTLED[kind],
  };
};

export const WORKLOADS: readonly Form[] = [
  workload("Deployment"),
  workload("StatefulSet"),
  workload("DaemonSet"),
];

const keyIn = (field: ReturnType<typeof fieldAt>): string | null =>
  field === null ? null : keyOf(field);

function faultOfKey(
  key: string,
  { kind, scales }: { readonly kind: Kind; readonly scales: boolean },
): TargetFailure | null {
  const field = fieldOf(key);
  if (field !== null && (scales || field.what !== "replicas")) return null;
  return refused(
    `\`${shown(key)}\` is no field of a ${kind} that can be a key`,
    `use ${scales ? "`replicas`, " : ""}\`containers/NAME/image\` or \`containers/NAME/env/NAME\``,
  );
}

function itemFault({ key, value }: BatchItem): TargetFailure | null {
  const what = fieldOf(key)?.what;
  if (value === null)
    return what === "env" ? null : refused(`\`${key}\` cannot be taken away`, "give it a value");
  const bytes = Buffer.from(value);
  const text = bytes.toString("utf8");
  if (what === "image" && !IMAGE.test(text))
    return refused(
      `the value of \`${key}\` is no image in one line`,
      "give it one line, with the line break at its end",
    );
  if (what === "replicas" && !REPLICAS.test(text))
    return refused(
      `the value of \`${key}\` is no number of replicas in one line`,
      "give it a whole number up to 99999, with a line break at its end",
    );
  if (value.length > VARIABLE_BYTES) return tooLarge(`\`${key}\``, value.length, VARIABLE_BYTES);
  if (Buffer.from(text).equals(bytes) && !text.includes("\0")) return null;
  return refused(`the value of \`${key}\` is no text`, "give it UTF-8 without NUL");
}

const tooLarge = (what: string, bytes: number, most: number): TargetFailure => ({
  code: "TARGET_LIMIT",
  message: `${what} would have ${bytes} bytes, ${most} are allowed`,
  help: "keep large values in a ConfigMap",
});

function valuesIn(object: Json | undefined, scales: boolean): ReadonlyMap<string, Uint8Array> {
  const values = new Map<string, Uint8Array>();
  const put = (key: string, text: string): void => {
    if (fieldOf(key) !== null) values.set(key, Buffer.from(text, "utf8"));
  };
  const replicas = inside(object, "spec", "replicas");
  if (scales && typeof replicas === "number") put("replicas", `${replicas}\n`);
  for (const { part, container, at } of containersIn(object)) {
    const image = textIn(at, "image");
    if (image !== undefined) put(keyOf({ what: "image", part, container }), `${image}\n`);
    for (const one of listIn(at, "env")) {
      const name = textIn(one, "name") ?? "";
      // A variable that is empty is left out of what the API shows; one from elsewhere is not ours to hold.
      if (inside(one, "valueFrom") === undefined)
        put(keyOf({ what: "env", part, container, name }), textIn(one, "value") ?? "");
    }
  }
  return values;
}

const containersIn = (object: Json | undefined) =>
  PARTS.flatMap((part) =>
    listIn(object, "spec", "template", "spec", part).map((at) => ({
      ...{ part, at, container: textIn(at, "name") ?? "" },
    })),
  );

/** What would bring a container about, or take the place of a value from elsewhere, is refused. */
function objectFault(
  object: Json,
  { items }: Batch,
  after: ReadonlyMap<string, Uint8Array>,
): TargetFailure | null {
  const containers = containersIn(object);
  for (const { key } of items) {
    const field = fieldOf(key);
    if (field === null || field.what === "replicas") continue;
    const at = containers.find(
      ({ part, container }) => part === field.part && container === field.container,
    )?.at;
    if (at === undefined)
      return refused(
        `there is no container \`${field.container}\` for \`${key}\``,
        "bring it with what deploys the workload, then its fields",
      );
    const isElsewhere = (one: Json): boolean =>
      field.what === "env" &&
      textIn(one, "name") === field.name &&
      inside(one, "valueFrom") !== undefined;
    if (listIn(at, "env").some(isElsewhere))
      return refused(
        `\`${key}\` takes its value from elsewhere (\`valueFrom\`)`,
        "change it there, or take the variable away first",
      );
  }
  const bytes = [...after].reduce((sum, [key, { length }]) => sum + key.length + length, 0);
  return bytes <= VALUES_BYTES ? null : tooLarge("all keys together", bytes, VALUES_BYTES);
}

type Container = { image?: string; readonly env: { name: string; value: string }[] };

function contentOf(values: ReadonlyMap<string, Uint8Array>): Readonly<Record<string, Json>> {
  const parts = new Map<string, Map<string, Container>>();
  let replicas: number | null = null;
  for (const [key, value] of values) {
    const field = fieldOf(key);
    const text = Buffer.from(value).toString("utf8");
    if (field === null) continue;
    if (field.what === "replicas") {
      replicas = Number(text);
      continue;
    }
    const part = parts.get(field.part) ?? new Map<string, Container>();
    const container = part.get(field.container) ?? { env: [] };
    if (field.what === "image") container.image = text.trimEnd();
    else container.env.push({ name: field.name, value: text });
    parts.set(field.part, part.set(field.container, container));
  }
  const lists = [...parts].map(([part, containers]) => {
    const list = [...containers].map(([name, { image, env }]) => ({
      name,
      ...(image === undefined ? {} : { image }),
      ...(env.length === 0 ? {} : { env }),
    }));
    return [part, list] as const;
  });
  return {
    spec: {
      ...(replicas === null ? {} : { replicas }),
      ...(lists.length === 0 ? {} : { template: { spec: Object.fromEntries(lists) } }),
    },
  };
}
