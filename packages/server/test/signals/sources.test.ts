// SPDX-License-Identifier: Apache-2.0
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { openSource, readSignals, type Signal, type Source } from "@interlock/server";
import {
  type PrometheusUnderTest,
  prometheusBinary,
  sharedPostgres,
  startPrometheus,
} from "@interlock/testkit";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { ENGINES, storeOf } from "../engines.ts";
import { described, MINUTE, signalsOf } from "./world.ts";

const [engine] = ENGINES;
if (engine === undefined) throw new Error("there is an embedded engine");
const store = storeOf(engine);

const only = (signals: readonly Signal[]): Signal => {
  const [signal] = signals;
  if (signal === undefined) throw new Error("there is one signal");
  return signal;
};

const opened = (
  more: Parameters<typeof described>[0],
  secrets: Readonly<Record<string, string>> = {},
): Source =>
  openSource(only(signalsOf(described(more))), {
    ...{ store: store(), fetch, secrets: (name) => secrets[name] ?? null },
  });

/** Whole minutes, three hours ago: what Prometheus remembers has to be recent. */
const PAST = Math.floor(Date.now() / MINUTE) * MINUTE - 180 * MINUTE;
const at = (minute: number) => (PAST + minute * MINUTE) / 1_000;

describe.skipIf(prometheusBinary() === null)("prometheus", () => {
  let server: PrometheusUnderTest;
  beforeAll(async () => {
    server = await startPrometheus(remembered());
  });
  afterAll(() => server.close());

  /** One sample a minute from minute 0 on; `null`: not scraped. */
  function lines(series: string, values: readonly (number | null)[]): readonly string[] {
    return values.flatMap((value, i) => (value === null ? [] : [`${series} ${value} ${at(i)}`]));
  }
  function remembered(): string {
    const orders = (labels: string) => `orders_total{${labels}}`;
    return [
      "# TYPE orders counter",
      ...lines(orders('cell="a",pod="1"'), [100, 110, 130, 5, 10, 10]),
      ...lines(orders('cell="a",pod="2"'), [null, null, 7, 9, 9, 9]),
      ...lines(orders('cell="b",pod="1"'), [0, 1, 2, 3, null, null]),
      "# TYPE errors counter",
      ...lines('errors_total{cell="a"}', [null, null, null, 2, 4, 4]),
      "# TYPE requests counter",
      ...lines('requests_total{cell="a"}', [0, 50, 100, 150, 200, 250]),
      "# TYPE seconds histogram",
      ...[0, 1].flatMap((i) => [
        `seconds_bucket{cell="a",le="0.1"} ${5 * i} ${at(i)}`,
        `seconds_bucket{cell="a",le="0.5"} ${8 * i} ${at(i)}`,
        `seconds_bucket{cell="a",le="+Inf"} ${9 * i} ${at(i)}`,
        `seconds_count{cell="a"} ${9 * i} ${at(i)}`,
        `seconds_sum{cell="a"} ${i} ${at(i)}`,
      ]),
      "# EOF\n",
    ].join("\n");
  }
  const sampled = async (more: Parameters<typeof described>[0], settings: object, minutes = 5) => {
    const source = opened({
      ...{ kind: "prometheus", freshMs: 30_000, ...more },
      settings: { url: server.url, ...settings },
    });
    const span = { from: PAST, to: PAST + minutes * MINUTE, slotMs: MINUTE, cells: ["a", "b"] };
    const got = await source.sample(span);
    return got.ok ? got.slots.map(({ cells }) => cells) : got.says;
  };

  it.each([
    ["a label", "orders_total"],
    ["a query a cell", 'orders_total{cell="{cell}"}'],
  ])(
    "counts by %s: resets, new processes, and what was not scraped is not known",
    async (_, counter) => {
      expect(await sampled({}, { counter })).toEqual([
        { a: [10], b: [1] },
        { a: [27], b: [1] },
        { a: [7], b: [1] },
        { a: [5] },
        { a: [0] },
      ]);
    },
  );

  it("no errors are none where requests were counted, and unknown where they were not", async () => {
    const errors = { measures: "errors", name: "errors" } as const;
    expect(await sampled(errors, { counter: "errors_total", of: "requests_total" })).toEqual([
      { a: [0, 50] },
      { a: [0, 50] },
      { a: [0, 50] },
      { a: [2, 50] },
      { a: [0, 50] },
    ]);
  });

  it("counts a histogram by bucket", async () => {
    const latency = { measures: "latency", name: "answers" } as const;
    const settings = { counter: "seconds_bucket", edges: [0.1, 0.5] };
    expect(await sampled(latency, settings, 1)).toEqual([{ a: [5, 3, 1] }]);
  });

  it("a value of long ago is not taken for one of now", async () => {
    // Prometheus itself answers with the last value for five minutes.
    const source = opened({
      ...{ kind: "prometheus", freshMs: 30_000 },
      settings: { url: server.url, counter: "orders_total" },
    });
    const span = { from: PAST + 6 * MINUTE, to: PAST + 8 * MINUTE, slotMs: MINUTE, cells: ["a"] };
    const got = await source.sample(span);
    expect(got.ok && got.slots.every(({ cells }) => Object.keys(cells).length === 0)).toBe(true);
  });

  it("reads what is scraped now, and says when the query is wrong", async () => {
    server.expose('live_total{cell="a"} 1\n');
    const source = opened({
      ...{ kind: "prometheus", freshMs: 30_000 },
      settings: { url: server.url, counter: "live_total", slotMs: 1_000 },
    });
    let known = false;
    while (!known) {
      const to = Math.floor(Date.now() / 1_000) * 1_000;
      const got = await source.sample({ from: to - 2_000, to, slotMs: 1_000, cells: ["a"] });
      known = got.ok && got.slots.some(({ cells }) => cells["a"]?.[0] === 0);
    }
    expect(await sampled({}, { counter: "orders_total{" })).toBe("it answered 400");
  });
});

