// SPDX-License-Identifier: Apache-2.0
import { httpApp, openSignals, openSource, readOpenMetrics, readOtlp } from "@interlock/server";
import { plain, saveSlots } from "@interlock/store";
import fc from "fast-check";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ENGINES, storeOf } from "../engines.ts";
import { described, MINUTE, poisson, SHOP, START, signalsOf } from "./world.ts";

const [engine] = ENGINES;
if (engine === undefined) throw new Error("there is an embedded engine");
const store = storeOf(engine);

const clock = { now: START };
const site: { app?: FastifyInstance; tick?: () => Promise<void>; close?: () => Promise<void> } = {};
const DESCRIBED = described({ settings: { metric: "shop_orders", settleMs: 0 } });

beforeEach(async () => {
  clock.now = START;
  for (const table of ["signal_slot", "signal_series", "signal_pushed", "analysis"])
    await store().db.executeQuery(plain(`delete from ${table}`));
  const app = httpApp({ origin: "https://interlock.example.com", log: false });
  const opened = openSignals(
    {
      systems: [{ ...SHOP, asyncFailureMs: MINUTE }],
      signals: [DESCRIBED],
      onSource: () => undefined,
    },
    {
      ...{ store: store(), now: () => clock.now, fetch },
      onFault: (error) => {
        throw error;
      },
    },
  );
  if (!opened.ok) throw new Error(opened.failure.message);
  // The secret of a token is here what it may do, and where.
  opened.value.routes(app, (request) => {
    const [verb, system] = (request.headers.authorization ?? "").replace("Bearer ", "").split("-");
    if (verb !== "push" && verb !== "read") return Promise.resolve({ kind: "nobody" });
    const repository = `system:${system ?? ""}`;
    return Promise.resolve({ kind: "token", id: "t", repository, verbs: [verb] });
  });
  site.app = app;
  site.tick = opened.value.analysis.tick;
  site.close = opened.value.close;
});
afterEach(async () => {
  await site.close?.();
  await site.app?.close();
});

const send = async (
  method: "GET" | "POST",
  url: string,
  given: { readonly as?: string; readonly type?: string; readonly body?: string | object } = {},
) => {
  const reply = await site.app?.inject({
    ...{ method, url },
    headers: {
      ...(given.as === undefined ? {} : { authorization: `Bearer ${given.as}` }),
      ...(given.type === undefined ? {} : { "content-type": given.type }),
    },
    ...(given.body === undefined ? {} : { payload: given.body }),
  });
  return { status: reply?.statusCode ?? 0, body: reply?.json<Record<string, unknown>>() };
};

const points = "/api/v1/signals/orders/points";
const OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const exposed = (total: number, seconds: number, cell = "eu-1") =>
  `# TYPE shop_orders counter\nshop_orders_total{cell="${cell}",pod="1"} ${total} ${seconds}\n# EOF\n`;
const text = (body: string, as = "push-shop") =>
  send("POST", points, { as, type: OPENMETRICS, body });

const counted = async (minutes: number) => {
  const [signal] = signalsOf(DESCRIBED);
  if (signal === undefined) throw new Error("there is one");
  const source = openSource(signal, { store: store(), fetch, secrets: () => null });
  const span = { from: START - MINUTE, to: START + minutes * MINUTE, slotMs: MINUTE };
  const got = await source.sample({ ...span, cells: ["eu-1", "eu-2"] });
  return got.ok ? got.slots.map(({ cells }) => cells) : got.says;
};

/** As https://opentelemetry.io/docs/specs/otlp/#otlphttp-request has it, with 64-bit integers as text. */
const otlp = (asInt: string, ms: number, aggregationTemporality: 1 | 2) => ({
  resourceMetrics: [
    {
      resource: { attributes: [{ key: "cell", value: { stringValue: "eu-2" } }] },
      scopeMetrics: [
        {
          scope: { name: "shop" },
          metrics: [
            {
              name: "shop_orders",
              unit: "1",
              sum: {
                ...{ aggregationTemporality, isMonotonic: true },
                dataPoints: [
                  {
                    ...{ asInt, attributes: [] },
                    startTimeUnixNano: `${START - 3_600_000}000000`,
                    timeUnixNano: `${ms}000000`,
                  },
                ],
              },
            },
          ],
        },
      ],
    },
  ],
});

