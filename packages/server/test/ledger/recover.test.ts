// SPDX-License-Identifier: Apache-2.0
/** A restored backup gets back what its log has signed, from a copy of the log, or nothing at all. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  headFile,
  httpApp,
  logRoutes,
  openLedger,
  openLogKey,
  prepare,
  recoverLedger,
} from "@interlock/server";
import { latestCheckpoint, ledgerSize, openStore, type Store } from "@interlock/store";
import type { FetchStored } from "@interlock/tlog";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const AT = 1_772_712_000_000;
const ORIGIN = "log.example.com/interlock";
const top = mkdtempSync(join(tmpdir(), "interlock-recover-"));
const data = join(top, "data");
const backup = join(top, "backup");

async function stored(directory: string): Promise<Store> {
  const opened = await openStore({ directory });
  if (!opened.ok) throw new Error(opened.failure.message);
  return opened.value;
}

/** Runs a server's ledger for a while; what keeps it from signing at the end. */
async function run(from: number, count: number): Promise<string | undefined> {
  const store = await stored(join(data, "database"));
  const ledger = openLedger({
    ...{ store, key: openLogKey(join(data, "log-key.pem"), ORIGIN), witnesses: [], periodMs: 5 },
    ...{ memory: headFile(join(data, "log-head")), now: () => AT },
    fetch: () => Promise.reject(new Error("no witness is asked")),
    onFailure: () => undefined,
  });
  const entries = Array.from({ length: count }, (_, n) =>
    prepare({
      ...{ kind: "revocation", at: AT, subject: null },
      body: { person: "ana", credential: "AAAA", reason: `reason ${from + n}`, by: ["ana"] },
    }),
  );
  if (count > 0) await ledger.appendSoon(entries);
  await ledger.close();
  const size = (await latestCheckpoint(store.db))?.size;
  const code = ledger.failure()?.code;
  await store.close();
  return code ?? String(size);
}

/** Reads a log as its readers do. */
function copyOf(
  store: Store,
  twist: (path: string, bytes: Uint8Array) => Uint8Array = (_, b) => b,
) {
  const app = httpApp({ origin: "https://interlock.example.com", log: false });
  logRoutes(app, store.db);
  const fetch: FetchStored = async (path) => {
    const reply = await app.inject({ method: "GET", url: `/log/${path}` });
    return reply.statusCode === 200 ? twist(path, new Uint8Array(reply.rawPayload)) : null;
  };
  return fetch;
}

const restore = () => {
  rmSync(join(data, "database"), { recursive: true });
  cpSync(backup, join(data, "database"), { recursive: true });
};

describe("a backup of 300 entries, of a log that has signed 700", () => {
  let newest: Store;
  let older: Store;
  beforeAll(async () => {
    mkdirSync(data);
    await run(0, 300);
    cpSync(join(data, "database"), backup, { recursive: true });
    await run(300, 100);
    cpSync(join(data, "database"), join(top, "older"), { recursive: true });
    await run(400, 300);
    cpSync(join(data, "log-head"), join(top, "head-700"));
    cpSync(join(data, "database"), join(top, "newest"), { recursive: true });
    [newest, older] = [await stored(join(top, "newest")), await stored(join(top, "older"))];
  });
  afterAll(async () => {
    await newest.close();
    await older.close();
    rmSync(top, { recursive: true, force: true });
  });

  const recover = async (fetch: FetchStored, dryRun = false) => {
    const terms = { data, databaseUrl: null, fetch, now: () => AT, dryRun };
    const outcome = await recoverLedger(terms);
    return outcome.ok
      ? `${outcome.value.from}..${outcome.value.to} ${[...outcome.value.kinds]}`
      : outcome.failure.code;
  };
  const size = async () => {
    const store = await stored(join(data, "database"));
    const found = await ledgerSize(store.db);
    await store.close();
    return found;
  };

  it("own-history: P9 stays unsigned until exactly its own entries are back, and then goes on", async () => {
    restore();
    expect(await run(0, 0)).toBe("LEDGER_BEHIND");
    const flipped = copyOf(newest, (path, bytes) =>
      path.startsWith("tile/entries/") ? bytes.map((b, i) => (i === 40 ? b ^ 1 : b)) : bytes,
    );
    expect(await recover(flipped)).toBe("LEDGER_DAMAGED");
    expect(await recover(copyOf(older))).toBe("LEDGER_BEHIND");
    expect(await recover(async () => null)).toBe("INPUT_UNREADABLE");
    const unsigned = copyOf(newest, (path, bytes) =>
      path === "checkpoint"
        ? new TextEncoder().encode(new TextDecoder().decode(bytes).replace("\n700\n", "\n699\n"))
        : bytes,
    );
    expect(await recover(unsigned)).toBe("LEDGER_KEY");
    expect(await recover(copyOf(newest), true)).toBe("300..700 revocation,400");
    expect(await size()).toBe(300);
    expect(await recover(copyOf(newest))).toBe("300..700 revocation,400");
    expect(await recover(copyOf(newest))).toBe("700..700 ");
    expect(await run(700, 5)).toBe("705");
  });

  it("RO5 what was recorded on the restored database meanwhile is never overwritten", async () => {
    restore();
    await run(9_000, 1);
    expect(await recover(copyOf(newest))).toBe("LEDGER_BEHIND");
    rmSync(join(data, "log-head"));
    cpSync(join(top, "head-700"), join(data, "log-head"));
    expect(await recover(copyOf(newest))).toBe("LEDGER_FORKED");
    expect(await size()).toBe(301);
  });
});
