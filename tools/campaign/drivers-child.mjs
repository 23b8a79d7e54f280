// SPDX-License-Identifier: Apache-2.0
// One server's driver of rollouts, to be killed: its target is the campaign's own, by HTTP.
import { openRollouts } from "../../packages/server/dist/index.js";
import { append, openStore } from "../../packages/store/dist/index.js";

const [url, at, owner, point = "", times = "1", leaseMs = "3000"] = process.argv.slice(2);
let left = Number(times);
/** How far this machine's clock is off; signals have the right time. */
let clockMs = 0;
process.on("message", ({ clock }) => {
  clockMs = clock;
});
const opened = await openStore({ url }, { clients: 8 });
if (!opened.ok) throw new Error(opened.failure.message);
const store = opened.value;
const away = { code: "TARGET_AWAY", message: "it does not answer", help: "try again" };
const bytes = (text) => (text === null ? null : Buffer.from(text, "base64"));

async function ask(path, body) {
  const answer = await fetch(`${at}${path}`, { method: "POST", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`the target answers ${answer.status}`);
  return await answer.json();
}

const target = {
  ...{ name: "campaign", kind: "http" },
  abilities: { atomic: true, fences: true, remembers: true },
  read: async (cell, keys) => {
    try {
      const { items, fence } = await ask("/read", { cell, keys });
      const held = items.map(([key, one]) => [
        key,
        one === null ? null : { value: bytes(one.value), version: one.version },
      ]);
      return { ok: true, value: { items: new Map(held), fence } };
    } catch {
      return { ok: false, failure: away };
    }
  },
  write: async (batch) => {
    try {
      const items = batch.items.map(({ key, value, over }) => ({
        ...{ key, over, value: value === null ? null : Buffer.from(value).toString("base64") },
      }));
      return await ask("/write", { ...batch, items, owner });
    } catch {
      return { kind: "unknown", failure: away };
    }
  },
};

openRollouts({
  store,
  ledger: {
    append: (tx, entries) =>
      append(
        tx,
        entries.map(({ entry }) => entry),
      ),
  },
  target: () => target,
  analysis: {
    ask: async (_, { id, wave }) => [
      {
        ...{ kind: "verdict", id, source: "orders", wave, outcome: "successful", samples: 100 },
        ...{ excludesPpm: 10_000, observedAt: Date.now() },
      },
    ],
  },
  now: () => Date.now() + clockMs,
  monotonic: () => performance.now(),
  // As `kill -9` just there; `none` is no point.
  onPoint: (reached) => {
    if (reached === point && --left === 0) process.kill(process.pid, "SIGKILL");
  },
  onTrouble: ({ says }) => process.stderr.write(`${says}\n`),
  limits: { periodMs: 200, leaseMs: Number(leaseMs), targetMs: 10_000, claim: 100 },
});
process.stdout.write("driving\n");
// Its looks keep no process alive.
setInterval(() => undefined, 60_000);