describe("pushed counts", () => {
  it("OpenMetrics: the rise between two pushes, once, also after a restart", async () => {
    const at = START / 1_000;
    const answers = [];
    for (const [total, seconds] of [
      [100, at - 30],
      [130, at + 20],
      [130, at + 20],
      [5, at + 70],
      [9, at + 125],
    ] as const) {
      clock.now = seconds * 1_000;
      answers.push((await text(exposed(total, seconds))).body?.["accepted"]);
    }
    expect(answers).toEqual([1, 1, 0, 1, 1]);
    // The third minute is not over, and the other cell was never heard of.
    expect(await counted(3)).toEqual([{ "eu-1": [0] }, { "eu-1": [30] }, { "eu-1": [5] }, {}]);
  });

  it("OTLP: deltas and totals; what was ignored is said", async () => {
    const push = (body: object) => send("POST", points, { as: "push-shop", body });
    clock.now = START + 2 * MINUTE;
    expect(await push(otlp("7", START + 1_000, 1))).toEqual({
      status: 200,
      body: { accepted: 1, ignored: 0 },
    });
    await push(otlp("8", START + 2_000, 1));
    const again = await push(otlp("8", START + 2_000, 1));
    expect(again.body).toMatchObject({ ignored: 1, partialSuccess: { rejectedDataPoints: "1" } });
    await push(otlp("0", START + MINUTE, 1));
    expect(await counted(1)).toEqual([{ "eu-2": [0] }, { "eu-2": [15] }]);
  });

  it.each([
    ["no token", "", 401],
    ["a token that may not push", "read-shop", 403],
    ["a token of another system", "push-other", 404],
  ])("%s is refused", async (_, as, status) => {
    const given = as === "" ? {} : { as };
    const body = exposed(1, START / 1_000);
    const reply = await send("POST", points, { ...given, type: OPENMETRICS, body });
    expect([reply.status, await counted(1)]).toEqual([status, [{}, {}]]);
  });

  it("what comes from the future or is old, of other cells and metrics, counts nothing", async () => {
    const at = START / 1_000;
    for (const body of [
      exposed(5, at + 61),
      exposed(5, at - 601),
      exposed(5, at, "mars-1"),
      'other_total{cell="eu-1"} 5\n# EOF\n',
    ])
      expect((await text(body)).body).toMatchObject({ accepted: 0, ignored: 1 });
    expect((await text("shop_orders_total 5\n")).status).toBe(400);
  });
});

