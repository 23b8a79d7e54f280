// SPDX-License-Identifier: Apache-2.0
import { createConnection } from "node:net";
import type { Json } from "@interlock/digest";
import { describe, expect, test } from "vitest";
import { openKubernetes } from "../../src/kubernetes/target.ts";
import type { Seen, Target } from "../../src/target.ts";
import { contractOf } from "../contract.ts";
import { type FaultyPlace, faultsOf } from "../faults.ts";
import { lineTo } from "../line.ts";
import {
  batchOf,
  bytes,
  keysIn,
  type Place,
  put,
  set,
  textAt,
  versionAt,
  written,
} from "../place.ts";
import { type ApiServer, startApiServer } from "./api-server.ts";

const CELLS = { here: "shop-eu/promise", there: "shop-us/promise" };
const KUBECTL = { manager: "kubectl", operation: "Update" } as const;
const HANDED_OVER = { manager: "interlock", operation: "Apply" } as const;

type KubernetesPlace = Place & {
  readonly server: ApiServer;
  readonly over: (origin: string, more?: Readonly<Record<string, Json>>) => Target;
};

async function kubernetesPlace(token?: string): Promise<KubernetesPlace> {
  const server = await startApiServer(token);
  const opened: Target[] = [];
  const over: KubernetesPlace["over"] = (origin, more) => {
    const settings = { server: origin, cells: CELLS, ...more };
    const answered = openKubernetes("k8s", { settings, named: new Set(["settings.token"]) });
    if (!answered.ok) throw new Error(answered.failure.message);
    opened.push(answered.value);
    return answered.value;
  };
  return {
    server,
    over,
    target: over(server.origin),
    cells: ["here", "there"],
    again: async () => over(server.origin),
    // What somebody else owns is a conflict for ever; the contract is about what was handed over to us.
    around: async (cell, key, value) =>
      server.write(cell === "here" ? CELLS.here : CELLS.there, key, value, HANDED_OVER),
    remove: async () => {
      for (const target of opened) await target.close();
      await server.close();
    },
  };
}

contractOf("Kubernetes", () => kubernetesPlace(), { runs: 20 });
faultsOf("Kubernetes", async (): Promise<FaultyPlace> => {
  const place = await kubernetesPlace();
  const line = await lineTo(() => createConnection(place.server.port, "127.0.0.1"));
  return {
    ...place,
    line,
    far: place.over(`http://127.0.0.1:${line.port}`),
    decides: (data) => data.toString("latin1").startsWith("PATCH"),
    remove: async () => {
      await place.remove();
      await line.close();
    },
  };
});