describe.skipIf(ENGINES.length < 2)("sql", () => {
  const client: { url: string } = { url: "" };
  beforeAll(async () => {
    const server = await sharedPostgres();
    client.url = server?.newDatabase() ?? "";
    const own = new pg.Client({ connectionString: client.url });
    await own.connect();
    await own.query(`create table placed (cell text, at timestamptz, failed boolean);
      insert into placed select 'a', timestamptz '2026-03-02 12:00:00Z' + n * interval '10 s', n % 5 = 0
      from generate_series(0, 11) n`);
    await own.end();
  });
  const QUERY =
    "select cell, count(*) filter (where failed) as count, count(*) as of from placed where cell = any($1) and at >= $2 and at < $3 group by cell;";
  const sampled = async (query: string, more: object = {}) => {
    const source = opened(
      {
        ...{ kind: "sql", measures: "errors", name: "errors" },
        settings: { connection: "env:ORDERS_DB", query, ...more },
      },
      { "env:ORDERS_DB": client.url },
    );
    const from = Date.UTC(2026, 2, 2, 12);
    return await source.sample({ from, to: from + 3 * MINUTE, slotMs: MINUTE, cells: ["a", "b"] });
  };

  it("counts by slot; a cell without a row was not read", async () => {
    const got = await sampled(QUERY);
    expect(got.ok && got.slots.map(({ cells }) => cells)).toEqual([
      { a: [2, 6] },
      { a: [1, 6] },
      {},
    ]);
  });

  it("a replica that is behind was not read", async () => {
    const got = await sampled(QUERY, { wholeUntil: "select timestamptz '2026-03-02 12:01:00Z'" });
    expect(got.ok && got.slots.map(({ cells }) => cells)).toEqual([{ a: [2, 6] }, {}, {}]);
  });

  it.each([
    [
      "writes",
      "with x as (insert into placed values ('z') returning 1) select 'a' as cell, 1 as count, 1 as of",
      /read-only|top level/,
    ],
    [
      "two statements",
      "select 1) q; drop table placed; select * from (select 1",
      /cannot insert multiple commands/,
    ],
    ["counts that are none", "select 'a' as cell, -1 as count, 1 as of", /no `cell` and `count`/],
  ])("%s do not pass", async (_, query, says) => {
    const got = await sampled(query);
    expect([got.ok, got.ok ? "" : got.says]).toEqual([false, expect.stringMatching(says)]);
  });

  it("a query without end does not pass, and the server itself ends it", async () => {
    const query = "select cell, 1 as count, 1 as of from placed, pg_sleep(600)";
    const got = await sampled(query, { timeoutMs: 200 });
    // Which of the two that watch it says so first is chance.
    expect([got.ok, got.ok ? "" : got.says]).toEqual([false, expect.stringMatching(/timeout/)]);
    const own = new pg.Client({ connectionString: client.url });
    await own.connect();
    onTestFinished(() => own.end());
    const running = `select from pg_stat_activity
      where datname = current_database() and query like '%pg_sleep%' and state = 'active'
        and pid <> pg_backend_pid()`;
    await expect.poll(async () => (await own.query(running)).rowCount).toBe(0);
  });
});

