// SPDX-License-Identifier: Apache-2.0

import { isExpression } from "../config/hcl/block.ts";
import type { Node } from "../config/types.ts";
import { isEmpty, isFalse, isTrue, textOf } from "../kubernetes/node.ts";
import { type Setting, settingsOf } from "./settings.ts";

/** A setting that guards data, and when it no longer does. */
type Guard = {
  readonly aspect: string;
  readonly key: RegExp;
  /** The map around it, where the key alone would mean anything. */
  readonly section?: RegExp;
  /** Guards: the value keeps data. Absent is `undefined`. */
  readonly guards: (node: Node | undefined) => boolean;
};

const on = (node: Node | undefined): boolean =>
  isTrue(node) || /^(?:enabled?|active|versioned|retain|snapshot)$/i.test(textOf(node));
const onByDefault = (node: Node | undefined): boolean => node === undefined || !isOff(node);
const off = (node: Node | undefined): boolean => node === undefined || isOff(node) || isEmpty(node);
const isOff = (node: Node): boolean =>
  isFalse(node) || /^(?:disabled?|suspended|off|none|delete)$/i.test(textOf(node));

/*
 * Where the default differs between providers, only a value that is written and taken back counts,
 * so that no provider's default has to be known.
 */
const GUARDS: readonly Guard[] = [
  { aspect: "prevent-destroy", key: /^prevent_destroy$/, guards: on },
  { aspect: "create-before-destroy", key: /^create_before_destroy$/, guards: on },
  {
    aspect: "deletion-protection",
    key: /^(?:enable_)?(?:deletion|termination|delete)_protection(?:_enabled|_state)?$|^disable_api_termination$|^purge_protection(?:_enabled)?$|^prevent_deletion_if_contains_resources$|^object_lock_enabled$/,
    guards: on,
  },
  {
    aspect: "deletion-policy",
    key: /^(?:deletion|update_replace|removal)_policy$/,
    guards: (n) =>
      n !== undefined && /^(?:retain|snapshot|abandon|orphan|prevent)/i.test(textOf(n)),
  },
  { aspect: "final-snapshot", key: /^skip_final_(?:snapshot|backup)$/, guards: off },
  {
    aspect: "force-destroy",
    key: /^force_(?:destroy|delete|delete_repository|delete_without_recovery)$|^purge_soft_delete_on_destroy$|^delete_contents_on_destroy$/,
    guards: off,
  },
  { aspect: "backup-with-data", key: /^delete_automated_backups$/, guards: off },
  {
    aspect: "backup-with-data",
    key: /^geo_redundant_backup(?:_enabled)?$|^retain_backups_on_delete$|^cross_region_(?:backup|restore)(?:_enabled)?$/,
    guards: on,
  },
  { aspect: "versioning", key: /^versioning_enabled$|^versioned$/, guards: on },
  {
    aspect: "versioning",
    key: /^(?:enabled|status)$/,
    section: /^versioning(?:_configuration)?$/,
    guards: on,
  },
  {
    aspect: "backups",
    key: /^(?:enabled|point_in_time_recovery_enabled|binary_log_enabled)$/,
    section:
      /^(?:point_in_time_recovery|point_in_time_recovery_specification|backup(?:_configuration|_policy|s)?|continuous_backups_configuration|snapshots?)$/,
    guards: on,
  },
  { aspect: "soft-delete", key: /^soft_delete(?:_enabled)?$/, guards: onByDefault },
];

/** A setting that came to guard less than before. */
export type Loosened = {
  readonly aspect: string;
  readonly key: string;
  /** Of the setting, or of what held it; `null` when neither stands any more. */
  readonly line: number | null;
  readonly before: Node | undefined;
  readonly after: Node | undefined;
};

