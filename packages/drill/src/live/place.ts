// SPDX-License-Identifier: Apache-2.0
/** Where the shop's configuration lives, as the shop itself sees it: no driver of ours is in between. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GateError } from "@interlock/core";
import type { Json } from "@interlock/digest";

export type Place = {
  readonly kind: "files" | "etcd";
  /** Of the target in the description of the control plane. */
  readonly settings: Json;
  /** What is there before anything happens; later only Interlock writes. */
  readonly put: (cell: string, key: string, text: string) => Promise<void>;
  readonly read: (cell: string, key: string) => Promise<string | null>;
};

/** A folder a cell below `root`. */
export function filesPlace(root: string, cells: readonly string[]): Place {
  for (const cell of cells) mkdirSync(join(root, cell), { recursive: true });
  return {
    kind: "files",
    settings: { root, cells: Object.fromEntries(cells.map((cell) => [cell, cell])) },
    put: async (cell, key, text) => writeFileSync(join(root, cell, key), text),
    read: async (cell, key) => readFileSync(join(root, cell, key), "utf8"),
  };
}

/** A prefix a cell, through the JSON gateway: https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/. */
export function etcdPlace(endpoint: string, cells: readonly string[]): Place {
  const place = (cell: string, key: string) => Buffer.from(`/${cell}/${key}`).toString("base64");
  const post = async (path: string, body: object): Promise<Gotten> => {
    const response = await fetch(`${endpoint}${path}`, {
      method: "POST",
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(5_000),
    });
    if (response.ok) return (await response.json()) as Gotten; // as the gateway describes it
    throw new GateError(
      "JUDGING_STOPPED",
      `etcd answers ${response.status} to ${path}`,
      "run the drill again",
    );
  };
  return {
    kind: "etcd",
    settings: {
      endpoints: [endpoint],
      cells: Object.fromEntries(cells.map((cell) => [cell, `/${cell}/`])),
    },
    put: async (cell, key, text) => {
      const value = Buffer.from(text).toString("base64");
      await post("/v3/kv/put", { key: place(cell, key), value });
    },
    read: async (cell, key) => {
      const { kvs } = await post("/v3/kv/range", { key: place(cell, key) });
      const value = kvs?.[0]?.value;
      return value === undefined ? null : Buffer.from(value, "base64").toString("utf8");
    },
  };
}

type Gotten = { readonly kvs?: readonly { readonly value?: string }[] };
