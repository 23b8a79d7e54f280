// SPDX-License-Identifier: Apache-2.0
import type { Json } from "@interlock/digest";
import { failed, refused } from "./failure.ts";
import { KINDS } from "./kinds.ts";
import { resolveSecrets, type Secrets, unreadSecrets } from "./secrets.ts";
import type { SettingsFault } from "./settings.ts";
import type { Answered, Target } from "./target.ts";

/** A target as a description of a control plane names it. */
export type TargetPlace = {
  readonly name: string;
  readonly kind: Target["kind"];
  readonly settings: Json;
};

/**
 * Opens a target. Wrong settings and references that name nothing are failures that say which field;
 * a target that is away opens, and says so when it is asked something.
 */
export async function openTarget(
  { name, kind, settings }: TargetPlace,
  secrets: Secrets,
): Promise<Answered<Target>> {
  const driver = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (driver === undefined)
    return failed(
      refused(`\`${name}\`: there is no kind \`${kind}\``, `use ${Object.keys(KINDS).join(", ")}`),
    );
  const resolved = await resolveSecrets(settings, secrets);
  const opened = resolved.ok ? await driver.open(name, resolved.value) : resolved;
  if (opened.ok) return opened;
  const { code, message, help } = opened.failure;
  return failed({ code, message: `\`${name}\`: ${message}`, help });
}

/**
 * What would keep settings from being opened, as far as it shows without the values that their
 * references name, which may be on another machine.
 */
export function settingsFaults({
  kind,
  settings,
}: Omit<TargetPlace, "name">): readonly SettingsFault[] {
  const faults: SettingsFault[] = [];
  KINDS[kind]?.read({ ...unreadSecrets(settings), faults });
  return faults;
}
