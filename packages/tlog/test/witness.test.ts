// SPDX-License-Identifier: Apache-2.0
import {
  type Checkpoint,
  checkNote,
  cosign,
  cosignedAnswer,
  emptyRoot,
  formatAddCheckpoint,
  formatSignature,
  type Hash,
  judgeSubmission,
  MAX_ADD_CHECKPOINT_LENGTH,
  NOTHING_SEEN,
  openAddCheckpoint,
  parseAddCheckpoint,
  parseNote,
  readWitnessAnswer,
  type Submission,
  verifierKey,
  type WitnessAnswer,
  type WitnessedHead,
} from "@interlock/tlog";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { bytesOf, LOG, NOW, type Signer, STAGING, signed, textOf, WITNESSES } from "./keys.ts";
import { entriesOf, naiveConsistency, naiveRoot } from "./naive.ts";
import { codeOf, taken } from "./outcome.ts";

const ENTRIES = entriesOf(12);
const [WITNESS = LOG] = WITNESSES;

const headAt = (size: number, entries = ENTRIES): Checkpoint => ({
  origin: LOG.key.name,
  size,
  root: naiveRoot(entries.slice(0, size)),
  extensions: [],
});
const seen = (size: number, entries = ENTRIES): WitnessedHead => {
  const { root } = headAt(size, entries);
  return { size, root };
};
const growth = (from: number, to: number, entries = ENTRIES): Hash[] =>
  from === 0 ? [] : naiveConsistency(from, entries.slice(0, to));

async function bodyOf(from: number, to: number, changes: Partial<Checkpoint> = {}, by = LOG) {
  return formatAddCheckpoint(
    from,
    growth(from, to),
    await signed({ ...headAt(to), ...changes }, by),
  );
}

const known = (origin: string) => (origin === LOG.key.name ? [LOG.key] : []);

/** The whole of `add-checkpoint` but for storing. */
async function ask(
  body: Uint8Array,
  stored: WitnessedHead,
): Promise<WitnessAnswer & { evidence?: boolean }> {
  const opened = await openAddCheckpoint(body, known);
  if (!opened.ok) return opened.answer;
  const verdict = judgeSubmission(opened.submission, stored);
  if (verdict.kind === "answer") return { ...verdict.answer, evidence: verdict.evidence };
  const cosignature = await cosign(opened.submission.note.text, WITNESS.key, NOW, WITNESS.sign);
  return cosignedAnswer([formatSignature(cosignature)]);
}

