/** The states of a run, over every order in which things can go wrong. */
import {
  type Choice,
  choicesAt,
  deviations,
  follows,
  type Next,
  nextOf,
  planDigest,
  planOf,
  type RunEvent,
  readDocument,
  readEvent,
} from "@interlock/document";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const step = (id: string, more: string) =>
  `  - { id: ${id}, do: ${id}, run: [echo, ${id}], verify: look, ${more} }\n`;
const TEXT = `---
version: 1
kind: other
preChecks: [{ do: look, run: [echo, look] }]
steps:
${step("a", "undo: { do: back, run: [echo, un-a] }, repeatable: false")}${step("b", "irreversible: gone, repeatable: true")}${step("c", "undo: back, repeatable: true, second: true")}---
`;
const read = readDocument("d.md", TEXT);
if (!read.ok) throw new Error(JSON.stringify(read.problems));
const PLAN = planOf(read.sited.document);
const BEGIN: RunEvent = {
  kind: "begin",
  run: "1",
  file: "d.md",
  text: TEXT,
  document: read.sited.document.digest,
  plan: planDigest(PLAN),
  values: {},
  operator: "ana",
  second: "bo",
  approved: "commit 1",
};

/** Draws for each next what happens; `null` is a crash, after which the same journal goes on. */
type Luck = { readonly passes: boolean; readonly crash: boolean; readonly choice: number };

function eventAfter(next: Next, events: readonly RunEvent[], luck: Luck): RunEvent | null {
  switch (next.kind) {
    case "act":
      return { kind: "started", task: next.task.id, part: next.part };
    case "find":
      return { kind: "found", task: next.task.id, part: next.part, ran: luck.passes, by: "ana" };
    case "confirm":
      return { kind: "confirmed", task: next.task.id, by: "bo", agrees: luck.passes, how: "typed" };
    case "choose": {
      const choices = choicesAt(PLAN, events);
      const choice: Choice = choices[luck.choice % choices.length] ?? "leave";
      return { kind: "chosen", task: next.task.id, choice, by: "ana", reason: "so" };
    }
    case "end":
      return { kind: "end", outcome: next.outcome, left: next.left };
    default:
      return null;
  }
}

const commandOf = (task: string, part: "do" | "verify" | "undo") => {
  const found = PLAN.find(({ id }) => id === task);
  return { do: found?.act, verify: found?.verify, undo: found?.undo }[part]?.run?.argv;
};

function story(lucks: readonly Luck[]): readonly RunEvent[] {
  const events: RunEvent[] = [BEGIN];
  for (const luck of lucks) {
    const next = nextOf(PLAN, events);
    const event = eventAfter(next, events, luck);
    if (event === null) break;
    expect(follows(PLAN, events, event)).toBe(true);
    events.push(event);
    if (event.kind !== "started" || luck.crash) continue;
    const argv = commandOf(event.task, event.part);
    const finished: RunEvent = {
      ...{
        kind: "finished",
        task: event.task,
        part: event.part,
        passed: luck.passes,
        by: "",
        missed: [],
      },
      ...(argv === undefined ? {} : { argv }),
    };
    expect(follows(PLAN, events, finished)).toBe(true);
    events.push(finished);
  }
  return events;
}

const LUCK = fc.record({
  passes: fc.boolean(),
  crash: fc.boolean(),
  choice: fc.nat(5),
});
const STORY = fc.array(LUCK, { maxLength: 60 }).map(story);
const WELL = story(Array.from({ length: 60 }, () => ({ passes: true, crash: false, choice: 0 })));

const after = (events: readonly RunEvent[]) => {
  const { kind, ...rest } = nextOf(PLAN, events);
  return [kind, "task" in rest ? rest.task.id : "", "part" in rest ? rest.part : ""]
    .join(" ")
    .trim();
};

