/** Answers the questions of a command, as somebody at its terminal would. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

export type Talk = { readonly child: ChildProcess; readonly said: () => string };

export type Answers = readonly (readonly [RegExp, string])[];

/** Talks until the command ends, or until `until` holds; it is told how many answers were taken. */
export async function talked(
  talk: Talk,
  answers: Answers,
  until: (taken: number) => boolean = () => false,
) {
  const closed = once(talk.child, "close");
  let answered = 0;
  let taken = 0;
  for (;;) {
    const text = talk.said();
    const answer = text.length > answered && answers.find(([question]) => question.test(text));
    if (until(answer ? taken : -1)) return null;
    if (answer) {
      answered = text.length;
      taken++;
      talk.child.stdin?.write(`${answer[1]}\n`);
    }
    const ended = await Promise.race([closed, new Promise((r) => setTimeout(() => r(null), 5))]);
    if (ended !== null) return talk.child.exitCode;
  }
}
