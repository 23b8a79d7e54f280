// SPDX-License-Identifier: Apache-2.0
import { createInterface } from "node:readline";
import { printable, printableLines } from "../output/printable.ts";

/** Whoever sits at the terminal. */
export type Desk = {
  readonly show: (text: string) => void;
  /** One of the answers, asked again until it is; `null` when the input has ended. */
  readonly choose: <A extends string>(question: string, answers: readonly A[]) => Promise<A | null>;
  /** A line that is not empty; `null` when the input has ended. */
  readonly write: (question: string) => Promise<string | null>;
  readonly close: () => void;
};

const LINE_MAX = 1_000;

/** Questions go to standard error, so that standard output is the report alone. */
export function terminalDesk(): Desk {
  const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  const reader = lines[Symbol.asyncIterator]();
  const say = (text: string) => void process.stderr.write(text);
  const write = async (question: string): Promise<string | null> => {
    for (;;) {
      say(`${printable(question)} `);
      const line = await reader.next();
      if (line.done === true) return null;
      const text = line.value.trim().slice(0, LINE_MAX).toWellFormed();
      if (text !== "") return text;
    }
  };
  return {
    show: (text) => say(`${printableLines(text)}\n`),
    write,
    choose: async (question, answers) => {
      for (;;) {
        const line = await write(`${question} [${answers.join("/")}]`);
        if (line === null) return null;
        const found = answers.find((answer) => answer === line.toLowerCase());
        if (found !== undefined) return found;
        say(`please answer ${answers.join(" or ")}\n`);
      }
    },
    close: () => lines.close(),
  };
}
