// SPDX-License-Identifier: Apache-2.0
import { publish, type Store, type StoredCheckpoint, transaction } from "@interlock/store";
import {
  checkNote,
  formatAddCheckpoint,
  formatNote,
  type Note,
  type NoteSignature,
  parseNote,
  proveConsistency,
  readWitnessAnswer,
  type VerifierKey,
} from "@interlock/tlog";
import { treeOf } from "./tree.ts";

/** A witness that cosigns this log's checkpoints (c2sp.org/tlog-witness). */
export type WitnessAt = { readonly key: VerifierKey; readonly url: string };

type Terms = {
  readonly store: Store;
  readonly witnesses: readonly WitnessAt[];
  readonly fetch: typeof fetch;
  readonly now: () => number;
};

/** A witness that is slow must not hold up the checkpoints after this one. */
const PATIENCE_MS = 2_000;
const ANSWER_BYTES = 1 << 16;

/** How long a witness that gave no cosignature is left alone, in milliseconds. */
const PAUSE_MS = 5_000;

export type Cosigner = {
  readonly cosign: (checkpoint: StoredCheckpoint) => Promise<void>;
  /** Names of the witnesses that gave no cosignature when they were asked last. */
  readonly away: () => readonly string[];
};

/**
 * Asks the witnesses that have not cosigned a checkpoint yet and publishes it again with what came
 * back. A witness that is away costs its cosignature and nothing else: the trust policy of whoever
 * verifies says how many are needed.
 */
export function cosigner(terms: Terms): Cosigner {
  /** The size each witness has seen; a wrong guess costs one more question. */
  const seen = new Map<string, number>();
  const askAgainAt = new Map<string, number>();
  const away = new Set<string>();
  const cosign = async (checkpoint: StoredCheckpoint): Promise<void> => {
    if (checkpoint.size === 0) return;
    const note = noteOf(checkpoint);
    const missing = terms.witnesses.filter(
      ({ key }) =>
        (askAgainAt.get(key.name) ?? 0) <= terms.now() &&
        !note.signatures.some((s) => s.name === key.name && s.keyId === key.keyId),
    );
    if (missing.length === 0) return;
    const answers = await Promise.all(
      missing.map(async (witness) => {
        const cosignatures = await ask(terms, seen, witness, checkpoint);
        const pause = cosignatures.length > 0 ? 0 : PAUSE_MS;
        askAgainAt.set(witness.key.name, terms.now() + pause);
        if (cosignatures.length > 0) away.delete(witness.key.name);
        else away.add(witness.key.name);
        return cosignatures;
      }),
    );
    const signatures = [...note.signatures, ...answers.flat()];
    if (signatures.length > note.signatures.length)
      await republish(terms.store, checkpoint, { text: note.text, signatures });
  };
  return { cosign, away: () => [...away].sort() };
}

function noteOf({ note }: StoredCheckpoint): Note {
  const parsed = parseNote(new TextEncoder().encode(note));
  if (!parsed.ok) throw new Error(`a stored checkpoint is no note: ${parsed.failure.message}`);
  return parsed.value;
}

async function ask(
  terms: Terms,
  seen: Map<string, number>,
  witness: WitnessAt,
  checkpoint: StoredCheckpoint,
): Promise<readonly NoteSignature[]> {
  for (let attempt = 0; attempt < 2; attempt++) {
    const old = Math.min(seen.get(witness.key.name) ?? 0, checkpoint.size);
    const reply = await askOnce(terms, witness, checkpoint, old);
    if (reply === null || reply.kind === "refused") return [];
    if (reply.kind === "cosigned") {
      seen.set(witness.key.name, checkpoint.size);
      return await verified(checkpoint, witness.key, reply.signatures);
    }
    // A larger size than ours is another server's newer checkpoint; that one asks for itself.
    if (reply.size > checkpoint.size) return [];
    seen.set(witness.key.name, reply.size);
  }
  return [];
}

async function askOnce(
  { store, fetch }: Terms,
  { url }: WitnessAt,
  checkpoint: StoredCheckpoint,
  old: number,
) {
  const proof = await proveConsistency(old, checkpoint.size, treeOf(store.db, checkpoint).hashes);
  if (!proof.ok) return null;
  const note = new TextEncoder().encode(checkpoint.note);
  const body = formatAddCheckpoint(old, proof.value, note);
  const answer = await posted(fetch, `${url.replace(/\/$/, "")}/add-checkpoint`, body);
  if (answer === null) return null;
  const reply = readWitnessAnswer(answer.status, answer.body);
  return reply.ok ? reply.value : null;
}

/** `null`: the witness could not be reached, or did not answer as one. */
async function posted(
  fetch: Terms["fetch"],
  url: string,
  body: Uint8Array,
): Promise<{ readonly status: number; readonly body: Uint8Array } | null> {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(url, {
      method: "POST",
      body: Buffer.from(body),
      signal,
      redirect: "error",
    });
    const answer = await bytesOf(response);
    return answer === null ? null : { status: response.status, body: answer };
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}

/** What a length announces nobody has to keep to: reading stops with the first byte too many (SS7). */
async function bytesOf(response: Response): Promise<Uint8Array | null> {
  if (response.body === null) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body as AsyncIterable<Uint8Array>) {
    // as Node has it
    length += part.length;
    if (length > ANSWER_BYTES) return null;
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}

async function verified(
  checkpoint: StoredCheckpoint,
  key: VerifierKey,
  signatures: readonly NoteSignature[],
): Promise<readonly NoteSignature[]> {
  const own = signatures.filter((s) => s.name === key.name && s.keyId === key.keyId).slice(0, 1);
  const checked = await checkNote({ text: noteOf(checkpoint).text, signatures: own }, [key]);
  return checked.ok && checked.value.verified.length > 0 ? own : [];
}

async function republish(store: Store, checkpoint: StoredCheckpoint, signed: Note): Promise<void> {
  const note = new TextDecoder().decode(formatNote(signed));
  // A checkpoint that is no longer the newest stays as it is: nobody is shown it again.
  await transaction(
    store,
    (tx) =>
      publish(tx, {
        previousSize: checkpoint.size,
        checkpoint: { ...checkpoint, note },
        tiles: [],
      }),
    { isolation: "read committed" },
  );
}
