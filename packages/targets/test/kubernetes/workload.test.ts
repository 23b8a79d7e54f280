// SPDX-License-Identifier: Apache-2.0
import { createConnection } from "node:net";
import type { Json } from "@interlock/digest";
import type { BatchItem, Seen, Target, WriteOutcome } from "@interlock/targets";
import { describe, expect, onTestFinished, test } from "vitest";
import { openKubernetes } from "../../src/kubernetes/target.ts";
import { contractOf } from "../contract.ts";
import { type FaultyPlace, faultsOf } from "../faults.ts";
import { lineTo } from "../line.ts";
import { batchOf, heldAt, keysIn, type Place, put, textAt, versionAt, written } from "../place.ts";
import type { Tree } from "./fields.ts";
import { startWorkloadServer, type WorkloadServer } from "./workload-server.ts";

const CELLS = { here: "shop-eu/deployments/promise", there: "shop-us/deployments/promise" };
const PATHS: Readonly<Record<string, string>> = CELLS;
const HELM = { manager: "helm", operation: "Update", time: "2026-02-03T04:05:06Z" } as const;
const OURS = { manager: "interlock", operation: "Apply" } as const;

const container = (name: string, more: Tree = {}): Tree => ({
  ...{ name, image: `registry/${name}:1`, resources: { limits: { cpu: "1" } }, ...more },
});

const workload = (more: Tree = {}): Tree => ({
  spec: {
    ...{ selector: { matchLabels: { app: "promise" } }, replicas: 3 },
    template: {
      metadata: { labels: { app: "promise" } },
      spec: { containers: [container("app"), container("proxy")], restartPolicy: "Always" },
    },
    ...more,
  },
});

type WorkloadPlace = Place & {
  readonly server: WorkloadServer;
  readonly over: (origin: string, cells?: Readonly<Record<string, string>>) => Target;
};

async function workloadPlace(
  cells: Readonly<Record<string, string>> = CELLS,
): Promise<WorkloadPlace> {
  const server = await startWorkloadServer();
  for (const path of Object.values(cells))
    server.update(path, HELM, (object) => void Object.assign(object, workload()));
  const opened: Target[] = [];
  const over: WorkloadPlace["over"] = (origin, places = cells) => {
    const settings: Json = { server: origin, cells: places };
    const answered = openKubernetes("k8s", { settings, named: new Set() });
    if (!answered.ok) throw new Error(answered.failure.message);
    opened.push(answered.value);
    return answered.value;
  };
  return {
    ...{ server, over, target: over(server.origin), cells: ["here", "there"] },
    again: async () => over(server.origin),
    around: async () => undefined,
    remove: async () => {
      for (const target of opened) await target.close();
      await server.close();
    },
  };
}

const place = async (cells?: Readonly<Record<string, string>>): Promise<WorkloadPlace> => {
  const made = await workloadPlace(cells);
  onTestFinished(() => made.remove());
  return made;
};

const ENV = "containers/app/env/";

/** The variables of one container by their own names, so that they can stand for the keys of the contract. */
function variablesOf(target: Target): Target {
  const inner = (key: string): string => (key === "" ? "" : `${ENV}${key}`);
  const outer = (key: string): string => key.slice(ENV.length);
  const { lastWriter } = target;
  return {
    ...target,
    read: async (cell, keys) => {
      const read = await target.read(cell, keys.map(inner));
      if (!read.ok) return read;
      const items = [...read.value.items].map(([key, held]) => [outer(key), held] as const);
      return { ok: true, value: { fence: read.value.fence, items: new Map(items) } };
    },
    list: async (cell, { after, limit }) => {
      const listed = await target.list(cell, { after: `${ENV}${after ?? ""}`, limit });
      if (!listed.ok) return listed;
      const own = listed.value.keys.filter((key) => key.startsWith(ENV));
      const all = own.length === listed.value.keys.length && listed.value.next !== undefined;
      const keys = own.map(outer);
      return { ok: true, value: all ? { keys, next: keys.at(-1) ?? "" } : { keys } };
    },
    write: async (batch) => {
      const items = batch.items.map((item) => ({ ...item, key: inner(item.key) }));
      return outerOutcome(await target.write({ ...batch, items }), outer);
    },
    watch: async function* (since, signal) {
      for await (const seen of target.watch(since, signal))
        yield seen.kind === "changed" ? { ...seen, key: outer(seen.key) } : seen;
    },
    ...(lastWriter === undefined
      ? {}
      : { lastWriter: (asked) => lastWriter({ ...asked, key: inner(asked.key) }) }),
  };
}