describe("a run", () => {
  it("in which all goes well passes every part once and ends", () => {
    const finished = WELL.flatMap((e) => (e.kind === "finished" ? [`${e.task} ${e.part}`] : []));
    expect(finished).toEqual([
      "check-1 do",
      ...["step:a do", "step:a verify", "step:b do", "step:b verify", "step:c do", "step:c verify"],
    ]);
    expect(WELL.at(-1)).toEqual({ kind: "end", outcome: "done", left: [] });
    expect(deviations(PLAN, WELL)).toEqual([]);
  });

  it("has one next after every prefix of every story (one next)", () => {
    fc.assert(
      fc.property(STORY, (events) => {
        for (let n = 1; n <= events.length; n++) nextOf(PLAN, events.slice(0, n));
      }),
      { numRuns: 300 },
    );
  });

  it("never starts twice, without asking, what is not repeatable", () => {
    fc.assert(
      fc.property(STORY, (events) => {
        let open = false;
        for (const event of events) {
          if (!("task" in event) || event.task !== "step:a") continue;
          if (event.kind === "started" && event.part === "do") {
            expect(open).toBe(false);
            open = true;
          }
          // A verification or an undo tells nothing about the command itself.
          if ((event.kind === "finished" || event.kind === "found") && event.part === "do")
            open = false;
        }
      }),
      { numRuns: 500 },
    );
  });

  it("ends as `undone` only when every step that took place was taken back", () => {
    fc.assert(
      fc.property(STORY, (events) => {
        const end = events.at(-1);
        if (end?.kind !== "end" || end.outcome !== "undone") return;
        const done = events.flatMap((e) =>
          (e.kind === "finished" || (e.kind === "found" && e.ran)) &&
          e.part === "do" &&
          e.task.startsWith("step:")
            ? [e.task]
            : [],
        );
        const undone = events.flatMap((e) =>
          ((e.kind === "finished" && e.passed) || (e.kind === "found" && e.ran)) &&
          e.part === "undo"
            ? [e.task]
            : [],
        );
        for (const task of new Set(done)) expect(undone).toContain(task);
      }),
      { numRuns: 500 },
    );
  });

  it.each<[string, (events: readonly RunEvent[]) => readonly RunEvent[], string]>([
    [
      "a command that may not run twice is asked about after a crash",
      (w) => [...w.slice(0, 3), { kind: "started", task: "step:a", part: "do" }],
      "find step:a do",
    ],
    [
      "one that may is run again",
      (w) => [...w.slice(0, 7), { kind: "started", task: "step:b", part: "do" }],
      "act step:b do",
    ],
    [
      "undoing stops at a step without a way back",
      (w) => [
        ...w.slice(0, 9),
        { kind: "chosen", task: "step:b", choice: "undo", by: "ana", reason: "so" },
      ],
      "end",
    ],
    [
      "undoing begins with the newest",
      (w) => [
        ...w.slice(0, 13),
        { kind: "chosen", task: "step:c", choice: "undo", by: "ana", reason: "so" },
      ],
      "act step:c undo",
    ],
    [
      "leaving ends",
      (w) => [
        ...w.slice(0, 5),
        { kind: "chosen", task: "step:a", choice: "leave", by: "ana", reason: "so" },
      ],
      "end",
    ],
  ])("%s", (_, change, expected) => {
    expect(after(change(WELL))).toBe(expected);
  });

  it("refuses what does not follow", () => {
    const started: RunEvent = { kind: "started", task: "step:b", part: "do" };
    expect(follows(PLAN, [BEGIN], started)).toBe(false);
    expect(follows(PLAN, [BEGIN], { kind: "end", outcome: "done", left: [] })).toBe(false);
    expect(follows(PLAN, [BEGIN], BEGIN)).toBe(false);
    expect(follows(PLAN, WELL, started)).toBe(false);
  });

  it("tells of a command that is not the document's", () => {
    const other = WELL.map((e) =>
      e.kind === "finished" && e.task === "step:b" && e.part === "do"
        ? { ...e, argv: ["rm", "x"] }
        : e,
    );
    expect(deviations(PLAN, other)).toEqual(["`step:b` ran `rm x`, the document says `echo b`"]);
  });

  it("events are read back as they were written, and nothing else is one", () => {
    for (const event of WELL)
      expect(readEvent(JSON.parse(JSON.stringify(event)))).toEqual({ ok: true, event });
    expect(readEvent({ kind: "toString" }).ok).toBe(false);
    fc.assert(fc.property(fc.jsonValue(), (value) => void readEvent(value)));
  });
});
