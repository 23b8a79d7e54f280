// SPDX-License-Identifier: Apache-2.0
/** Sends what a judged change is made of, so that people can read what they sign. */
import { isUnknown } from "@interlock/core";
import { type ChangeContents, type Repository, readContents } from "@interlock/facts";
import {
  CONTENTS_LIMITS,
  sendContents as endpoint,
  type LeftOut,
  PROBLEM,
  sendBlobs,
} from "@interlock/protocol";
import { jsonOf } from "../files/json.ts";
import { readBody } from "../judge/http-body.ts";
import type { Subject } from "../judge/subject.ts";
import type { Answer } from "./answer.ts";
import type { Asking, Question } from "./ask.ts";

export type Judged = {
  readonly subject: Subject;
  readonly question: Question;
  readonly repository: Repository;
  readonly asking: Asking;
};

const ANSWER_MAX = 8 * 1024 * 1024;
/** Contents of one change are sent for no longer than so many of the settings' timeouts. */
const PATIENCE = 3;

/** Sends the contents where the server wants them; what went wrong, in a sentence, else `null`. */
export async function sendContents(answer: Answer, judged: Judged): Promise<string | null> {
  if (!answer.contentsWanted) return null;
  try {
    await send(answer, judged, Date.now() + PATIENCE * judged.asking.timeoutMs);
    return null;
  } catch (error) {
    // Whatever it was, the decision stands, and whoever pushes is told.
    return `people cannot read this change on the server yet: ${because(error)}; push or ask again to send it`;
  }
}

/** by (GT15): no message of these repeats a header. */
function because(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause : error;
  return cause.message === "" ? error.message : cause.message;
}

async function send(answer: Answer, judged: Judged, until: number): Promise<void> {
  const { subject, question, repository, asking } = judged;
  const { target, repository: identity } = question.place;
  const read = await readContents({
    ...{ repository, after: subject.after, change: subject.change },
    ...{ identity, target, commits: subject.commits },
  });
  if (isUnknown(read)) throw new Error(read.$unknown.because);
  const { entries, attributes, plan, document } = read.input;
  if (entries.length > CONTENTS_LIMITS.entries)
    throw new Error(`it has more than ${CONTENTS_LIMITS.entries} paths`);
  const leftOut = leftOutOf(read);
  const body = { entries, attributes, plan, document, leftOut };
  const call = { change: answer.id, asking, until };
  const kept = endpoint.answer.safeParse(await post(endpoint, { ...call, body }));
  if (!kept.success) throw new Error("its answer is not the one that the protocol describes");
  await sendMissing(read, new Set(kept.data.missing), { ...call, repository });
}

/** Largest last, so that of a change that is too large as much as possible can be read. */
function leftOutOf({ contents }: ChangeContents): readonly LeftOut[] {
  let room: number = CONTENTS_LIMITS.changeBytes;
  return [...contents]
    .sort((a, b) => a.bytes - b.bytes)
    .flatMap(({ content, bytes }): readonly LeftOut[] => {
      if (bytes > CONTENTS_LIMITS.blobBytes) return [{ content, bytes, because: "too-large" }];
      if (bytes > room) return [{ content, bytes, because: "over-budget" }];
      room -= bytes;
      return [];
    });
}

type Call = { readonly change: string; readonly asking: Asking; readonly until: number };

async function sendMissing(
  { contents }: ChangeContents,
  missing: ReadonlySet<string>,
  call: Call & { readonly repository: Repository },
): Promise<void> {
  let batch: string[] = [];
  let size = 0;
  const flush = async () => {
    if (batch.length > 0) await post(sendBlobs, { ...call, body: { blobs: batch } });
    batch = [];
    size = 0;
  };
  for (const { content, oid } of contents.filter((one) => missing.has(one.content))) {
    const blob = await call.repository.blob(oid, CONTENTS_LIMITS.blobBytes);
    if (blob.kind !== "blob" || blob.bytes === null)
      throw new Error(`the content \`${content.slice(0, 12)}\` cannot be read any more`);
    const full =
      size + blob.bytes.length > CONTENTS_LIMITS.requestBytes ||
      batch.length >= CONTENTS_LIMITS.requestBlobs;
    if (full) await flush();
    batch.push(blob.bytes.toString("base64url"));
    size += blob.bytes.length;
  }
  await flush();
}

async function post(
  to: { readonly method: string; readonly path: string },
  { change, asking, until, body }: Call & { readonly body: object },
): Promise<unknown> {
  const left = until - Date.now();
  if (left <= 0) throw new Error("it took too long");
  const path = to.path.replace(":id", encodeURIComponent(change));
  const response = await fetch(`${asking.server.replace(/\/+$/, "")}${path}`, {
    method: to.method,
    headers: {
      authorization: `Bearer ${asking.token}`,
      "content-type": "application/json",
      accept: "application/json",
    },
    body: JSON.stringify(body),
    // Wherever a redirect leads, the token must not go there.
    redirect: "error",
    signal: AbortSignal.timeout(Math.min(left, asking.timeoutMs)),
  });
  const content = await readBody(response, ANSWER_MAX);
  const given = content === null ? undefined : jsonOf(content.toString("utf8"));
  if (response.status !== 200) {
    const problem = PROBLEM.safeParse(given);
    throw new Error(
      problem.success
        ? `${problem.data.code}: ${problem.data.detail}`
        : `it answered ${response.status} without saying why`,
    );
  }
  return given;
}
