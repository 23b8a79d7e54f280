// SPDX-License-Identifier: Apache-2.0
/** Config sets over a repository: a wrong delivery promise, as on 2 March 2026, fits every schema. */
import { copyFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compareReplay, spreadOf } from "@interlock/controlplane";
import { sha256Hex, utf8 } from "@interlock/digest";
import { replaysApi } from "@interlock/protocol";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { readInputs } from "../src/config/answers.ts";
import { resultOf } from "../src/config/attach.ts";
import { endpointAnswers } from "../src/config/endpoint.ts";
import { programAnswers } from "../src/config/program.ts";
import { type Files, folder, git, interlock, put, repository } from "./scratch.ts";

const PROGRAM = fileURLToPath(new URL("./fixtures/promise.mjs", import.meta.url));

const DESCRIPTION = `version: 1
targets:
  - {name: here, kind: files, settings: {root: /srv/config, cells: {na-1: na-1, na-2: na-2}}}
systems:
  - name: delivery-promise
    tier: 1
    ordersPerMinute: 17700
    asyncFailure: 10m
    lossBudget: 1000
    cells:
      - {id: na-1, region: us-east, share: 1%, runs: v1}
      - {id: na-2, region: us-west, share: 99%, runs: v1}
configSets:
  - name: planners
    system: delivery-promise
    target: here
    owner: promise
    repository: shop/config
    ref: refs/heads/main
    files:
      - {path: "promise/{key}.json", key: "{key}"}
    schema:
      type: object
      additionalProperties: false
      properties:
        source: {type: string, pattern: "^planner-v[0-9]+$"}
        zones:
          type: object
          additionalProperties:
            type: object
            required: [standard, express]
            properties:
              standard: {type: integer, minimum: 0, maximum: 60}
              express: {type: integer, minimum: 0, maximum: 60}
    invariants:
      - id: one-source
        says: exactly one planner is chosen
        holds: 'after.exists_one(k, k.key == "source" && has(k.value.source))'
    references:
      - {at: /source}
    replay:
      run: [${process.execPath}, ${JSON.stringify(PROGRAM)}]
      changed: 20%
      fields:
        - {at: /days, meanShift: 0.5, maxShift: 2}
`;
const planner = (standard: number, express: number, more: object = {}) =>
  `${JSON.stringify({ zones: { de: { standard, express }, us: { standard: standard + 1, express }, ...more } }, null, 1)}\n`;
const SHOP: Files = {
  "interlock/control-plane.yaml": DESCRIPTION,
  "promise/source.json": '{"source": "planner-v2"}\n',
  "promise/planner-v2.json": planner(2, 1),
  // What an old page of the wiki still recommends.
  "promise/planner-v1.json": planner(9, 6),
  "README.md": "the shop's configuration\n",
};
const INPUTS = Array.from({ length: 200 }, (_, i) =>
  JSON.stringify({
    marketplace: i % 2 === 0 ? "de" : "us",
    orderedAt: `2026-03-${String(1 + (i % 28)).padStart(2, "0")}`,
    express: i % 10 === 0,
  }),
);

function shopWith(change: Files): string {
  const dir = repository(SHOP);
  put(dir, change);
  git(dir, "add", "-A");
  writeFileSync(join(dir, "inputs.jsonl"), `${INPUTS.join("\n")}\n`);
  return dir;
}
const run = (dir: string, ...args: readonly string[]) => {
  const { status, stdout, stderr } = interlock(dir, "config", ...args, "--json");
  return { status, stderr, body: stdout === "" ? null : JSON.parse(stdout) };
};
const replayed = (change: Files) =>
  run(shopWith(change), "replay", "planners", "--inputs", "inputs.jsonl");

const WRONG = { "promise/source.json": '{"source": "planner-v1"}\n' };

