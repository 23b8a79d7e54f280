// SPDX-License-Identifier: Apache-2.0
import { type Checkpoint, parseCheckpoint } from "../checkpoint.ts";
import { accepted, type Outcome, refused, shown } from "../failure.ts";
import type { VerifierKey } from "../note/key.ts";
import { parseNote } from "../note/note.ts";
import { type CheckedNote, checkNote } from "../note/open.ts";
import { type Assurance, assuranceOf, isQuorum } from "./assurance.ts";
import { type Policy, readableName } from "./parse.ts";

/** A cosignature of one of the policy's witnesses that verified. */
export type Cosigned = {
  /** The witness's name in the policy. */
  readonly witness: string;
  /** Seconds since the Epoch. */
  readonly timestamp: number;
};

/** A checkpoint as a policy sees it; one of the policy's logs has signed it. */
export type WeighedCheckpoint = {
  readonly checkpoint: Checkpoint;
  /** The text that was signed, byte for byte. */
  readonly text: string;
  readonly log: VerifierKey;
  readonly cosigned: readonly Cosigned[];
  /** Cosignatures that verified but do not count, since they were made in the future. */
  readonly early: readonly Cosigned[];
  readonly quorumMet: boolean;
  readonly assurance: Assurance;
};

export type WeighOptions = {
  /** Seconds since the Epoch; without it no cosignature is judged by its time. */
  readonly now?: number;
  /** Names of witnesses that the log's own operator runs. */
  readonly operators?: ReadonlySet<string>;
};

/** In seconds: clocks of honest witnesses differ by less. */
export const CLOCK_TOLERANCE = 300;

/**
 * Weighs a checkpoint under a policy: signed by a log of the policy under its own origin, and by which
 * witnesses. Without the quorum it is still a checkpoint, `quorumMet: false`: a server publishes it
 * as waiting for witnesses. To rely on a checkpoint use `acceptCheckpoint`.
 */
export async function weighCheckpoint(
  policy: Policy,
  bytes: Uint8Array,
  options: WeighOptions = {},
): Promise<Outcome<WeighedCheckpoint>> {
  const note = parseNote(bytes);
  if (!note.ok) return note;
  const checkpoint = parseCheckpoint(note.value.text);
  if (!checkpoint.ok) return checkpoint;
  const { origin } = checkpoint.value;
  if (!policy.logs.some(({ key }) => key.name === origin)) {
    return refused("ORIGIN_UNKNOWN", `${shown(origin)} is no log of the policy`);
  }
  const keys = [...policy.logs, ...policy.witnesses].map(({ key }) => key);
  const checked = await checkNote(note.value, keys);
  if (!checked.ok) return checked;
  const log = policy.logs.find(
    ({ key }) => key.name === origin && checked.value.verified.some((v) => v.key === key),
  );
  if (log === undefined) {
    return refused("SIGNATURE_MISSING", `${shown(origin)} has not signed the checkpoint`);
  }
  const all = cosignaturesOf(policy, checked.value);
  const latest =
    options.now === undefined ? Number.POSITIVE_INFINITY : options.now + CLOCK_TOLERANCE;
  const cosigned = all.filter(({ timestamp }) => timestamp <= latest);
  return accepted({
    checkpoint: checkpoint.value,
    text: note.value.text,
    log: log.key,
    cosigned,
    early: all.filter(({ timestamp }) => timestamp > latest),
    quorumMet: isQuorum(policy, new Set(cosigned.map(({ witness }) => witness))),
    assurance: assuranceOf(policy, options.operators),
  });
}

/** As `weighCheckpoint`, and refuses a checkpoint without the policy's quorum. */
export async function acceptCheckpoint(
  policy: Policy,
  bytes: Uint8Array,
  options: WeighOptions = {},
): Promise<Outcome<WeighedCheckpoint>> {
  const weighed = await weighCheckpoint(policy, bytes, options);
  if (!weighed.ok || weighed.value.quorumMet) return weighed;
  const { cosigned, early } = weighed.value;
  const by =
    cosigned.length === 0
      ? "nobody"
      : cosigned.map((c) => shown(readableName(c.witness))).join(", ");
  const future = early.length === 0 ? "" : `, in the future by ${early.length} more`;
  return refused(
    "QUORUM_MISSING",
    `the checkpoint is witnessed by ${by}${future}, which is no quorum`,
  );
}

function cosignaturesOf(policy: Policy, { verified }: CheckedNote): readonly Cosigned[] {
  return policy.witnesses.flatMap(({ name, key }) => {
    const timestamp = verified.find((v) => v.key === key)?.timestamp ?? null;
    return timestamp === null ? [] : [{ witness: name, timestamp }];
  });
}