describe("answers", () => {
  test.each([
    [0, 0],
    [0, 5],
    [5, 8],
    [8, 8],
    [8, 12],
  ])("200 from %i to %i, with a cosignature that verifies", async (from, to) => {
    const checkpoint = await signed(headAt(to), LOG);
    const body = formatAddCheckpoint(from, growth(from, to), checkpoint);
    const answer = await ask(body, seen(from));
    expect(answer.status).toBe(200);
    const reply = taken(readWitnessAnswer(200, bytesOf(answer.body)));
    if (reply.kind !== "cosigned") throw new Error("no cosignature");
    const note = taken(parseNote(checkpoint));
    const merged = { text: note.text, signatures: [...note.signatures, ...reply.signatures] };
    const { verified } = taken(await checkNote(merged, [WITNESS.key]));
    expect(verified).toEqual([{ key: WITNESS.key, timestamp: NOW, line: reply.signatures[0] }]);
  });

  test("stores exactly the head that was signed", async () => {
    const opened = await openAddCheckpoint(await bodyOf(5, 8), known);
    if (!opened.ok) throw new Error(opened.failure.message);
    expect(judgeSubmission(opened.submission, seen(5))).toEqual({ kind: "store", head: seen(8) });
  });

  const cases: readonly (readonly [string, number, () => Promise<Uint8Array>, WitnessedHead])[] = [
    [
      "an unknown origin",
      404,
      () => bodyOf(0, 5, { origin: "else.example.com" }, STAGING),
      NOTHING_SEEN,
    ],
    ["no signature of the log", 403, () => bodyOf(0, 5, {}, STAGING), NOTHING_SEEN],
    [
      "a broken signature of the log",
      403,
      () => bodyOf(0, 5, {}, { ...LOG, sign: STAGING.sign }),
      NOTHING_SEEN,
    ],
    [
      "an old size above the checkpoint's",
      400,
      async () => formatAddCheckpoint(9, [], await signed(headAt(8), LOG)),
      seen(9),
    ],
    ["an old size that is not the stored one", 409, () => bodyOf(5, 8), seen(4)],
    ["an old size of zero where there is a head", 409, () => bodyOf(0, 8), seen(4)],
    ["an old size where there is no head", 409, () => bodyOf(5, 8), NOTHING_SEEN],
    ["a smaller checkpoint", 409, () => bodyOf(3, 4), seen(8)],
    [
      "an empty tree with another root",
      422,
      () => bodyOf(0, 0, { root: headAt(1).root }),
      NOTHING_SEEN,
    ],
    [
      "a proof from the empty tree",
      422,
      async () => formatAddCheckpoint(0, [emptyRoot()], await signed(headAt(5), LOG)),
      NOTHING_SEEN,
    ],
    [
      "a proof that fails",
      422,
      async () => formatAddCheckpoint(5, growth(4, 8), await signed(headAt(8), LOG)),
      seen(5),
    ],
    [
      "no proof",
      422,
      async () => formatAddCheckpoint(5, [], await signed(headAt(8), LOG)),
      seen(5),
    ],
    [
      "a proof too many for one size",
      422,
      async () => formatAddCheckpoint(5, [emptyRoot()], await signed(headAt(5), LOG)),
      seen(5),
    ],
  ];
  test.each(cases)("%s: %i", async (_, status, body, stored) => {
    const answer = await ask(await body(), stored);
    expect(answer.status).toBe(status);
    expect(answer.body.endsWith("\n")).toBe(true);
    if (status === 422) expect(answer.evidence).toBe(true);
    if (status === 409) {
      expect(answer).toMatchObject({
        contentType: "text/x.tlog.size",
        body: `${stored.size}\n`,
        evidence: false,
      });
    }
  });

  test("503 where there is no Ed25519: nothing was judged", async () => {
    const body = await bodyOf(0, 5);
    vi.stubGlobal("crypto", undefined);
    const answer = await ask(body, NOTHING_SEEN).finally(() => vi.unstubAllGlobals());
    expect(answer.status).toBe(503);
  });

  const HASH = "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n";
  test.each<[string, (text: string) => string]>([
    ["nothing", () => ""],
    ["no old size", (text) => text.replace("old 0\n", "")],
    ["an old size with a zero in front", (text) => text.replace("old 0", "old 00")],
    ["two spaces", (text) => text.replace("old 0", "old  0")],
    ["a carriage return", (text) => text.replace("old 0\n", "old 0\r\n")],
    ["no empty line", (text) => text.replace("old 0\n\n", "old 0\n")],
    ["64 hashes", (text) => text.replace("old 0\n", `old 0\n${HASH.repeat(64)}`)],
    ["a hash that is none", (text) => text.replace("old 0\n", "old 0\nAAAA\n")],
    ["a checkpoint without its last newline", (text) => text.slice(0, -1)],
    ["a note that is no checkpoint", (text) => text.replace("\n5\n", "\nfive\n")],
    [
      "too much",
      (text) => text.replace("\n5\n", `\n5\n${"a".repeat(MAX_ADD_CHECKPOINT_LENGTH)}\n`),
    ],
  ])("%s: 400", async (_, change) => {
    const text = textOf(await bodyOf(0, 5));
    expect((await ask(bytesOf(change(text)), NOTHING_SEEN)).status).toBe(400);
    expect((await ask(Uint8Array.of(0xff, ...bytesOf(text)), NOTHING_SEEN)).status).toBe(400);
  });

  test("signatures of unknown keys beside the log's are ignored", async () => {
    const checkpoint = await signed(headAt(5), LOG, [[WITNESS, NOW]]);
    expect((await ask(formatAddCheckpoint(0, [], checkpoint), NOTHING_SEEN)).status).toBe(200);
  });
});

// github.com/FiloSottile/torchwood, cmd/litewitness/testdata/litewitness.txt: its first request.
test("a request of another implementation is answered as that one answers it", async () => {
  const origin =
    "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562";
  const raw = "ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f";
  const key = verifierKey(origin, "ed25519", new Uint8Array(Buffer.from(raw, "hex")));
  const body = bytesOf(`old 0

${origin}
1
KgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=

— ${origin} UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnNuWRTYrajXpNUbIQY=
`);
  const opened = await openAddCheckpoint(body, () => [key]);
  if (!opened.ok) throw new Error(opened.failure.message);
  expect(judgeSubmission(opened.submission, NOTHING_SEEN)).toMatchObject({
    kind: "store",
    head: { size: 1 },
  });
  const unknown = await openAddCheckpoint(body, () => []);
  expect(unknown.ok ? 200 : unknown.answer.status).toBe(404);
});

