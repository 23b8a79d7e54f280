/** Laws of containment over generated manifests: what the tables add is let in, and nothing else. */
import type { Json } from "@interlock/digest";
import fc from "fast-check";
import { expect, it } from "vitest";
import { shapeOf } from "../src/admission/match/kinds.ts";
import {
  type Around,
  isList,
  isMap,
  type JsonMap,
  type Shape,
} from "../src/admission/match/shape.ts";
import { against, changed } from "./admitting.ts";

// What the tables say is added, wherever it may be: the API server's work, done again.
function defaulted(value: Json, shape: Shape, around: Around | null, root: JsonMap): Json {
  if (isMap(value)) {
    const inner: Around = { approved: value, held: value, root };
    const names = new Set([...Object.keys(value), ...Object.keys(shape.fields ?? {})]);
    const out: Record<string, Json> = {};
    for (const name of names) {
      const its = shape.fields?.[name] ?? shape.values ?? {};
      const said = Object.hasOwn(value, name) ? value[name] : undefined;
      const given = Object.hasOwn(value, name)
        ? said
        : ((typeof its.default === "function" ? its.default(inner) : its.default) ??
          (its.made === true ? {} : undefined));
      if (given !== undefined) out[name] = defaulted(given, its, inner, root);
    }
    return out;
  }
  if (isList(value)) return value.map((item) => defaulted(item, shape.each ?? {}, around, root));
  return value;
}

const word = fc.stringMatching(/^[a-z]{1,4}$/);
const labels = fc.dictionary(word, word, { maxKeys: 3 });
const named = <T>(one: fc.Arbitrary<T & { readonly name: string }>) =>
  fc.uniqueArray(one, { maxLength: 3, selector: ({ name }) => name });
const container = fc.record(
  {
    name: word,
    image: fc.constantFrom("web", "web:1", "web:latest", "r:5000/web@sha256:ab"),
    env: named(fc.record({ name: word, value: word })),
    ports: fc.uniqueArray(fc.record({ containerPort: fc.integer({ min: 1, max: 99 }) }), {
      selector: ({ containerPort }) => containerPort,
      maxLength: 2,
    }),
    readinessProbe: fc.record({ httpGet: fc.record({ port: fc.integer({ min: 1, max: 99 }) }) }),
  },
  { requiredKeys: ["name", "image"] },
);
const template = fc.record({
  metadata: fc.record({ labels }),
  spec: fc.record(
    {
      containers: named(container),
      volumes: named(fc.record({ name: word, configMap: fc.record({ name: word }) })),
      hostPID: fc.boolean(),
      nodeSelector: labels,
    },
    { requiredKeys: ["containers"] },
  ),
});
const object = (apiVersion: string, kind: string, spec: fc.Arbitrary<object>) =>
  fc.record({
    ...{ apiVersion: fc.constant(apiVersion), kind: fc.constant(kind), spec },
    metadata: fc.record({ name: word, namespace: word, labels }),
  });
const approvedObjects = fc.oneof(
  object("apps/v1", "Deployment", fc.record({ replicas: fc.nat(5), template })),
  object("apps/v1", "StatefulSet", fc.record({ serviceName: word, template })),
  object("apps/v1", "DaemonSet", fc.record({ template })),
  object(
    "batch/v1",
    "CronJob",
    fc.record({ schedule: word, jobTemplate: fc.record({ spec: fc.record({ template }) }) }),
  ),
  object(
    "v1",
    "Service",
    fc.record({
      selector: labels,
      ports: fc.array(fc.record({ port: fc.integer({ min: 1, max: 9 }) }), { maxLength: 1 }),
    }),
  ),
  object("v1", "ConfigMap", fc.constant({ any: "1" })),
  object("example.com/v1", "Shop", fc.record({ a: fc.jsonValue({ maxDepth: 2 }) })),
) as fc.Arbitrary<JsonMap>; // JSON by its parts

const stored = (approved: JsonMap): JsonMap => {
  const shape = shapeOf(String(approved["apiVersion"]), String(approved["kind"])) ?? {};
  return defaulted(approved, shape, null, approved) as JsonMap; // a map stays one
};

/** Every place of an object, deepest included. */
function places(
  value: Json,
  path: readonly (string | number)[] = [],
): (readonly (string | number)[])[] {
  const inner = isList(value)
    ? value.map((item, i) => [i, item] as const)
    : isMap(value)
      ? Object.entries(value)
      : [];
  return [path, ...inner.flatMap(([name, item]) => places(item, [...path, name]))];
}

const valueAt = (value: Json, path: readonly (string | number)[]): Json =>
  path.reduce<Json>((at, part) => (at as Record<string | number, Json>)[part] ?? null, value);

it("(explained) what the tables add to an approved object is let in", () => {
  fc.assert(
    fc.property(approvedObjects, (approved) => {
      expect(against(approved, stored(approved))).toEqual([]);
      expect(against(approved, approved)).toEqual([]);
    }),
  );
});

it("(explained) a member more, wherever it is, is refused", () => {
  fc.assert(
    fc.property(
      approvedObjects,
      fc.nat(),
      fc.constantFrom("zz", "hostPath", "__proto__", "privileged"),
      (approved, at, name) => {
        const held = stored(approved);
        const maps = places(held).filter((path) => isMap(valueAt(held, path)));
        const path = maps[at % maps.length] ?? [];
        const copy = structuredClone(held);
        const map = valueAt(copy, path) as Record<string, Json>;
        Object.defineProperty(map, name, {
          value: "x",
          enumerable: true,
          configurable: true,
          writable: true,
        });
        expect(against(approved, copy)).not.toEqual([]);
      },
    ),
  );
});

it("(explained) another value, or none, where one was approved is refused", () => {
  fc.assert(
    fc.property(approvedObjects, fc.nat(), fc.boolean(), (approved, at, removes) => {
      const held = stored(approved);
      const own = places(approved).filter((path) => {
        const value = valueAt(approved, path);
        // Approved members that mean something: no empty list or map, and no zero that is left out.
        return (
          path.length > 0 && !isList(value) && !isMap(value) && value !== false && value !== null
        );
      });
      const path = own[at % own.length] ?? ["kind"];
      const last = removes && typeof path.at(-1) === "string";
      const tampered = changed(held, path, last ? undefined : "other than approved");
      expect([path, against(approved, tampered)]).not.toEqual([path, []]);
    }),
  );
});