describe("http", () => {
  const asked: string[] = [];
  let answer: (url: string) => { readonly status?: number; readonly body: string } = () => ({
    body: "{}",
  });
  const server = createServer((request, response) => {
    asked.push(`${request.url ?? ""} ${request.headers.authorization ?? ""}`);
    const { status = 200, body } = answer(request.url ?? "");
    response.writeHead(status, { location: "http://127.0.0.1:1/" }).end(body);
  });
  const place = { port: 0 };
  beforeAll(async () => {
    await new Promise<void>((listening) => {
      server.listen(0, "127.0.0.1", listening);
    });
    place.port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    server.close();
  });
  const sampled = async (settings: object, cells: readonly string[] = ["a", "b"]) => {
    const url = `http://127.0.0.1:${place.port}/orders?from={from}&to={to}`;
    const source = opened(
      {
        kind: "http",
        settings: {
          url,
          count: "/cells/{cell}/n",
          headers: { authorization: "env:T" },
          ...settings,
        },
      },
      { "env:T": "Bearer secret" },
    );
    return await source.sample({ from: 0, to: MINUTE, slotMs: MINUTE, cells });
  };

  it("finds counts by JSON pointers, with a secret in the header", async () => {
    answer = () => ({ body: JSON.stringify({ cells: { a: { n: 7 }, b: { n: null } } }) });
    expect(await sampled({})).toEqual({ ok: true, slots: [{ start: 0, cells: { a: [7] } }] });
    expect(asked.at(-1)).toBe("/orders?from=0&to=60000 Bearer secret");
  });

  it("what is not whole yet was not read", async () => {
    answer = () => ({ body: JSON.stringify({ until: 59_999, cells: { a: { n: 7 } } }) });
    const got = await sampled({ wholeUntil: "/until" });
    expect(got).toEqual({ ok: true, slots: [{ start: 0, cells: {} }] });
  });

  it.each([
    ["a redirect", { status: 302, body: "{}" }, "it answered 302"],
    ["no JSON", { body: "<html>" }, "it answered with what is no JSON"],
    ["a text", { body: '{"cells":{"a":{"n":"many"}}}' }, "what stands there for `a` is no count"],
    ["too much", { body: " ".repeat((16 << 20) + 1) }, "it answered with more than 16777216 bytes"],
  ])("%s is a failure", async (_, given, says) => {
    answer = () => given;
    expect(await sampled({})).toEqual({ ok: false, says });
  });

  it("SS5 a cell's name leads to no other host", async () => {
    const url = `http://127.0.0.1:${place.port}/{cell}`;
    answer = () => ({ body: '{"n":1}' });
    await sampled({ url, count: "/n" }, ["@evil.example.com/x", "..//evil.example.com"]);
    expect(asked.slice(-2).map((line) => line.split(" ")[0])).toEqual([
      "/%40evil.example.com%2Fx",
      "/..%2F%2Fevil.example.com",
    ]);
  });
});

describe("settings", () => {
  it.each([
    [
      "a secret as it is",
      {
        settings: {
          url: "https://p.example.com",
          counter: "c",
          headers: { authorization: "Bearer x" },
        },
      },
      /neither `env:NAME` nor `file:PATH`/,
    ],
    [
      "a secret without TLS",
      {
        settings: {
          url: "http://p.example.com",
          counter: "c",
          headers: { authorization: "env:T" },
        },
      },
      /through TLS only/,
    ],
    [
      "a password in the URL",
      { settings: { url: "https://a:b@p.example.com", counter: "c" } },
      /without a name or a password/,
    ],
    [
      "errors without requests",
      { measures: "errors", settings: { url: "https://p.example.com", counter: "c" } },
      /judged against requests/,
    ],
    [
      "a latency without edges",
      { measures: "latency", settings: { url: "https://p.example.com", counter: "c" } },
      /needs `settings.edges`/,
    ],
    [
      "what nobody knows",
      { settings: { url: "https://p.example.com", counter: "c", retries: 3 } },
      /retries/,
    ],
  ] as const)("refuses %s", (_, more, says) => {
    const read = readSignals([described({ kind: "prometheus", ...more })]);
    expect(read).toEqual({ ok: false, says: expect.stringMatching(says) });
  });
});
