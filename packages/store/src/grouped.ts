// SPDX-License-Identifier: Apache-2.0
import { sqlState } from "./sqlstate.ts";

/** More than that in one statement makes it slow for the first of them. */
const TOGETHER = 32;

/**
 * One statement for the questions of many: whoever asks while a statement is under way shares the next,
 * which begins as soon as that has ended; whoever asks alone does not wait.
 *
 * INVARIANT (asked-after): no question joins a statement that was sent before it came, so that each
 * is answered from all that was committed when it was asked.
 */
export function grouped<Q, A>(
  ask: (questions: readonly Q[]) => Promise<readonly A[]>,
  most: number = TOGETHER,
): (question: Q) => Promise<A> {
  const waiting: Waiting<Q, A>[] = [];
  let busy = false;
  const run = async (): Promise<void> => {
    while (waiting.length > 0) await askTogether(ask, waiting.splice(0, most));
    busy = false;
  };
  return (question) =>
    new Promise((answer, fail) => {
      waiting.push({ question, answer, fail });
      if (busy) return;
      busy = true;
      // After this turn of the event loop, so that those who come together ask together.
      setImmediate(() => void run());
    });
}

type Waiting<Q, A> = {
  readonly question: Q;
  readonly answer: (answer: A) => void;
  readonly fail: (error: unknown) => void;
};

async function askTogether<Q, A>(
  ask: (questions: readonly Q[]) => Promise<readonly A[]>,
  asking: readonly Waiting<Q, A>[],
): Promise<void> {
  try {
    const answers = await ask(asking.map(({ question }) => question));
    if (answers.length !== asking.length)
      throw new Error("invariant broken: a question without its own answer");
    for (const [i, { answer }] of asking.entries()) answer(answers[i] as A); // as many as were asked
  } catch (error) {
    // What one brings that the database cannot hold is its own fault, and nobody else's.
    if (asking.length > 1 && sqlState(error)?.startsWith(DATA_EXCEPTION))
      for (const one of asking) await askTogether(ask, [one]);
    else for (const { fail } of asking) fail(error);
  }
}

/** Class of SQLSTATE: a value that does not fit, such as a text with a NUL. */
const DATA_EXCEPTION = "22";
