// SPDX-License-Identifier: Apache-2.0
import { grouped } from "@interlock/store";
import pg from "pg";
import { expect, it } from "vitest";

const turn = () => new Promise<void>((done) => setImmediate(done));

/** Statements that end when they are told to. */
function held() {
  const asked: (readonly number[])[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const ask = grouped((questions: readonly number[]) => {
    asked.push(questions);
    return new Promise<readonly number[]>((answer, fail) => {
      ends.push((error) =>
        error === undefined ? answer(questions.map((n) => n * 10)) : fail(error),
      );
    });
  }, 3);
  return { asked, ends, ask };
}

it("asked-after: whoever asks while a statement is under way is answered by a later one", async () => {
  const { asked, ends, ask } = held();
  const first = ask(1);
  await turn();
  const others = [2, 3, 4, 5].map((n) => ask(n));
  await turn();
  expect(asked).toEqual([[1]]);
  ends[0]?.();
  expect(await first).toBe(10);
  await turn();
  expect(asked).toEqual([[1], [2, 3, 4]]);
  ends[1]?.();
  await turn();
  expect(asked.at(-1)).toEqual([5]);
  ends[2]?.();
  expect(await Promise.all(others)).toEqual([20, 30, 40, 50]);
});

it("a statement that fails fails all that asked it, and nobody else", async () => {
  const { ends, ask } = held();
  const failing = Promise.allSettled([ask(1), ask(2)]);
  await turn();
  const next = ask(3);
  ends[0]?.(new Error("the database went away"));
  expect((await failing).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await turn();
  ends[1]?.();
  expect(await next).toBe(30);
});

it("a value that the database cannot hold fails whoever brought it, and nobody else", async () => {
  const asked: (readonly number[])[] = [];
  const ask = grouped(async (questions: readonly number[]) => {
    asked.push(questions);
    if (!questions.includes(2)) return questions.map((n) => n * 10);
    const error = new pg.DatabaseError("invalid byte sequence for encoding", 0, "error");
    error.code = "22021";
    throw error;
  });
  const all = await Promise.allSettled([ask(1), ask(2), ask(3)]);
  expect(all).toMatchObject([{ value: 10 }, { status: "rejected" }, { value: 30 }]);
  expect(asked).toEqual([[1, 2, 3], [1], [2], [3]]);
});

it("answers that are not as many as the questions are nobody's", async () => {
  const ask = grouped(() => Promise.resolve([1, 2]));
  await expect(ask(1)).rejects.toThrow("invariant broken");
});
