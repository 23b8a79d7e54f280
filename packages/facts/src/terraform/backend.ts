// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import { isExpression } from "../config/hcl/block.ts";
import { child, same, textOf } from "../kubernetes/node.ts";
import type { ResourcePair } from "./pair.ts";
import { findingDelta } from "./report.ts";
import { folderOf, type Resource } from "./resource.ts";
import { settingsOf } from "./settings.ts";

/** Folders of backends that come or go, as far as other Terraform files stand in them. */
export type Folders = { readonly before: ReadonlySet<string>; readonly after: ReadonlySet<string> };

/** Where state is kept and which account and region the code speaks to. */
export function backendDeltas(pairs: readonly ResourcePair[], folders: Folders): readonly Delta[] {
  const gone = pairs.flatMap((p) =>
    p.after === null && p.before.kind === "backend" ? [p.before] : [],
  );
  const come = pairs.flatMap((p) =>
    p.before === null && p.after.kind === "backend" ? [p.after] : [],
  );
  return [
    ...pairs.flatMap(changed),
    ...gone.flatMap((before) => replacedBackend(before, come, folders)),
    ...come.flatMap((after) => addedBackend(after, gone, folders)),
  ];
}

// What says where the state lies; credentials, locking and retries do not move it.
const PLACE =
  /^(?:bucket|key|prefix|path|container_name|storage_account_name|resource_group_name|organization|hostname|name|workspaces?|workspace_key_prefix|address|conn_str|schema_name|backend|config|region|project)$/;
const ACCOUNT =
  /^(?:region|profile|project|account_id|allowed_account_ids|subscription_id|tenant_id|role_arn|endpoint|config_context|host)$/;

function changed(pair: ResourcePair): readonly Delta[] {
  if (pair.before === null || pair.after === null) return [];
  if (pair.after.kind === "backend")
    return settingChanges(pair.before, pair.after, "backend", PLACE);
  if (pair.after.kind === "provider") {
    return settingChanges(pair.before, pair.after, "provider-target", ACCOUNT);
  }
  return [];
}

function settingChanges(before: Resource, after: Resource, aspect: string, keys: RegExp) {
  const old = settingsOf(before.node);
  return [...settingsOf(after.node).values()].flatMap((setting) => {
    const was = old.get(setting.path);
    if (was === undefined || setting.node.kind !== "scalar" || !keys.test(setting.key)) return [];
    if (same(was.node, setting.node)) return [];
    // A literal that becomes a variable, or the reverse, most often keeps its value.
    if (isExpression(was.node) !== isExpression(setting.node)) return [];
    return [
      findingDelta(after, {
        aspect: aspect === "backend" && setting.section === "workspaces" ? "workspace" : aspect,
        op: "changed",
        key: setting.key,
        line: setting.line,
        before: was.node,
        after: setting.node,
      }),
    ];
  });
}

/** Another kind of backend, or none: Terraform then starts from an empty local state. */
function replacedBackend(
  before: Resource,
  come: readonly Resource[],
  folders: Folders,
): readonly Delta[] {
  const folder = folderOf(before.path);
  // The whole root goes: there is nothing left that would start from an empty state.
  if (!folders.after.has(folder)) return [];
  const next = come.find((after) => folderOf(after.path) === folder);
  const at = next ?? before;
  return [
    findingDelta(at, {
      aspect: "backend",
      op: next === undefined ? "removed" : "changed",
      key: "backend",
      says: { before: before.name, after: next?.name ?? "" },
      tags: next === undefined || next.name === "local" ? ["local"] : [],
    }),
  ];
}

function addedBackend(
  after: Resource,
  gone: readonly Resource[],
  folders: Folders,
): readonly Delta[] {
  const folder = folderOf(after.path);
  if (gone.some((before) => folderOf(before.path) === folder)) return [];
  return [
    findingDelta(after, {
      aspect: "backend",
      op: "added",
      key: "backend",
      says: { before: "", after: after.name },
      tags: [
        ...(folders.before.has(folder) ? ["existing-root"] : ["new-object"]),
        ...(after.name === "local" ? ["local"] : []),
        ...(textOf(child(after.node, "path")) === "" ? [] : ["path"]),
      ],
    }),
  ];
}
