// SPDX-License-Identifier: Apache-2.0
/**
 * Everything that can be wrong with an assertion, a registration or a receipt. A code is a promise:
 * once released it is never renamed, reused or given a second meaning.
 */
export const REFUSALS = {
  "too-large": "it is larger than the limit",
  "text-not-utf8": "the text is not UTF-8 without a byte order mark",
  "json-malformed": "the text is not one JSON object of the expected form",
  "json-duplicate-key": "the JSON names a key twice, so two readers could see two values",
  "cbor-malformed": "the CBOR is cut off, not in canonical CTAP2 form or of a kind never used here",
  "cbor-too-deep": "the CBOR is nested deeper or has more items than is ever needed",
  "client-data-malformed": "a member of the client data is missing or of the wrong type",
  "type-differs": "the client data were made for another ceremony",
  "challenge-differs": "the signed challenge belongs to something else",
  "origin-differs": "it was made on a page that is none of the allowed origins",
  "cross-origin": "it was made inside a frame of another page",
  "authenticator-data-malformed": "the authenticator data are cut off or carry more than they say",
  "rp-id-differs": "the authenticator signed for another site",
  "user-not-present": "the authenticator did not see anybody (UP is not set)",
  "user-not-verified": "the authenticator did not verify who touched it (UV is not set)",
  "backup-state-impossible": "the key is said to be backed up and not eligible for backup",
  "backup-eligibility-changed": "the key is no longer what was enrolled (its BE flag changed)",
  "key-not-device-bound":
    "a key that can be synchronised does not count here; use a device-bound one",
  "credential-data-missing": "there are no attested credential data",
  "credential-data-unexpected": "an assertion must not carry attested credential data",
  "credential-id-malformed":
    "the credential id is not 16 to 1023 bytes long, or is not the one announced",
  "key-malformed": "the public key is not a COSE key with exactly the fields of its type",
  "key-not-allowed": "only ES256 on P-256, EdDSA on Ed25519 and RS256 from 2048 bits are accepted",
  "key-weak": "the public key is one for which signatures can be made without its private half",
  "signature-malformed": "the signature is not in the one encoding of its algorithm",
  "signature-wrong": "the signature is not by the enrolled key over these bytes",
  "crypto-unavailable":
    "this platform cannot verify such a signature; use HTTPS, a newer browser or the command line",
  "credential-unknown": "no enrolment knows this credential",
  "credential-of-another": "the credential is enrolled for another person",
  "user-handle-differs": "the authenticator names another account than the enrolment",
  "user-handle-missing": "nobody is signed in and the authenticator names no account",
  "counter-went-back":
    "the signature counter of a device-bound key went back: it may have been copied",
  "attestation-malformed": "the attestation object is not of the form that its format prescribes",
  "receipt-malformed": "the file is not a receipt in the form that this build reads",
  "receipt-not-canonical":
    "the receipt is not canonical JSON, so parts of it could be read in two ways",
  "body-malformed": "the content of an entry is not what its kind prescribes",
  "checkpoint-refused": "the checkpoint is not one that your policy accepts",
  "ledger-differs": "the checkpoint is of another log than the one you trust",
  "entry-not-in-log":
    "the entry made from this content is not in the log at the place that is named",
  "entry-twice": "an entry is given twice",
  "enrolment-missing": "the entry that enrolled the key is not in the receipt",
  "enrolment-not-before": "the key was enrolled after it was used",
  "enrolment-differs":
    "the enrolment is of another key, credential or person than the approval says",
  "enrolment-cooling": "the key was used before its cool-down had ended",
  "statement-elsewhere": "the statement was made for another product, ledger or organisation",
  "statement-for-another":
    "the statement is about another change, target, environment or set of rules",
  "statement-out-of-time": "the statement was recorded or counted outside the time it is good for",
  "counted-differs": "the decision counted other approvals or overrides than the receipt shows",
  "quorum-missing": "fewer persons signed than the rules of the decision wanted",
  "record-differs": "the record beside the receipt is not the one that the decision was made from",
  "evidence-unsigned":
    "the decision counted an approval by passkey, or a waiver, that nobody here signed",
  "replay-differs": "deciding again from the same facts and policies gives another answer",
} as const;

export type RefusalCode = keyof typeof REFUSALS;

/** What is wrong, as a code for machines and a sentence for people. */
export type Refusal = { readonly code: RefusalCode; readonly says: string };

/** Inside this package only: what unwinds a reader of hostile bytes. `attempt` turns it into a value. */
class Refused extends Error {
  override readonly name = "Refused";
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.says);
    this.refusal = refusal;
  }
}

/** Stops the current `attempt`. `detail` is put in parentheses; hostile parts go through `shown`. */
export function refuse(code: RefusalCode, detail?: string): never {
  const says = detail === undefined ? REFUSALS[code] : `${REFUSALS[code]} (${detail})`;
  throw new Refused({ code, says });
}

/** Stops the current `attempt` with a refusal that was a value before. */
export function passOn(refusal: Refusal): never {
  throw new Refused(refusal);
}

export type Attempted<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal };

/** Runs a reader and gives its refusal as a value; a bug in the reader still throws. */
export async function attempt<T>(reader: () => T | Promise<T>): Promise<Attempted<T>> {
  try {
    return { ok: true, value: await reader() };
  } catch (error) {
    return { ok: false, refusal: refusalOf(error) };
  }
}

/** The same for a reader that waits for nothing. */
export function attemptNow<T>(reader: () => T): Attempted<T> {
  try {
    return { ok: true, value: reader() };
  } catch (error) {
    return { ok: false, refusal: refusalOf(error) };
  }
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refused) return error.refusal;
  throw error;
}

/** Hostile text for a sentence: on one line, escaped, cut to 80 characters. */
export function shown(text: string): string {
  const cut = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  const escaped = JSON.stringify(cut).slice(1, -1);
  return `\`${escaped.replace(/[^ -~…]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)}\``;
}
