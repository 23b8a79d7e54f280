// SPDX-License-Identifier: Apache-2.0
import type { Resolved } from "../secrets.ts";
import { type SettingsReader, settingsReader } from "../settings.ts";
import type { Answered } from "../target.ts";
import type { ClientOptions } from "../web/client.ts";
import { readOrigin, readWeb } from "../web/settings.ts";
import { type Layout, layoutOf } from "./layout.ts";

/** What etcd allows unless its operator says otherwise: `--max-txn-ops` and `--max-request-bytes`. */
const TXN_OPS = 128;
const REQUEST_BYTES = 1_572_864;
const DAY = 86_400;
const ENDPOINTS_MAX = 16;

export type EtcdSettings = {
  readonly endpoints: readonly URL[];
  readonly web: Omit<ClientOptions, "origin">;
  readonly user: { readonly name: string; readonly password: string } | null;
  readonly layout: Layout;
  readonly txnOps: number;
  readonly requestBytes: number;
  /** How long, at least, an idempotency key is remembered. */
  readonly rememberSeconds: number;
};

export function readEtcdSettings(resolved: Resolved): Answered<EtcdSettings> {
  const read = settingsReader(resolved);
  const name = read.optionalText("user");
  const password = read.optionalSecret("password");
  if ((name === undefined) !== (password === undefined))
    read.refuse(
      name === undefined ? "user" : "password",
      "is missing: `user` and `password` go together",
    );
  const user = name === undefined || password === undefined ? null : { name, password };
  const endpoints = read.texts("endpoints");
  if (endpoints.length === 0 || endpoints.length > ENDPOINTS_MAX)
    read.refuse("endpoints", `is no list of 1 to ${ENDPOINTS_MAX} addresses`);
  return read.end({
    endpoints: endpoints.map((text, at) =>
      readOrigin(read, { name: `endpoints[${at}]`, text, hasSecret: user !== null }),
    ),
    web: readWeb(read),
    user,
    layout: readLayout(read),
    txnOps: read.whole("txnOps", { from: 8, to: 100_000, otherwise: TXN_OPS }),
    requestBytes: read.whole("requestBytes", {
      from: 1 << 10,
      to: 1 << 30,
      otherwise: REQUEST_BYTES,
    }),
    rememberSeconds: read.whole("rememberSeconds", {
      from: 600,
      to: 365 * DAY,
      otherwise: 7 * DAY,
    }),
  });
}

function readLayout(read: SettingsReader): Layout {
  const prefixes = read.cells((place) => (typeof place === "string" ? place : ""));
  for (const [cell, prefix] of prefixes)
    if (prefix === "" || !prefix.isWellFormed())
      read.fault(`cells.${cell}`, "is no prefix, a text of at least one character");
  const layout = layoutOf(prefixes);
  if (typeof layout !== "string") return layout;
  read.fault("cells", `overlap: ${layout}`);
  return { prefixes, sorted: [] };
}