const outerOutcome = (outcome: WriteOutcome, outer: (key: string) => string): WriteOutcome =>
  outcome.kind === "conflict" ? { ...outcome, keys: outcome.keys.map(outer) } : outcome;

/** Writes one variable as somebody who was handed it over, as in the contract of ConfigMaps. */
function writeVariable(server: WorkloadServer, cell: string, name: string, value: string | null) {
  server.update(PATHS[cell] ?? "", OURS, (object) => {
    const { spec } = object as { spec: { template: { spec: { containers: Tree[] } } } };
    const [app = {}] = spec.template.spec.containers;
    const env = (app["env"] ?? []) as { name: string; value: string }[];
    const others = env.filter((one) => one.name !== name);
    app["env"] = value === null ? others : [...others, { name, value }];
  });
}

async function variablesPlace(): Promise<WorkloadPlace> {
  const made = await workloadPlace();
  return {
    ...made,
    target: variablesOf(made.target),
    again: async () => variablesOf(await made.again()),
    over: (origin) => variablesOf(made.over(origin)),
    around: async (cell, key, value) =>
      writeVariable(made.server, cell, key, value === null ? null : Buffer.from(value).toString()),
  };
}

contractOf("Kubernetes workloads", () => variablesPlace(), { runs: 20 });
faultsOf("Kubernetes workloads", async (): Promise<FaultyPlace> => {
  const made = await variablesPlace();
  const line = await lineTo(() => createConnection(made.server.port, "127.0.0.1"));
  return {
    ...{ ...made, line, far: made.over(`http://127.0.0.1:${line.port}`) },
    decides: (data) => data.toString("latin1").startsWith("PATCH"),
    remove: async () => {
      await made.remove();
      await line.close();
    },
  };
});

const imageOf = (server: WorkloadServer, at = 0): unknown => {
  const { spec } = server.object(CELLS.here) as {
    spec: { template: { spec: { containers: Tree[] } } };
  };
  return spec.template.spec.containers[at]?.["image"];
};

/** What people do once, so that Interlock may set these fields. */
function handOver(server: WorkloadServer): void {
  const app = { name: "app", image: "registry/app:1" };
  const spec = { replicas: 3, template: { spec: { containers: [app] } } };
  server.force(CELLS.here, "interlock", { spec });
  server.leave(CELLS.here, "interlock");
}

const over = async (target: Target, key: string, text: string): Promise<BatchItem> =>
  put(key, text, await versionAt(target, "here", key));