/** Guards that are on before and off after, in any notation and at any depth. */
export function loosened(before: Node, after: Node): readonly Loosened[] {
  const [old, now] = [settingsOf(before), settingsOf(after)];
  const paths = [...new Set([...old.keys(), ...now.keys()])];
  return paths.flatMap((path) => {
    const [had, has] = [old.get(path), now.get(path)];
    const setting = has ?? had;
    const guard = setting === undefined ? undefined : guardOf(setting);
    if (guard === undefined || setting === undefined) return [];
    if (!isLiteral(had) || !isLiteral(has)) return [];
    if (has === undefined && !stillAround(setting, now)) return [];
    if (!guard.guards(had?.node) || guard.guards(has?.node)) return [];
    const { aspect } = guard;
    const line = has?.line ?? holderLine(setting, now);
    return [{ aspect, key: setting.key, line, before: had?.node, after: has?.node }];
  });
}

/** Absent, or a scalar that says something without a plan. */
const isLiteral = (setting: Setting | undefined): boolean =>
  setting === undefined || (setting.node.kind === "scalar" && !isExpression(setting.node));

// Maps that exist only to hold such settings: without them the setting is gone, not its owner.
const HOLDERS =
  /^(?:lifecycle|versioning(?:_configuration)?|point_in_time_recovery(?:_specification)?|backup(?:_configuration|_policy|s)?|continuous_backups_configuration|snapshots?)$/;

/** What the setting belonged to is still declared; otherwise its removal is the whole story. */
function stillAround(setting: Setting, now: ReadonlyMap<string, Setting>): boolean {
  const [parent, outer] = setting.within;
  const lives = (path: string) => path === "" || now.has(path);
  return lives(parent) || (HOLDERS.test(setting.section) && lives(outer));
}

function holderLine({ within }: Setting, now: ReadonlyMap<string, Setting>): number | null {
  return within.map((path) => now.get(path)?.line).find((line) => line !== undefined) ?? null;
}

function guardOf(setting: Setting): Guard | undefined {
  // The default of a variable speaks for the variable.
  const name = setting.key === "default" ? setting.section : setting.key;
  return GUARDS.find(
    ({ key, section }) =>
      key.test(name) && (section === undefined || section.test(setting.section)),
  );
}

// How long something can still be had back, in days or copies.
const RETENTION =
  /^(?:backup_retention(?:_period|_days)?|automated_(?:snapshot|backup)_retention(?:_period|_days)?|snapshot_retention(?:_limit|_period)?|retained_backups|retention_(?:period|days|in_days)|transaction_log_retention_days|soft_delete_retention_(?:in_)?days|recovery_window_in_days|deletion_window_in_days|message_retention_duration|days_to_retain|delete_after(?:_days)?)$/;
const BACKUP_SECTION = /backup|snapshot|recovery|retention|lifecycle|soft_delete/;

// Without these a provider waits longer, not shorter.
const WAITING = /^(?:recovery_window_in_days|deletion_window_in_days|soft_delete_retention_\w+)$/;

export type Retention = {
  readonly key: string;
  readonly line: number | null;
  readonly before: number;
  /** `null` when the setting is gone and a default unknown here stands. */
  readonly after: number | null;
};

/** Retention of backups, snapshots and deleted things that gets shorter. */
export function shortened(before: Node, after: Node): readonly Retention[] {
  const now = settingsOf(after);
  const found: Retention[] = [];
  for (const [path, setting] of settingsOf(before)) {
    const { key, section, node } = setting;
    if (!RETENTION.test(key)) continue;
    if (!now.has(path) && (WAITING.test(key) || !stillAround(setting, now))) continue;
    if (/^(?:retention|days|delete)/.test(key) && !BACKUP_SECTION.test(section)) continue;
    const has = now.get(path);
    const was = wholeNumber(node);
    const is = has === undefined ? null : wholeNumber(has.node);
    if (was === null || was === 0 || (has !== undefined && (is === null || is >= was))) continue;
    found.push({ key, line: has?.line ?? holderLine(setting, now), before: was, after: is });
  }
  return found;
}

function wholeNumber(node: Node): number | null {
  const text = textOf(node);
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}
