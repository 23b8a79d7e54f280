// SPDX-License-Identifier: Apache-2.0
import type { CellContents, ReplayAnswer } from "@interlock/controlplane";
import { readBody } from "../judge/http-body.ts";
import { answerIn } from "./answers.ts";

const AT_ONCE = 8;
const ANSWER_MAX = 1_000_000;

/**
 * The answers of an endpoint: each input is posted as `{"config": {KEY: TEXT}, "input": …}`, and the
 * body of a 2xx answer is the answer. Everything else is an error of that input.
 */
export async function endpointAnswers(
  { url, timeoutMs }: { readonly url: string; readonly timeoutMs: number },
  values: CellContents,
  inputs: readonly string[],
): Promise<readonly ReplayAnswer[]> {
  const config = JSON.stringify(
    Object.fromEntries([...values].map(([key, { text }]) => [key, text])),
  );
  const answers: ReplayAnswer[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < inputs.length; i = next++)
      answers[i] = await answered(url, timeoutMs, `{"config":${config},"input":${inputs[i]}}`);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return answers;
}

async function answered(url: string, timeoutMs: number, body: string): Promise<ReplayAnswer> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body,
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
    const content = await readBody(response, ANSWER_MAX);
    if (!response.ok) return { ok: false, error: `it answered ${response.status}` };
    return content === null
      ? { ok: false, error: "its answer is too long" }
      : answerIn(content.toString("utf8"));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { ok: false, error: error.message };
  }
}