describe("config check", () => {
  it("finds nothing in what is staged and fits, and says what it means", () => {
    const { status, body } = run(shopWith(WRONG), "check");
    expect([status, body.ok, body.problems]).toEqual([0, true, []]);
    expect(body.sets).toMatchObject([
      { set: "planners", cells: ["na-1", "na-2"], summary: { says: "1 changed key" } },
    ]);
  });
  it("finds what a set forbids, between any two revisions", () => {
    const change = {
      "promise/source.json": '{"source": "planner-v7"}\n',
      "promise/planner-v2.json": planner(2, 99),
      "promise/Pl\u0430nner.json": "{}",
    };
    const dir = shopWith(change);
    git(dir, "-c", "user.name=ana", "commit", "-qm", "faster");
    const { status, body } = run(dir, "check", "--base", "HEAD^", "--head", "HEAD");
    expect(status).toBe(1);
    expect(body.problems.map((p: { code: string }) => p.code)).toEqual(["PATH_REFUSED"]);
    expect(
      body.sets[0].findings.map((f: { code: string; at: string }) => `${f.code} ${f.at}`),
    ).toEqual([
      "SCHEMA_MISFIT /zones/de/express",
      "SCHEMA_MISFIT /zones/us/express",
      "REFERENCE_MISSING /source",
    ]);
    const { status: plain, stdout } = interlock(
      dir,
      "config",
      "check",
      "--base",
      "HEAD^",
      "--head",
      "HEAD",
    );
    expect([plain, stdout]).toEqual([1, expect.stringContaining("planners in na-1, na-2:")]);
  });
  it("refuses a description that it cannot read, and a set that is none", () => {
    const dir = shopWith({ "interlock/control-plane.yaml": "version: 2\n" });
    expect(run(dir, "check").status).toBe(3);
    expect(run(shopWith({}), "check", "--set", "planner").status).toBe(64);
  });
});

describe("config replay", () => {
  it("stops the delivery times of 2 March, which every schema lets pass", () => {
    const { status, body } = replayed(WRONG);
    expect(status).toBe(1);
    expect(body.breaches.map((b: { code: string }) => b.code)).toEqual([
      "ANSWERS_CHANGED",
      "FIELD_MEAN",
      "FIELD_MAX",
    ]);
    expect(body).toMatchObject({ cell: "na-1", inputs: 200, changed: 200, newErrors: 0 });
    expect(body.fields[0].at).toBe("/days");
  });
  it("lets its twin pass: another planner that promises nearly the same", () => {
    const { status, body } = replayed({
      "promise/source.json": '{"source": "planner-v3"}\n',
      "promise/planner-v3.json": planner(2, 2),
    });
    expect([status, body.breaches]).toEqual([0, []]);
    expect(body.changed).toBeGreaterThan(0);
  });
  it("counts new errors: a marketplace that is gone", () => {
    const { status, body } = replayed({
      "promise/planner-v2.json": '{"zones": {"de": {"standard": 2, "express": 1}}}\n',
    });
    expect([status, body.newErrors]).toEqual([1, 100]);
    expect(body.breaches[0].code).toBe("NEW_ERRORS");
  });
  it("shows nothing when the program breaks, and says so", () => {
    const { status, body } = replayed({ "promise/source.json": '{"source": "planner-v8"}\n' });
    expect([status, body.newErrors]).toEqual([1, 200]);
    const dir = shopWith({
      "interlock/control-plane.yaml": DESCRIPTION.replace("run: [", "run: [/nowhere/node, "),
    });
    expect(run(dir, "replay", "planners", "--inputs", "inputs.jsonl").status).toBe(3);
  });
});

