// SPDX-License-Identifier: Apache-2.0
/** What every policy that blocks or warns asks of changes to the gate itself, whatever it lists. */
import {
  approvals,
  type CompiledPolicy,
  type Mode,
  type Override,
  type Policy,
  type Rule,
} from "@interlock/core";
import { builtInPacks } from "@interlock/policy";
import { compiled } from "./compiled.ts";

const PACK = "reliability-core";
const PACK_RULE = "R65";
const STRICTNESS: Readonly<Record<Mode, number>> = { observe: 0, warn: 1, enforce: 2 };

/**
 * The id of the built-in rule about the gate's own files. No rule of a file can be called so, so that
 * none can stand in for it, and no override can name it.
 */
export const GATE_RULE = "interlock:gate";

const GATE: Rule = {
  id: GATE_RULE,
  title: "The policy, the catalog, the people and the owners change with two passkeys",
  when: 'change.gate.exists(part, part in ["policy", "catalog", "people", "owners"])',
  says: "the change touches the gate itself",
  help: "two of its owners sign it with `interlock approve`, or in the console",
  require: [approvals(2, "owners", { via: "passkey" })],
  covers: false,
  origin: "built-in",
};

/**
 * A policy with what keeps it: whoever could soften the gate with less than two passkeys could take
 * every other rule out first. Asked as loudly as the loudest rule there is, and as long.
 */
export function gateKept(policy: Policy): CompiledPolicy {
  const { mode, louder } = loudest(policy);
  const pack = builtInPacks().get(PACK) ?? [];
  const listed = policy.rules.some((r) => r.id === PACK_RULE);
  const strictest = louder?.mode ?? mode;
  const added = pack.flatMap((r) =>
    r.id === PACK_RULE && !listed ? [{ ...r, mode: strictest }] : [],
  );
  if (strictest === "observe") return compiled({ ...policy, rules: [...policy.rules, ...added] });
  return compiled({
    ...policy,
    rules: [...policy.rules, ...added, { ...GATE, mode }],
    overrides: [...policy.overrides, ...(louder === null ? [] : [louder])],
  });
}

type Loudest = {
  /** Of what has no end. */
  readonly mode: Mode;
  /** What is louder than that, until the last of it ends. */
  readonly louder: Override | null;
};

function loudest({ mode: own, rules, overrides }: Policy): Loudest {
  const modes = [
    ...rules.flatMap(({ mode, until }) => (mode === undefined ? [] : [{ mode, until }])),
    ...overrides,
  ];
  const mode = strictestOf(
    modes.filter(({ until }) => until === undefined),
    own,
  );
  const louder = modes.filter((m) => STRICTNESS[m.mode] > STRICTNESS[mode]);
  if (louder.length === 0) return { mode, louder: null };
  // None of these is without an end, or it would be among those above.
  const until = Math.max(...louder.map((m) => m.until ?? 0));
  return { mode, louder: { rule: GATE_RULE, system: "", mode: strictestOf(louder, mode), until } };
}

const strictestOf = (modes: readonly { readonly mode: Mode }[], least: Mode): Mode =>
  modes.reduce((a, { mode }) => (STRICTNESS[mode] > STRICTNESS[a] ? mode : a), least);
