// SPDX-License-Identifier: Apache-2.0
/** A server that cannot start says why, and leaves nothing open behind it. */
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NO_IDENTITY, type ServerTerms, startServer } from "@interlock/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let folder: string;
let taken: number;
const blocker = createServer();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "interlock-start-"));
  writeFileSync(join(folder, "file"), "not a folder");
  await new Promise<void>((done) => blocker.listen(0, "127.0.0.1", done));
  taken = (blocker.address() as AddressInfo).port; // listening on TCP
});
afterAll(() => {
  blocker.close();
  rmSync(folder, { recursive: true, force: true });
});

const terms = (over: Partial<ServerTerms> = {}): ServerTerms => ({
  ...{ data: join(folder, "data"), databaseUrl: null, host: "127.0.0.1", port: 0 },
  origin: "http://localhost:8410",
  identity: NO_IDENTITY,
  ...{ console: null, witnesses: [], log: false, now: Date.now, onTrouble: () => undefined },
  ...over,
});

describe("a server that cannot start", () => {
  it.each<[string, () => Partial<ServerTerms>, string, string]>([
    ["no origin", () => ({ origin: "foo" }), "INPUT_INVALID", "`foo` is no origin"],
    [
      "an origin with a path",
      () => ({ origin: "https://example.com/x" }),
      "INPUT_INVALID",
      "is no origin",
    ],
    [
      "an origin on which passkeys do not work",
      () => ({ origin: "https://10.0.0.1" }),
      "INPUT_INVALID",
      "no origin on which passkeys work",
    ],
    ["a port in use", () => ({ port: taken }), "OUTPUT_UNWRITABLE", "EADDRINUSE"],
    [
      "an address that is not ours",
      () => ({ host: "192.0.2.1" }),
      "OUTPUT_UNWRITABLE",
      "cannot listen on 192.0.2.1",
    ],
    [
      "a data folder that is a file",
      () => ({ data: join(folder, "file") }),
      "OUTPUT_UNWRITABLE",
      "it is a file",
    ],
    [
      "a data folder that nobody can make",
      () => ({ data: "/proc/interlock" }),
      "OUTPUT_UNWRITABLE",
      "/proc/interlock",
    ],
    [
      "a database that is away",
      () => ({ databaseUrl: "postgres://nobody@127.0.0.1:1/x" }),
      "STORE_UNREACHABLE",
      "ECONNREFUSED",
    ],
    ["a database that is no address", () => ({ databaseUrl: "nonsense" }), "STORE_UNREACHABLE", ""],
  ])("%s", async (_name, over, code, says) => {
    const outcome = await startServer(terms(over()));
    if (outcome.ok) {
      await outcome.value.close();
      throw new Error("it started");
    }
    expect(outcome.failure).toMatchObject({ code, message: expect.stringContaining(says) });
    expect(outcome.failure.help.length).toBeGreaterThan(10);
  });

  it("leaves nothing behind: the same folder starts at the next try, and once at a time", async () => {
    expect((await startServer(terms({ port: taken }))).ok).toBe(false);
    const server = await startServer(terms());
    if (!server.ok) throw new Error(server.failure.message);
    expect(await startServer(terms())).toMatchObject({ failure: { code: "STORE_HELD" } });
    await server.value.close();
  });

  it("a key that somebody named is never made: its absence stops the start", async () => {
    const data = mkdtempSync(join(folder, "named-"));
    const logKey = join(data, "key.pem");
    const absent = await startServer(terms({ data, logKey }));
    expect(absent).toMatchObject({ failure: { code: "LEDGER_KEY" } });
    expect(existsSync(logKey)).toBe(false);
    const unreadable = await startServer(terms({ data, logKey: data }));
    expect(unreadable).toMatchObject({ failure: { code: "LEDGER_KEY" } });
    const { privateKey } = generateKeyPairSync("ed25519");
    writeFileSync(logKey, privateKey.export({ type: "pkcs8", format: "pem" }));
    const server = await startServer(terms({ data, logKey }));
    if (!server.ok) throw new Error(server.failure.message);
    await server.value.close();
    expect(existsSync(join(data, "log-key.pem"))).toBe(false);
  });

  it("a key file that holds no key", async () => {
    const data = mkdtempSync(join(folder, "key-"));
    writeFileSync(join(data, "log-key.pem"), "nothing");
    expect(await startServer(terms({ data }))).toMatchObject({ failure: { code: "LEDGER_KEY" } });
  });
});
