// SPDX-License-Identifier: Apache-2.0
/** The statement that a person is about to sign, held against what their page shows before any key is asked. */
import { challengeOf, readStatement, type Statement } from "@interlock/core";
import { canonicalJson, sha256Hex, sixWords, utf8 } from "@interlock/digest";
import { type AssertionGiven, askToSign, sign } from "@interlock/protocol";
import { fromBase64url, toBase64url } from "@interlock/receipt";
import { call, type Failure, type Outcome } from "../api/call.ts";
import { signWithPasskey } from "../passkey/sign.ts";
import type { Exception } from "./intent.ts";
import type { ChangeShown } from "./shown.ts";

export type Act = "approve" | "reject" | "withdraw" | Exception["act"];

/** Ready to be signed: made by the server, checked here. */
export type Asked = {
  readonly statement: Statement;
  /** The text whose digest the statement names. */
  readonly reason: string | null;
  readonly words: readonly string[];
  readonly nonce: string;
  /** Derived in this browser from the statement. */
  readonly challenge: string;
  readonly rpId: string;
  readonly until: number;
};

export type Asking = {
  readonly act: Act;
  readonly reason: string | null;
  /** What it lets pass or settles; `null` of every other act. */
  readonly exception: Exception | null;
  readonly shown: ChangeShown;
  readonly person: string;
};

/** Asks for the statement and refuses it unless it says what this page shows, in every field. */
export async function askFor(asking: Asking): Promise<Outcome<Asked>> {
  const { act, reason, shown, exception } = asking;
  const body = {
    ...{ decision: act, ...(reason === null ? {} : { reason }) },
    ...(exception === null ? {} : termsOf(exception)),
  };
  const answer = await call(askToSign, { params: { id: shown.change.id }, body });
  if (!answer.ok) return answer;
  const { nonce, challenge, rpId, until, words, statement: given } = answer.value;
  const read = readStatement(given);
  const bytes = fromBase64url(nonce);
  if (!read.ok || bytes?.length !== 32) return other("it is no statement");
  const { statement } = read;
  const wrong = whyOther(statement, asking, rpId);
  if (wrong !== null) return other(wrong);
  const derived = toBase64url(challengeOf(statement, bytes));
  if (derived !== challenge) return other("the challenge is over something else");
  if (sixWordsOf(statement).join() !== words.join()) return other("its six words are others");
  return { ok: true, value: { statement, reason, words, nonce, challenge: derived, rpId, until } };
}

function termsOf(exception: Exception) {
  if (exception.act === "settle") return { settles: exception.debt };
  const { waives, hours } = exception;
  return { waives: { ...waives }, ...(hours === null ? {} : { validForHours: hours }) };
}

/** In one spelling, so that what is not there is told from what is empty. */
const spelled = (waives: Statement["waives"]): string | undefined =>
  waives === undefined ? undefined : canonicalJson({ ...waives });

function whyOther(
  statement: Statement,
  { act, reason, exception, shown, person }: Asking,
  rpId: string,
): string | null {
  const { change, judged } = shown;
  const expected: Partial<Statement> = {
    ...{ change: change.id, repository: change.repository, target: change.target },
    ...{ base: change.base, head: change.head, merge: change.merge, environment: "" },
    ...{ decision: act, person, product: window.location.origin },
    ...(change.digest === null ? {} : { digest: change.digest }),
  };
  for (const [name, value] of Object.entries(expected))
    if (Reflect.get(statement, name) !== value)
      return `its \`${name}\` is not what this page shows`;
  const text = reason === null ? undefined : sha256Hex(utf8(reason));
  const waives = exception?.act === "override" ? exception.waives : undefined;
  if (spelled(statement.waives) !== spelled(waives)) return "it waives something else";
  if (statement.settles !== (exception?.act === "settle" ? exception.debt : undefined))
    return "it settles something else";
  if (statement.reason !== text) return "its reason is not the one that you wrote";
  if (judged === null)
    return act === "approve" || act === "override" ? "the decision cannot be read" : null;
  if (statement.rules.join() !== rulesOf(judged.decision.rulesDigest).join())
    return "its rules are not those that this page shows";
  if (statement.naming.join() !== namingOf(shown).join())
    return "it names other findings than this page shows";
  return rpId === window.location.hostname ? null : "it is for a passkey of another site";
}

const rulesOf = (digests: string): readonly string[] =>
  [...new Set(digests.split("+").filter((digest) => digest !== ""))].sort();

/** Ids of the findings that an approval accepts. */
export function namingOf({ judged }: ChangeShown): readonly string[] {
  const ids = (judged?.decision.requires ?? []).flatMap((one) =>
    one.kind === "approvals" ? one.naming : [],
  );
  return [...new Set(ids)].sort();
}

const sixWordsOf = ({ digest }: Statement): readonly string[] =>
  // `readStatement` has checked its form.
  sixWords(digest as Parameters<typeof sixWords>[0]);

const other = (because: string): { readonly ok: false; readonly failure: Failure } => ({
  ok: false,
  failure: {
    code: "PASSKEY_REFUSED",
    message: `the server asked you to sign something else: ${because}`,
    help: "reload the page; if it happens again, do not sign, and tell whoever keeps this server",
  },
});

export type Recorded = { readonly index: number; readonly entry: string; readonly kind: string };

/** Signs what was asked; done once the server says that the entry is durable. */
export async function signAsked(
  change: string,
  { statement, nonce, challenge, rpId }: Asked,
): Promise<Outcome<Recorded>> {
  const signed = await signWithPasskey({
    nonce,
    publicKey: {
      ...{ challenge, rpId, timeout: 120_000, userVerification: "required" },
      allowCredentials: [{ type: "public-key", id: statement.credential }],
    },
  });
  if (!signed.ok) return signed;
  const body: AssertionGiven = signed.value;
  return await call(sign, { params: { id: change }, body });
}
