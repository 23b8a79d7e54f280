// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { openTarget } from "@interlock/targets";
import { expect, it } from "vitest";
import { checkDescription } from "../../src/controlplane/checking.ts";
import { readSignals } from "../../src/signals/settings.ts";

const PAGE = new URL("../../../../docs/reference/control-plane.md", import.meta.url);
const EXAMPLE = /```yaml\n(.*?)```/s.exec(readFileSync(PAGE, "utf8"))?.[1] ?? "";
const problemsOf = (text: string): readonly string[] => {
  const read = checkDescription("f", text);
  return read.ok
    ? []
    : read.problems.map((p) => `${p.line}:${p.column} ${p.code} ${p.message}; ${p.help}`);
};

it("opens whatever it finds no problem in", async () => {
  const read = checkDescription("f", EXAMPLE);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  expect(readSignals(read.description.signals)).toMatchObject({ ok: true });
  for (const target of read.description.targets) {
    const opened = await openTarget(target, async () => "looked up");
    expect(opened).toMatchObject({ ok: true });
    if (opened.ok) await opened.value.close();
  }
});

const ETCD = "see `etcd` in docs/reference/targets.md";
const SIGNALS = "see docs/reference/signals.md";

/** What stands in the example, what instead, and what is told then. */
const CASES: readonly (readonly [string, string, ...string[]])[] = [
  [
    "      user: interlock\n",
    "",
    `7:7 FIELD_MISSING \`user\` is missing: \`user\` and \`password\` go together; add \`user:\`; ${ETCD}`,
  ],
  [
    "endpoints:",
    "endpoint:",
    `7:7 FIELD_MISSING \`endpoints\` is no list of 1 to 16 addresses; add \`endpoints:\`; ${ETCD}`,
    "7:7 FIELD_UNKNOWN `endpoint` is not known; did you mean `endpoints`?",
  ],
  [
    "https://etcd.example.com:2379",
    "http://etcd.example.com:2379",
    `7:19 FIELD_INVALID \`endpoints[0]\` would send a secret to \`etcd.example.com:2379\` without TLS; ${ETCD}`,
  ],
  ["na-2: /na-2/", "na-2: /na-1/more/", "11:9 FIELD_INVALID `cells` overlap"],
  [
    "counter: 'orders_total",
    "query: 'orders_total",
    `FIELD_MISSING \`counter\` is missing; add \`counter:\`; ${SIGNALS}`,
    "FIELD_UNKNOWN no field `query` is known here; known here: ",
  ],
  [
    "metric: promise_errors_total, of:",
    "metric: promise_errors_total, off:",
    "FIELD_UNKNOWN no field `off` is known here; did you mean `of`?",
  ],
  [
    ", of: promise_answers_total",
    "",
    `FIELD_MISSING errors are judged against requests: name them in \`settings.of\`; add \`of:\`; ${SIGNALS}`,
  ],
  ["password: env:PROMISE_ETCD_PASSWORD", "password: hidden", "9:17 SECRET_WRITTEN"],
];

it.each(CASES)("tells what could not be opened, and where: %j as %j", (from, to, ...told) => {
  expect(EXAMPLE).toContain(from);
  const found = problemsOf(EXAMPLE.replace(from, to));
  expect(found).toEqual(told.map((one) => expect.stringContaining(one)));
});