describe("the fields of a workload", () => {
  test("are keys with the values that people read in it", async () => {
    const { target, server } = await place();
    expect(await keysIn(target, "here")).toEqual([
      ...["containers/app/image", "containers/proxy/image", "replicas"],
    ]);
    expect(await textAt(target, "here", "containers/app/image")).toBe("registry/app:1\n");
    expect(await textAt(target, "here", "replicas")).toBe("3\n");
    server.update(CELLS.here, HELM, (object) => {
      const { spec } = object as { spec: { template: { spec: Tree } } };
      const secret = { name: "B", valueFrom: { secretKeyRef: { name: "s", key: "k" } } };
      const env = [
        { name: "A", value: "x" },
        secret,
        { name: "C" },
        { name: "odd name", value: "1" },
      ];
      spec.template.spec["containers"] = [container("app", { env })];
      spec.template.spec["initContainers"] = [container("migrate")];
    });
    expect(await keysIn(target, "here")).toEqual([
      ...["containers/app/env/A", "containers/app/env/C", "containers/app/image"],
      ...["initContainers/migrate/image", "replicas"],
    ]);
    expect(await textAt(target, "here", "containers/app/env/C")).toBe("");
    expect(await heldAt(target, "here", "containers/app/env/B")).toBeNull();
  });

  test("are set once they were handed over, and nothing else is touched", async () => {
    const { target, server } = await place();
    handOver(server);
    const items = [
      await over(target, "containers/app/image", "registry/app:2\n"),
      await over(target, "replicas", "5\n"),
      put("containers/app/env/MODE", "new", null),
    ];
    await written(target, batchOf("here", items));
    const { spec } = server.object(CELLS.here) as ReturnType<typeof workload> & { spec: Tree };
    expect(spec).toEqual(
      workload({
        replicas: 5,
        template: {
          metadata: { labels: { app: "promise" } },
          spec: {
            containers: [
              container("app", {
                ...{ image: "registry/app:2", env: [{ name: "MODE", value: "new" }] },
              }),
              container("proxy"),
            ],
            restartPolicy: "Always",
          },
        },
      })["spec"],
    );
    // What was applied before is in every apply, or it would be taken away.
    await written(target, batchOf("here", [await over(target, "replicas", "4\n")]));
    expect(await textAt(target, "here", "containers/app/env/MODE")).toBe("new");
    expect(imageOf(server)).toBe("registry/app:2");
  });

  test("that belong to another manager are a lost race that names it, and are never forced", async () => {
    const { target, server } = await place();
    const image = await over(target, "containers/app/image", "registry/app:2\n");
    expect(await target.write(batchOf("here", [image]))).toEqual({
      ...{ kind: "conflict", keys: ["containers/app/image"], done: [] },
      owners: ['"helm" using apps/v1 at 2026-02-03T04:05:06Z'],
    });
    // To have the same value makes both of them owners, which is not enough.
    const app = { name: "app", image: "registry/app:1" };
    server.force(CELLS.here, "interlock", { spec: { template: { spec: { containers: [app] } } } });
    expect(await target.write(batchOf("here", [image]))).toMatchObject({ kind: "conflict" });
    handOver(server);
    const scaler = { manager: "hpa", operation: "Update", subresource: "scale" } as const;
    server.update(CELLS.here, scaler, (object) => {
      (object["spec"] as Tree)["replicas"] = 9;
    });
    const items = [image, await over(target, "replicas", "2\n")];
    expect(await target.write(batchOf("here", items))).toEqual({
      ...{ kind: "conflict", keys: ["replicas"], done: [] },
      owners: ['"hpa" with subresource "scale" using apps/v1'],
    });
    expect([imageOf(server), await textAt(target, "here", "replicas")]).toEqual([
      ...["registry/app:1", "9\n"],
    ]);
    expect(server.applies.every(({ metadata }) => (metadata as Tree)["resourceVersion"])).toBe(
      true,
    );
    const version = await versionAt(target, "here", "replicas");
    expect(await target.lastWriter?.({ cell: "here", key: "replicas", version })).toEqual({
      ...{ ok: true, value: { trust: "told", name: "hpa", how: "Update of scale" } },
    });
  });

  test("(nothing-taken-away) where our manager owns more than keys nothing is applied", async () => {
    const { target, server } = await place();
    handOver(server);
    server.force(CELLS.here, "interlock", {
      spec: {
        replicas: 3,
        template: { spec: { containers: [container("app")] } },
      },
    });
    const image = await over(target, "containers/app/image", "registry/app:2\n");
    expect(await target.write(batchOf("here", [image]))).toMatchObject({
      ...{ kind: "refused" },
      failure: {
        message: expect.stringMatching(/owns `.*resources\.limits\.cpu`, which an apply/),
      },
    });
    expect(server.applies).toEqual([]);
    expect(imageOf(server)).toBe("registry/app:1");
  });

  test("are not written where somebody took over what is kept beside them", async () => {
    const { target, server } = await place();
    handOver(server);
    await written(target, batchOf("here", [await over(target, "replicas", "4\n")]));
    // As `kubectl rollout undo` does, with the annotations of an older set of replicas.
    server.update(CELLS.here, { manager: "kubectl-rollout", operation: "Update" }, (object) => {
      (object["metadata"] as Tree)["annotations"] = { "interlock.dev/fence": "0" };
    });
    const batch = batchOf("here", [await over(target, "replicas", "5\n")]);
    expect(await target.write(batch)).toMatchObject({
      ...{ kind: "refused" },
      failure: { message: expect.stringMatching(/beside these keys belongs to "kubectl-rollout"/) },
    });
    expect(await textAt(target, "here", "replicas")).toBe("4\n");
  });

  test.each<readonly [string, BatchItem, RegExp]>([
    ["an image without its line break", put("containers/app/image", "a:1", "v"), /no image in one/],
    ["an image of two lines", put("containers/app/image", "a:1\nb\n", "v"), /no image in one line/],
    ["a share of replicas", put("replicas", "1.5\n", "v"), /no number of replicas/],
    ["fewer than none", put("replicas", "-1\n", "v"), /no number of replicas/],
    ["no replicas at all", { key: "replicas", value: null, over: "v" }, /cannot be taken away/],
    ["another field", put("containers/app/command", "sh", null), /no field of a Deployment/],
    ["a path that leads elsewhere", put("containers/app/env/..", "x", null), /no field/],
    ["a container that is not there", put("containers/new/env/A", "x", null), /no container `new`/],
    ["a variable from elsewhere", put("containers/app/env/B", "x", null), /`valueFrom`/],
  ])("refuse %s", async (_, item, says) => {
    const { target, server } = await place();
    server.update(CELLS.here, HELM, (object) => {
      const { spec } = object as { spec: { template: { spec: Tree } } };
      const env = [{ name: "B", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }];
      spec.template.spec["containers"] = [container("app", { env })];
    });
    expect(await target.write(batchOf("here", [item]))).toMatchObject({
      ...{ kind: "refused", failure: { message: expect.stringMatching(says) } },
    });
    expect(server.applies).toEqual([]);
  });

  test("of one that is not there are refused, and it is not made", async () => {
    const { target, server } = await place();
    server.remove(CELLS.here);
    const refused = {
      failure: { code: "TARGET_REFUSED", message: /no Deployment `shop-eu\/promise`/ },
    };
    const told = {
      failure: { ...refused.failure, message: expect.stringMatching(refused.failure.message) },
    };
    expect(await target.read("here", ["replicas"])).toMatchObject({ ok: false, ...told });
    expect(await target.list("here", { limit: 1 })).toMatchObject({ ok: false, ...told });
    expect(await target.write(batchOf("here", [put("replicas", "1\n", null)]))).toMatchObject(told);
    expect(server.object(CELLS.here)).toBeUndefined();
  });

  test("of a DaemonSet have no replicas", async () => {
    const { target } = await place({ here: "shop-eu/daemonsets/agent" });
    expect(await target.read("here", ["replicas"])).toMatchObject({
      ...{ ok: false, failure: { message: expect.stringContaining("no field of a DaemonSet") } },
    });
    expect(await keysIn(target, "here")).toEqual([
      ...["containers/app/image", "containers/proxy/image"],
    ]);
  });

  test("are watched; that a controller goes on is no change of a key", async () => {
    const { target, server } = await place();
    const stop = new AbortController();
    const stream = target.watch(null, stop.signal)[Symbol.asyncIterator]();
    const next = async (): Promise<Seen> => (await stream.next()).value;
    expect((await next()).kind).toBe("gap");
    server.status(CELLS.here, { observedGeneration: 1, replicas: 3 });
    server.update(CELLS.there, HELM, (object) => {
      (object["spec"] as Tree)["replicas"] = 7;
    });
    expect(await next()).toMatchObject({ kind: "changed", cell: "there", key: "replicas" });
    stop.abort();
  });
});

test.each<readonly [string, Readonly<Record<string, string>>, RegExp]>([
  ["another kind", { a: "shop/jobs/x" }, /no `namespace\/name` of a ConfigMap and no/],
  ["two kinds", { a: "shop/x", b: "shop/deployments/x" }, /of another kind than the first/],
  ["one twice", { a: "shop/deployments/x", b: "shop/deployments/x" }, /Deployment of another cell/],
])("settings with %s are refused", (_, cells, says) => {
  const settings = { server: "https://k8s.example.com", cells };
  expect(openKubernetes("k8s", { settings, named: new Set() })).toMatchObject({
    ...{ ok: false, failure: { message: expect.stringMatching(says) } },
  });
});

test("what has not arrived is read back with the value", async () => {
  const { target, server } = await place();
  expect(await target.read("here", ["replicas"])).toMatchObject({
    value: { unsettled: { says: "its controller has not seen it yet", isOver: false } },
  });
  const all = { replicas: 3, updatedReplicas: 3, availableReplicas: 3 };
  server.status(CELLS.here, { observedGeneration: 1, ...all });
  const read = await target.read("here", ["replicas"]);
  expect(read.ok && "unsettled" in read.value).toBe(false);
});
