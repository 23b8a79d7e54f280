// SPDX-License-Identifier: Apache-2.0
import { type Bodies, type EntryKind, writerText } from "@interlock/core";

/** What a receiver may choose to be told about. */
export const TOPICS = [
  "break-glass",
  "away",
  "unrecorded",
  "waiver",
  "incident",
  "debt",
  "people",
  "token",
  "remedy",
  "rollout",
  "ledger",
] as const;
export type Topic = (typeof TOPICS)[number];

/** A notice in words; `path`: where the console shows it. */
export type Said = { readonly topic: Topic; readonly text: string; readonly path: string };

type Sayings = { readonly [K in EntryKind]?: (body: Bodies[K]) => Said | null };

const people = (text: string): Said => ({ topic: "people", text, path: "/people" });

const rollout = (text: string): Said => ({ topic: "rollout", text, path: "/ledger" });

const WAYS = {
  "if-down": () => "by `ifDown` of its policy, while something was away",
  emergency: (signers: readonly string[]) =>
    `in an emergency signed by ${signers.length === 0 ? "nobody whose signature verifies" : signers.join(" and ")}, while something was away`,
} as const;

const PAST = {
  "not-allowed": "nothing in the ledger allowed this content there",
  deleted: "it was deleted",
  unreadable: "what it changed cannot be read any more",
} as const;

const doubt = (verified: boolean, says: string | undefined): string =>
  verified ? "" : `; it does not verify: ${says ?? "nobody says why"}`;