describe("parsers", () => {
  it.each([
    ["no end", "a_total 1\n", /does not end with `# EOF`/],
    ["something behind the end", "# EOF\na_total 1\n", /behind `# EOF`/],
    ["no number", "a_total x\n# EOF\n", /line 1/],
    ["a label twice", 'a_total{b="1",b="2"} 1\n# EOF\n', /line 1/],
    ["an open label", 'a_total{b="1} 1\n# EOF\n', /line 1/],
  ])("OpenMetrics with %s is refused", (_, given, says) => {
    expect(readOpenMetrics(given)).toEqual({ ok: false, says: expect.stringMatching(says) });
  });

  it("OpenMetrics: escapes, times, created, histograms, exemplars", () => {
    const read = readOpenMetrics(
      'a_total{b="x\\"\\\\\\n"} 3 10.5 # {id="1"} 1\na_created{b="x\\"\\\\\\n"} 9\nh_bucket{le="1"} 2\nh_bucket{le="+Inf"} 5\n# EOF\n',
    );
    expect(read).toMatchObject({
      ok: true,
      points: [
        {
          metric: "a",
          labels: { b: 'x"\\\n' },
          values: [{ count: 3 }],
          at: 10_500,
          startedAt: 9_000,
        },
        { metric: "h", values: [{ upTo: 1, count: 2 }, { count: 3 }] },
      ],
    });
  });

  it("never throw, whatever comes", () => {
    const line = fc.stringMatching(/^[a-z_{}="\\ #0-9.,\n]{0,60}$/);
    fc.assert(
      fc.property(line, (some) => typeof readOpenMetrics(`${some}\n# EOF\n`).ok === "boolean"),
    );
    fc.assert(fc.property(fc.jsonValue(), (some) => typeof readOtlp(some).ok === "boolean"));
    fc.assert(
      fc.property(fc.jsonValue(), (sum) => {
        const metrics = [{ name: "a", sum, histogram: sum }];
        return readOtlp({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] }).ok;
      }),
    );
  });
});

/** Orders at 100 a minute and cell, of which `left` come in eu-1 from the start on, pushed each minute. */
async function live(left: number, minutes: number): Promise<void> {
  const totals = new Map<string, number>();
  const past = Array.from({ length: 240 }, (_, i) => {
    const start = START - (240 - i) * MINUTE;
    const cells = Object.fromEntries(SHOP.cells.map(({ id }) => [id, [poisson(100, id, start)]]));
    return { signal: "orders", start, width: MINUTE, cells };
  });
  await saveSlots(store().db, past);
  for (let i = 0; i <= minutes; i += 1) {
    clock.now = START + i * MINUTE + 1_000;
    for (const { id } of SHOP.cells) {
      const n = poisson(100 * (id === "eu-1" ? left : 1), "live", id, i);
      totals.set(id, (totals.get(id) ?? 1_000) + n);
      await text(exposed(totals.get(id) ?? 0, START / 1_000 + i * 60, id));
    }
    await site.tick?.();
  }
}

describe("engines that teams have already", () => {
  // As in https://argo-rollouts.readthedocs.io/en/stable/analysis/web/: GET, a bearer, JSON back.
  const argo = (query = "") =>
    send("GET", `/api/v1/analysis/argo?system=shop&cells=eu-1&key=web-7f9&since=${START}${query}`, {
      as: "read-shop",
    });

  it("Argo Rollouts: inconclusive without evidence, failed on harm", async () => {
    expect((await argo()).body).toMatchObject({ result: "inconclusive" });
    await live(0.2, 5);
    const { status, body } = await argo();
    expect([status, body?.["result"], Number(body?.["value"]) >= 1]).toEqual([200, "failed", true]);
  });

  it("a pipeline: successful once harm is excluded", async () => {
    await live(1, 12);
    const body = {
      system: "shop",
      cells: ["eu-1"],
      key: "build-1",
      since: START,
      marginPpm: 150_000,
    };
    const reply = await send("POST", "/api/v1/analysis", { as: "read-shop", body });
    expect(reply.body).toMatchObject({ result: "successful", because: [expect.any(String)] });
    const strange = { ...body, cells: ["mars-1"] };
    expect(
      (await send("POST", "/api/v1/analysis", { as: "read-shop", body: strange })).status,
    ).toBe(400);
    expect((await send("POST", "/api/v1/analysis", { as: "read-other", body })).status).toBe(404);
  });

  // As in https://docs.flagger.app/usage/webhooks: a token among the metadata, 2xx or not.
  const flagger = (gate: string, more: object = {}, token = "read-shop") =>
    send("POST", "/api/v1/analysis/flagger", {
      body: {
        ...{ name: "podinfo", namespace: "test", phase: "Progressing", ...more },
        metadata: { token, system: "shop", cells: "eu-1", gate },
      },
    });

  it("Flagger: each kind of hook has its own meaning of success", async () => {
    const gates = async () => {
      const replies = [];
      for (const gate of ["harm", "promotion", "rollback"]) replies.push(await flagger(gate));
      return replies.map(({ status }) => status);
    };
    expect(await gates()).toEqual([200, 412, 412]);
    await live(0.1, 5);
    expect(await gates()).toEqual([412, 412, 200]);
    expect((await flagger("harm", {}, "nobody")).status).toBe(401);
    expect((await flagger("harm", { phase: "Failed" })).body).toEqual({ result: "ended" });
  });

  it("series for a chart, and the list of signals", async () => {
    await live(0.1, 3);
    const query = `cell=eu-1&from=${START + MINUTE}&to=${START + 3 * MINUTE}`;
    const { body } = await send("GET", `/api/v1/signals/orders/series?${query}`, {
      as: "read-shop",
    });
    expect(body).toMatchObject({ slotMs: MINUTE, unit: "orders" });
    const slots = body?.["slots"] as readonly { counts: number[]; limit: number }[];
    expect(slots.map(({ counts, limit }) => (counts[0] ?? 0) < limit)).toEqual([true, true]);
    const wave = await send(
      "GET",
      `/api/v1/signals/orders/series?cells=eu-1,eu-2&control=us-1&since=${START}&from=${START - MINUTE}&to=${START + 3 * MINUTE}`,
      { as: "read-shop" },
    );
    const drawn = wave.body?.["slots"] as readonly { value: number; expected: number }[];
    const isLow = drawn.map(({ value, expected }) => value < expected * 0.8);
    // Of the first minute a counter that has just begun tells nothing.
    expect(isLow).toEqual([false, false, true, true]);
    const foreign = `cells=eu-1,mars&from=${START}&to=${START + MINUTE}`;
    const refused = await send("GET", `/api/v1/signals/orders/series?${foreign}`, {
      as: "read-shop",
    });
    expect([refused.status, refused.body?.["detail"]]).toEqual([400, "`shop` has no cell `mars`"]);
    const listed = await send("GET", "/api/v1/signals", { as: "read-shop" });
    expect(listed.body).toMatchObject({
      signals: [{ name: "orders", readUntil: START + 3 * MINUTE }],
    });
    expect((await send("GET", "/api/v1/signals", { as: "read-other" })).body).toEqual({
      signals: [],
    });
  });
});
