// SPDX-License-Identifier: Apache-2.0

export type Update = {
  readonly line: number;
  readonly text: string;
  readonly key: string;
  readonly managed: boolean;
};

const ON = /^(?:"?(?:1|7|14|true|yes|on|always|enabled?|automatic|install|default|security)"?)/i;
const SETTING =
  /^\s*(?:-\s*)?["']?((?:APT::Periodic::)?(?:Unattended-Upgrades?|unattended[_-]upgrades?(?:_enabled)?|auto(?:matic)?[_-]?(?:upgrades?|updates?)(?:[_-]enabled)?|apply_updates|enable_auto_updates?|ManageForeignRoute(?:s|ingPolicyRules))(?:::[\w-]+)?)["']?\s*(?:[:=]\s*|\s+)(.{1,60})$/i;

const HINT = /unattended|auto\w{0,7}[_-]?up|apply_updates|ManageForeign/i;

/** Settings that let a machine update itself outside any pipeline, and are switched on. */
export function updatesIn(text: string): readonly Update[] {
  const found: Update[] = [];
  if (!HINT.test(text)) return found;
  for (const [at, row] of text.split("\n").entries()) {
    if (row.length > 400 || /^\s*(?:#|\/\/|;)/.test(row)) continue;
    const match = SETTING.exec(row.trimEnd());
    if (match === null || !ON.test((match[2] ?? "").trim())) continue;
    found.push({
      line: at + 1,
      text: row.replace(/#.*$/, "").trim(),
      key: match[1] ?? "",
      managed: /node_?pool|cluster|rds|aurora/i.test(text.slice(0, 2_000)),
    });
    if (found.length >= 100) break;
  }
  return found;
}
