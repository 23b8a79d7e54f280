// SPDX-License-Identifier: Apache-2.0
import { AWAY, MODES, type Policy, SEVERITIES } from "@interlock/core";
import { z } from "zod";

const name = z.string().max(200);
const texts = z.array(name).max(1_000);
const count = z.int().min(0);
const mode = z.enum(MODES);

const REQUIREMENT = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("approvals"),
    count: count.max(50),
    from: z.union([
      z.enum(["anyone", "owners"]),
      z.templateLiteral(["team:", z.string().max(200)]),
    ]),
    distinct: z.array(z.literal("teams")).max(1),
    via: z.enum(["review", "passkey"]),
    keys: z.literal("device-bound").exactOptional(),
    naming: texts,
  }),
  z.strictObject({ kind: z.literal("document"), sections: texts }),
  z.strictObject({ kind: z.literal("check"), names: texts }),
  z.strictObject({ kind: z.literal("staged"), cells: count, trafficPpm: count, bakeMs: count }),
  z.strictObject({ kind: z.literal("window"), calendars: texts }),
  z.strictObject({ kind: z.literal("rollback"), rehearsedWithinMs: count }),
  z.strictObject({ kind: z.literal("ticket"), systems: texts }),
  z.strictObject({ kind: z.literal("cooldown"), ms: count }),
  z.strictObject({ kind: z.literal("deny"), reasons: texts }),
  z.strictObject({ kind: z.literal("known"), facts: texts }),
]);
const requirements = z.array(REQUIREMENT).max(100);
const expression = z.string().max(20_000);

const RULE = z.strictObject({
  id: name.min(1),
  title: z.string().max(2_000),
  when: expression.optional(),
  each: name.optional(),
  where: expression.optional(),
  says: z.string().max(5_000),
  help: z.string().max(5_000),
  require: requirements,
  severity: z.enum(SEVERITIES).optional(),
  covers: z.boolean(),
  mode: mode.optional(),
  from: z.int().optional(),
  until: z.int().optional(),
  motive: z
    .strictObject({ says: z.string().max(5_000), links: z.array(z.string().max(2_000)).max(20) })
    .optional(),
  origin: name,
});

const POLICY = z.strictObject({
  id: name,
  version: z.int(),
  mode,
  rules: z.array(RULE).max(5_000),
  otherwise: requirements,
  overrides: z
    .array(z.strictObject({ rule: name, system: name, mode, until: z.int().optional() }))
    .max(5_000),
  freezes: z
    .array(z.strictObject({ name, from: z.int(), until: z.int().optional(), systems: texts }))
    .max(1_000),
  calendars: z
    .array(
      z.strictObject({
        name,
        zone: name,
        days: z.array(z.int().min(1).max(7)).max(7),
        fromMinute: count.max(2_880),
        untilMinute: count.max(2_880),
        except: z.array(z.string().max(10)).max(1_000),
      }),
    )
    .max(1_000),
  missingOwner: z.enum(["hold", "anyone"]),
  ifDown: z
    .array(
      z.strictObject({
        tier: z.int().min(1).max(4),
        away: z.array(z.enum(AWAY)).max(AWAY.length),
        proceeds: z.boolean(),
        from: z.int().optional(),
        until: z.int().optional(),
      }),
    )
    .min(1)
    .max(100)
    .optional(),
});

export type PolicyRead =
  | { readonly ok: true; readonly policy: Policy }
  | { readonly ok: false; readonly path: string; readonly message: string };

/** Checks the shape of a policy that came over the wire; its expressions are for `policy` to check. */
export function readPolicyShape(value: unknown): PolicyRead {
  const read = POLICY.safeParse(value);
  // Checked field by field; an absent field is absent there and `undefined` in zod's type.
  if (read.success) return { ok: true, policy: read.data as unknown as Policy };
  const [first] = read.error.issues;
  return {
    ok: false,
    path: (first?.path ?? []).map(String).join("."),
    message: first?.message ?? "no policy",
  };
}
