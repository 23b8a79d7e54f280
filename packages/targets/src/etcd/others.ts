// SPDX-License-Identifier: Apache-2.0
/** Who else can write below the prefixes, as etcd's own users and roles say it. */
import type { Json } from "@interlock/digest";
import { answered, failed } from "../failure.ts";
import { OTHERS_MAX, type OtherWriter, type OtherWriters, shellWord } from "../others.ts";
import type { Answered } from "../target.ts";
import { listIn, textIn } from "../web/json.ts";
import { type Gateway, gatewayOf } from "./gateway.ts";
import type { EtcdSettings } from "./settings.ts";
import { failureOf } from "./wire.ts";

export async function etcdOthers(
  gateway: Gateway,
  settings: EtcdSettings,
): Promise<Answered<OtherWriters>> {
  const [first = ""] = settings.layout.prefixes.values();
  const anybody = gatewayOf({ ...settings, user: null });
  const question = { key: Buffer.from(first).toString("base64"), keys_only: true, limit: "1" };
  const open = await anybody.call("/v3/kv/range", question, true);
  anybody.close();
  if (open.kind === "away" || open.kind === "lost") return failed(failureOf(open));
  if (open.kind === "ok") return answered(withoutUsers(settings));
  const users = await gateway.call("/v3/auth/user/list", {}, true);
  if (users.kind !== "ok") return answered({ others: [], unseen: [ONLY_ROOT] });
  const others: OtherWriter[] = [];
  for (const who of listIn(users.body, "users").filter(isText)) {
    if (who === settings.user?.name || others.length >= OTHERS_MAX) continue;
    const role = await writingRole(gateway, settings, who);
    if (role === undefined) return answered({ others, unseen: [ONLY_ROOT] });
    if (role !== null)
      others.push({
        who,
        because: `its role \`${role}\` may write below the cells`,
        close: `etcdctl user revoke-role -- ${shellWord(who)} ${shellWord(role)}`,
      });
  }
  return answered({ others, unseen: [] });
}

const ONLY_ROOT =
  "which users of etcd may write below the cells: only its root is told (`etcdctl user list`, `etcdctl role get ROLE`)";

/** etcd asks nobody who they are; a certificate may be asked for before that. */
function withoutUsers({ web }: EtcdSettings): OtherWriters {
  const certificate = web.tls?.cert !== undefined;
  return {
    others: [
      {
        who: certificate
          ? "whoever has a certificate that etcd accepts"
          : "whoever reaches etcd in the network",
        because: "its authentication is off, so that nobody is asked for a name",
        close: "make a user for this server alone, and `etcdctl auth enable`",
      },
    ],
    unseen: [],
  };
}

const isText = (value: Json): value is string => typeof value === "string";

/** A role by which a user writes to some cell; `null`: none; `undefined`: we are not told. */
async function writingRole(
  gateway: Gateway,
  { layout }: EtcdSettings,
  name: string,
): Promise<string | null | undefined> {
  const user = await gateway.call("/v3/auth/user/get", { name }, true);
  if (user.kind !== "ok") return undefined;
  for (const role of listIn(user.body, "roles").filter(isText)) {
    if (role === "root") return role;
    const got = await gateway.call("/v3/auth/role/get", { role }, true);
    if (got.kind !== "ok") return undefined;
    const writes = listIn(got.body, "perm").some((perm) =>
      [...layout.prefixes.values()].some((prefix) => reaches(perm, prefix)),
    );
    if (writes) return role;
  }
  return null;
}

/** Of `authpb.Permission`: what is left out is the first of its kind, READ and no end. */
function reaches(perm: Json, prefix: string): boolean {
  if (!["WRITE", "READWRITE"].includes(textIn(perm, "permType") ?? "READ")) return false;
  const start = Buffer.from(textIn(perm, "key") ?? "", "base64");
  const end = Buffer.from(textIn(perm, "range_end") ?? "", "base64");
  const from = Buffer.from(prefix);
  if (end.length === 0) return start.subarray(0, from.length).equals(from);
  const endless = end.length === 1 && end[0] === 0;
  const begins = start.compare(from) <= 0 || start.subarray(0, from.length).equals(from);
  return begins && (endless || end.compare(from) > 0);
}