test("LG2 same size, different root to two clients: 422 and evidence", async () => {
  const fork = [...ENTRIES.slice(0, 7), bytesOf("another history")];
  const body = formatAddCheckpoint(8, [], await signed(headAt(8, fork), LOG));
  expect(await ask(body, seen(8))).toMatchObject({ status: 422, evidence: true });
  const grown = formatAddCheckpoint(8, growth(8, 8), await signed(headAt(8, fork), LOG));
  expect((await ask(grown, seen(8))).status).toBe(422);
  // A fork that has grown past the stored head, with its own honest proof.
  const longer = [...fork, bytesOf("and on")];
  const past = formatAddCheckpoint(8, growth(8, 9, longer), await signed(headAt(9, longer), LOG));
  expect(await ask(past, seen(8))).toMatchObject({ status: 422, evidence: true });
});

describe("LG13 a log that is behind", () => {
  test("LG13 a 409 names the size to go on from", async () => {
    const answer = await ask(await bodyOf(2, 8), seen(5));
    const reply = taken(readWitnessAnswer(answer.status, bytesOf(answer.body)));
    expect(reply).toEqual({ kind: "conflict", size: 5 });
    expect((await ask(await bodyOf(5, 8), seen(5))).status).toBe(200);
  });

  test("LG13 other answers are refusals, and malformed ones are told apart", () => {
    expect(taken(readWitnessAnswer(503, bytesOf("down")))).toEqual({
      kind: "refused",
      status: 503,
    });
    for (const body of ["", "5", "05\n", "-1\n", "5\n\n", "9007199254740992\n", "five\n"]) {
      expect(codeOf(readWitnessAnswer(409, bytesOf(body)))).toBe("ANSWER_MALFORMED");
    }
    expect(codeOf(readWitnessAnswer(200, bytesOf("ok\n")))).toBe("NOTE_MALFORMED");
    expect(codeOf(readWitnessAnswer(200, Uint8Array.of(0xff)))).toBe("ANSWER_MALFORMED");
  });
});

describe("LG14 concurrent add-checkpoint", () => {
  type Request = { readonly submission: Submission };
  const requests = async (): Promise<Request[]> => {
    const pairs = [0, 3, 5, 8].flatMap((from) =>
      [3, 5, 8, 12].filter((to) => to >= from).map((to) => [from, to] as const),
    );
    const opened = await Promise.all(
      pairs.map(async ([from, to]) => openAddCheckpoint(await bodyOf(from, to), known)),
    );
    return opened.flatMap((o) => (o.ok ? [{ submission: o.submission }] : []));
  };

  test("no rollback: LG14 whatever the order of atomic steps, the head never goes back", async () => {
    const all = await requests();
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...all), { maxLength: 20 }), (order) => {
        let stored = NOTHING_SEEN;
        for (const { submission } of order) {
          const verdict = judgeSubmission(submission, stored);
          if (verdict.kind === "store") {
            expect(verdict.head.size).toBeGreaterThanOrEqual(stored.size);
            expect(verdict.head).toEqual(seen(verdict.head.size));
            stored = verdict.head;
          } else {
            expect(verdict.answer.status).toBe(409);
          }
        }
      }),
    );
  });

  test("LG14 judged on a head that is stale, compare-and-swap refuses what would roll back", async () => {
    const all = await requests();
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.shuffledSubarray(all), async (s, order) => {
        let stored = NOTHING_SEEN;
        const history = [stored.size];
        const one = async ({ submission }: Request): Promise<void> => {
          const judgedOn = stored;
          const verdict = judgeSubmission(submission, judgedOn);
          await s.schedule(Promise.resolve());
          if (verdict.kind !== "store" || stored !== judgedOn) return;
          stored = verdict.head;
          history.push(stored.size);
        };
        const running = order.map((request) =>
          s.schedule(Promise.resolve()).then(() => one(request)),
        );
        await s.waitAll();
        await Promise.all(running);
        expect(history).toEqual([...history].sort((a, b) => a - b));
      }),
      { numRuns: 50 },
    );
  });
});

test("fuzz: nothing throws, every answer is one of the protocol", async () => {
  const text = textOf(await bodyOf(5, 8));
  await fc.assert(
    fc.asyncProperty(
      fc.nat(text.length),
      fc.nat(4),
      fc.string({ unit: "binary", maxLength: 4 }),
      async (at, cut, put) => {
        const body = bytesOf(`${text.slice(0, at)}${put}${text.slice(at + cut)}`);
        const answer = await ask(body, seen(5));
        const unchanged = textOf(body) === text;
        // An appended line of an unknown key is fine; everything else is one of the refusals.
        expect(unchanged ? [200] : [200, 400, 403, 404, 409, 422]).toContain(answer.status);
        const read = parseAddCheckpoint(body);
        if (answer.status === 200) expect(taken(read).checkpoint).toEqual(headAt(8));
      },
    ),
    { numRuns: 300 },
  );
});

test("a signer is what the tests say it is", () => {
  const all: readonly Signer[] = [LOG, STAGING, ...WITNESSES];
  expect(new Set(all.map((s) => s.key.keyId)).size).toBe(all.length);
});