describe("server-side apply", () => {
  test("neither takes nor deletes what another field manager owns, and leaves it alone", async () => {
    const { target, server, remove } = await kubernetesPlace();
    server.write(CELLS.here, "theirs", bytes("1"), KUBECTL);
    await written(target, batchOf("here", [put("ours", "1", null)]));
    const over = await versionAt(target, "here", "theirs");
    for (const value of [bytes("2"), null])
      expect(
        await target.write(batchOf("here", [{ key: "theirs", value, over }, put("x", "1", null)])),
      ).toMatchObject({ kind: "conflict", keys: ["theirs"], done: [] });
    const two = batchOf("here", [{ key: "theirs", value: bytes("2"), over }]);
    expect(await target.write(two)).toMatchObject({ owners: ['"kubectl" using v1'] });
    expect(await keysIn(target, "here")).toEqual(["ours", "theirs"]);
    // An equal value is owned by both, so that it is no conflict.
    await written(target, batchOf("here", [put("theirs", "1", over)]));
    expect(await textAt(target, "here", "theirs")).toBe("1");
    await remove();
  });

  test("keeps what it applied before, and holds bytes that are no text", async () => {
    const { target, remove } = await kubernetesPlace();
    await set(target, "here", "a", "1");
    const value = Uint8Array.from([255, 0, 1]);
    await written(target, batchOf("here", [{ key: "b", value, over: null }]));
    const over = await versionAt(target, "here", "b");
    await written(target, batchOf("here", [put("b", "text", over)]));
    expect(await keysIn(target, "here")).toEqual(["a", "b"]);
    await remove();
  });

  test("refuses what no ConfigMap holds before it is sent", async () => {
    const { target, remove } = await kubernetesPlace();
    const half = "v".repeat(600_000);
    expect(
      await target.write(batchOf("here", [put("a", half, null), put("b", half, null)])),
    ).toMatchObject({ kind: "refused", failure: { code: "TARGET_LIMIT" } });
    expect(await target.write(batchOf("here", [put("a/b", "1", null)]))).toMatchObject({
      kind: "refused",
    });
    await remove();
  });

  test("a token is sent, and without it everything is refused", async () => {
    const { target, over, server, remove } = await kubernetesPlace("token-1");
    const allowed = over(server.origin, { token: "token-1" });
    expect(await allowed.write(batchOf("here", [put("a", "1", null)]))).toEqual({
      kind: "written",
    });
    expect(await target.write(batchOf("here", [put("a", "1", null)]))).toMatchObject({
      kind: "refused",
      failure: { code: "TARGET_REFUSED", message: expect.stringContaining("Unauthorized") },
    });
    expect(await target.health()).toMatchObject({ answers: false });
    expect(await allowed.health()).toEqual({ answers: true, says: "Kubernetes v1.34.0" });
    await remove();
  });
});

test("the manager that owns a key is told, with the time of its last write", async () => {
  const { target, server, remove } = await kubernetesPlace();
  const asked = async (key: string) => {
    const version = await versionAt(target, "here", key);
    return await target.lastWriter?.({ cell: "here", key, version });
  };
  server.write(CELLS.here, "old", bytes("1"), { ...KUBECTL, time: "2026-01-02T03:04:05Z" });
  const edit = { manager: "kubectl\u202e-edit\n", operation: "Update" } as const;
  server.write(CELLS.here, "a", bytes("1"), {
    ...{ ...edit, time: "2026-02-03T04:05:06Z", subresource: "status" },
  });
  const at = Date.UTC(2026, 1, 3, 4, 5, 6);
  const name = "kubectl\\u{202e}-edit";
  const value = { trust: "told", name, how: "Update of status", at };
  expect(await asked("a")).toEqual({ ok: true, value });
  expect(await asked("old")).toMatchObject({ value: { name: "kubectl", how: "Update" } });
  server.write(CELLS.here, "a", bytes("2"), { ...KUBECTL, time: "yesterday" });
  expect(await asked("a")).toEqual({
    ...{ ok: true, value: { trust: "told", name: "kubectl", how: "Update" } },
  });
  await remove();
});

test("a watch is taken up where it broke off, and tells a gap where the past is gone", async () => {
  const { target, server, remove } = await kubernetesPlace();
  const stop = new AbortController();
  const stream = target.watch(null, stop.signal)[Symbol.asyncIterator]();
  const next = async (): Promise<Seen | undefined> => {
    const { value, done } = await stream.next();
    return done === true ? undefined : value;
  };
  expect((await next())?.kind).toBe("gap");
  await set(target, "here", "a", "1");
  expect(await next()).toMatchObject({ kind: "changed", cell: "here", key: "a" });
  const lists = server.lists();
  server.endWatches();
  server.write(CELLS.there, "b", bytes("1"), KUBECTL);
  expect(await next()).toMatchObject({ kind: "changed", cell: "there", key: "b" });
  expect(server.lists()).toBe(lists);
  server.compact();
  expect((await next())?.kind).toBe("gap");
  server.write(CELLS.there, "b", null, KUBECTL);
  expect(await next()).toMatchObject({ kind: "changed", cell: "there", key: "b" });
  stop.abort();
  expect(await next()).toBeUndefined();
  await remove();
});