describe("readers of config", () => {
  const values = new Map([["a", { path: "a.txt", text: "1" }]]);
  const node = (source: string, timeoutMs = 120_000) => ({
    ...{ argv: [process.execPath, "-e", source], cwd: ".", timeoutMs },
  });
  it("a program that answers less, more, badly or never has not answered", async () => {
    const told = async (source: string, timeoutMs?: number) =>
      (await programAnswers(node(source, timeoutMs), values, ["1", "2"])).map((one) =>
        one.ok ? JSON.stringify(one.value) : "error",
      );
    expect(await told("console.log('{}')")).toEqual(["{}", "error"]);
    expect(await told("console.log('1\\n2\\n3')")).toEqual(["error", "error"]);
    expect(await told("console.log('1\\n}')")).toEqual(["1", "error"]);
    expect(await told("process.stdout.write('1\\n2')")).toEqual(["1", "error"]);
    expect(await told("console.log('1'); process.exit(3)")).toEqual(["1", "error"]);
    expect(await told("setInterval(() => {}, 1000)", 300)).toEqual(["error", "error"]);
    expect(await told("console.log(process.env.HOME === undefined); console.log(0)")).toEqual([
      "true",
      "0",
    ]);
  });
  it("keys that lead out of the folder are refused", async () => {
    const out = new Map([["../../x", { path: "x", text: "" }]]);
    await expect(programAnswers(node("0"), out, ["1"])).rejects.toThrow("leads out");
  });
  it("an endpoint gets values and input, and everything but 2xx with JSON is an error", async () => {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { config, input } = JSON.parse(Buffer.concat(chunks).toString());
        response.statusCode = input === 2 ? 500 : 200;
        response.end(input === 3 ? "no" : JSON.stringify({ sum: Number(config.a) + input }));
      });
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    onTestFinished(() => void server.close());
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`;
    const answers = await endpointAnswers({ url, timeoutMs: 60_000 }, values, ["1", "2", "3"]);
    expect(answers).toEqual([
      { ok: true, value: { sum: 2 } },
      { ok: false, error: "it answered 500" },
      { ok: false, error: "it is no JSON" },
    ]);
  });
  it("inputs are JSON, a line each", () => {
    const file = join(folder(), "inputs");
    copyFileSync(PROGRAM, file);
    expect(() => readInputs(file)).toThrow("is no JSON");
    writeFileSync(file, "\n");
    expect(() => readInputs(file)).toThrow("has 0 inputs");
  });
});

describe("control-plane check", () => {
  it("tells every problem with its place, or counts", () => {
    const dir = shopWith({});
    const file = "interlock/control-plane.yaml";
    const good = interlock(dir, "control-plane", "check");
    expect([good.status, good.stdout]).toEqual([
      0,
      "1 target(s), 1 system(s) with 2 cell(s), 1 config set(s), 0 signal(s): no problem\n",
    ]);
    put(dir, { [file]: DESCRIPTION.replace("tier: 1", "teir: 1").replace("99%", "98%") });
    const bad = interlock(dir, "control-plane", "check", file);
    expect(bad.status).toBe(3);
    expect(bad.stderr).toContain(`${file}:6:5: no field \`teir\` is known here`);
    expect(bad.stderr).toContain("known here: asyncFailure, cells");
    const json = JSON.parse(interlock(dir, "control-plane", "check", "--json").stdout);
    expect(json.counts).toBeNull();
    expect(json.problems.map((p: { code: string }) => p.code)).toEqual([
      "FIELD_MISSING",
      "FIELD_UNKNOWN",
      "SUM_INVALID",
    ]);
  });
});

describe("config replay --attach", () => {
  const values = (text: string) => new Map([["rates", { path: "billing/rates.json", text }]]);
  const answers = (price: number) =>
    Array.from({ length: 50 }, (_, i) => ({
      ok: true as const,
      value: { price: price + (i % 3) },
    }));
  const replay = {
    by: { kind: "program" as const, argv: ["node", "quote.mjs"] },
    fields: [{ at: "/price", maxShift: 1 }],
    ...{ changedPpm: 500_000, newErrorsPpm: 0 },
  };
  const resultFor = (before: string, after: string) => {
    const both = { before: answers(10), after: answers(before === after ? 10 : 12) };
    return resultOf({
      ...{ set: "rates", cell: "eu-1", replay, inputs: ["{}"], answers: both },
      values: { before: values(before), after: values(after) },
      comparison: compareReplay(replay, both.before, both.after),
    });
  };

  it("what is brought names the contents by their digests, its limits, and how far numbers move", () => {
    const result = resultFor("10", "12");
    expect(replaysApi.REPLAY_RESULT.parse(result)).toEqual(result);
    expect(result).toMatchObject({
      ...{ ok: false, inputs: 50, changed: 50, answered: "node quote.mjs" },
      files: [
        { path: "billing/rates.json", before: sha256Hex(utf8("10")), after: sha256Hex(utf8("12")) },
      ],
      fields: [
        {
          at: "/price",
          limit: { changedPpm: null, meanShift: null, maxShift: 1 },
          spread: { least: 2, most: 2, counts: [50], same: 0 },
        },
      ],
      breaches: [{ code: "ANSWERS_CHANGED" }, { code: "FIELD_MAX" }],
    });
    expect(result.examples.length).toBe(5);
  });

  it("nothing is brought where no value differs", () => {
    expect(() => resultFor("10", "10")).toThrow("no value of `rates` in `eu-1` differs");
  });

  it("every move is in one of the steps, or is none", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1_000, max: 1_000 }), { maxLength: 60 }), (moves) => {
        const of = (numbers: readonly number[]) =>
          numbers.map((value) => ({ ok: true as const, value }));
        const both = { before: of(moves.map(() => 7)), after: of(moves.map((move) => 7 + move)) };
        const spread = spreadOf("", both, 12);
        const moved = moves.filter((move) => move !== 0);
        expect(spread === null).toBe(moved.length === 0);
        if (spread === null) return;
        expect(spread.counts.reduce((a, b) => a + b, 0)).toBe(moved.length);
        expect([spread.least, spread.most]).toEqual([Math.min(...moved), Math.max(...moved)]);
        expect(spread.same).toBe(moves.length - moved.length);
      }),
      { numRuns: 100 },
    );
  });
});