/** Which entries somebody should hear of without looking, and how they are said. */
const SAYINGS: Sayings = {
  override: ({ statement, reason }) => {
    const { person, target, change, waives } = statement;
    const rule = waives?.rule ?? "";
    const why = reason ?? "";
    const path = `/changes/${change}`;
    return waives?.breakGlass === true
      ? {
          ...{ topic: "break-glass", path },
          text: `${person} signed a break-glass past \`${rule}\` for ${target}, incident ${waives.incident ?? "none"}: ${why}`,
        }
      : {
          ...{ topic: "waiver", path },
          text: `${person} signed a waiver of \`${rule}\` for ${target}: ${why}`,
        };
  },
  incident: ({ incident, title, systems, by }) => ({
    ...{ topic: "incident", path: "/incidents" },
    text: `${by} opened incident ${incident}: ${title}${systems.length === 0 ? "" : ` (${systems.join(", ")})`}`,
  }),
  "incident-closed": ({ incident, reason, by }) => ({
    ...{ topic: "incident", path: "/incidents" },
    text: `${by} closed incident ${incident}: ${reason}`,
  }),
  debt: ({ change, target, teams, by }) => ({
    ...{ topic: "debt", path: `/changes/${change}` },
    text: `a change of ${target} went forward by break-glass of ${by.join(" and ")}; two others of ${teams.length === 0 ? "any team" : teams.join(", ")} owe a review, and later changes wait for it`,
  }),
  "debt-review": ({ statement: { person, change, target } }) => ({
    ...{ topic: "debt", path: `/changes/${change}` },
    text: `${person} reviewed the break-glass of ${target}`,
  }),
  away: ({ change, target, way, because, signers, verified, says }) => ({
    ...{ topic: "away", path: `/changes/${change}` },
    text: `a change of ${target} landed ${WAYS[way](signers)}: ${because}${doubt(verified, says)}`,
  }),
  emergency: ({ by, verified, says }) => ({
    ...{ topic: "away", path: "/ledger" },
    text: `${by} brought in an emergency signature of theirs${doubt(verified, says)}`,
  }),
  "emergency-key": ({ person, by }) =>
    people(`${person} has an emergency key, endorsed by ${by.join(" and ")}`),
  unrecorded: ({ ref, repository, because, new: fresh }) =>
    because === "first-seen"
      ? null
      : {
          ...{ topic: "unrecorded", path: "/ledger" },
          text: `${ref} of ${repository} moved to ${fresh.slice(0, 12)} past the gate: ${PAST[because]}`,
        },
  "unrecorded-key": ({ target, cell, key, after, because, writer }) => ({
    ...{ topic: "unrecorded", path: "/ledger" },
    text: `\`${key}\` in ${cell} of ${target} ${after === "" ? "is gone" : `holds ${after.slice(0, 12)}`}, which no rollout wrote${because === "stranger" ? "; no config set knows the key" : ""}${writer === undefined ? "" : `; last written, as the target has it, by ${writerText(writer)}`}`,
  }),
  founding: ({ tenant, founders }) => people(`${tenant} was founded by ${founders.join(", ")}`),
  agreement: ({ about, described, person, by, endorsements, reason }) =>
    people(
      `agreed: ${described === undefined ? `${about} of ${person}` : `the description ${described.slice(0, 12)} of control planes`}, proposed by ${by}, signed by ${endorsements.map((one) => one.person).join(" and ")}: ${reason}`,
    ),
  revocation: ({ person, by, reason }) =>
    people(`a passkey of ${person} was revoked by ${by.join(" and ")}: ${reason}`),
  person: ({ person, active, by }) =>
    active ? null : people(`${person} left, says ${by.join(" and ")}`),
  provisioned: ({ person, active }) =>
    active ? null : people(`${person} left, says the identity provider`),
  token: ({ name, repository, verbs, by }) => ({
    ...{ topic: "token", path: "/people" },
    text: `${by} made the token \`${name}\` for ${repository}, which may ${verbs.join(", ")}`,
  }),
  "token-revoked": ({ token, by, reason }) => ({
    ...{ topic: "token", path: "/people" },
    text: `the token ${token} was revoked by ${by.join(" and ")}: ${reason}`,
  }),
  remedy: ({ title, approvedBy }) => ({
    ...{ topic: "remedy", path: "/ledger" },
    text: `the standing remedy \`${title}\` is signed by ${approvedBy.join(" and ")}; one on-call may run it`,
  }),
  run: ({ remedy, operator, change }) =>
    remedy === undefined
      ? null
      : {
          ...{ topic: "remedy", path: `/changes/${change}` },
          text: `${operator} runs the standing remedy \`${remedy}\``,
        },
  "rollout-proposed": ({ system, by, lossMicroOrders, cells, emergency }) =>
    rollout(
      `${by} begins to bring a change to ${cells.length} cells of ${system}${emergency === undefined ? "" : " in the emergency lane, by break-glass"}; ${Math.ceil(lossMicroOrders / 1_000_000)} orders are lost if it is bad`,
    ),
  "rollout-halted": ({ rollout: id, by, because }) =>
    rollout(`rollout ${id.slice(0, 12)}… was halted by ${by === "" ? "itself" : by}: ${because}`),
  "rollout-back": ({ rollout: id, by }) =>
    rollout(`rollout ${id.slice(0, 12)}… goes back, says ${by === "" ? "its plan" : by}`),
  "rollout-ended": ({ rollout: id }) => rollout(`rollout ${id.slice(0, 12)}… is back`),
  "rollout-proven": ({ rollout: id }) => rollout(`rollout ${id.slice(0, 12)}… passed every wave`),
  "rollout-bad": ({ rollout: id, by, because }) =>
    rollout(`what rollout ${id.slice(0, 12)}… brought is bad, says ${by}: ${because}`),
  "rollout-adopted": ({ rollout: id, by }) =>
    rollout(
      `what rollout ${id.slice(0, 12)}… brought may be gone back to, say ${by.join(" and ")}`,
    ),
  "rollout-noted": ({ rollout: id, what, because }) =>
    rollout(`rollout ${id.slice(0, 12)}…: ${what} ${because}`),
  expunge: ({ entry, by, reason }) => ({
    ...{ topic: "ledger", path: "/ledger" },
    text: `the content of entry ${entry.slice(0, 12)}… was erased by ${by.join(" and ")}: ${reason}`,
  }),
};

/** The kinds that anybody is told of. */
export const TOLD_KINDS: readonly EntryKind[] = Object.keys(SAYINGS) as EntryKind[]; // its own keys

/** An entry in words, or `null` when nobody has to hear of it. Line ends and control characters are gone. */
export function saying<K extends EntryKind>(kind: K, body: Bodies[K]): Said | null {
  const said = SAYINGS[kind]?.(body) ?? null;
  return said === null ? null : { ...said, text: oneLine(said.text) };
}

/** What people wrote may hold anything; a chat must not show it as several notices, or as ours. */
const oneLine = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}<>&\s]+/gu, " ").slice(0, MOST_CHARS);

const MOST_CHARS = 1_500;
