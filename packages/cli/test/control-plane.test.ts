// SPDX-License-Identifier: Apache-2.0
/** A description from a file to the ledger: proposed from a terminal, signed by two in the browser. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { NO_IDENTITY, startServer } from "@interlock/server";
import { freePort } from "@interlock/testkit";
import { expect, it, onTestFinished } from "vitest";
import { founded, signedIn } from "./organisation.ts";
import { folder, put } from "./scratch.ts";
import { logIn, terminal } from "./terminal.ts";

const PAGE = new URL("../../../docs/reference/control-plane.md", import.meta.url);
const EXAMPLE = /```yaml\n(.*?)```/s.exec(readFileSync(PAGE, "utf8"))?.[1] ?? "";

it("P4 a description is proposed, signed by two and shown", async () => {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const started = await startServer({
    ...{ data: folder(), port, host: "127.0.0.1", origin, databaseUrl: null, now: Date.now },
    ...{ witnesses: [], console: null, identity: NO_IDENTITY, log: false },
    onTrouble: (trouble) => console.error(trouble),
  });
  if (!started.ok) throw new Error(started.failure.message);
  onTestFinished(() => started.value.close());
  const keys = await founded(origin, String(started.value.setUpLink).split("#")[1] ?? "");
  const [ana, bo] = [
    await signedIn(origin, keys.get("ana")),
    await signedIn(origin, keys.get("bo")),
  ];
  const work = folder();
  put(work, { "interlock/control-plane.yaml": EXAMPLE, bad: "version: 2\n" });
  const hers = terminal(join(work, "home"), work);
  await logIn(hers, origin, ana);

  const nothing = await hers.run("control-plane", "show");
  expect([nothing.status, nothing.says]).toEqual([0, "nobody agreed upon a description\n"]);
  const refused = await hers.run("control-plane", "propose", "bad", "--reason", "why not");
  expect([refused.status, refused.says]).toEqual([3, expect.stringContaining("1 problem(s)")]);
  const made = await hers.run("control-plane", "propose", "--reason", "the shop has it", "--json");
  expect([made.status, made.says]).toEqual([0, expect.stringContaining("/proposals/")]);
  const { proposal, digest } = JSON.parse(made.says);
  expect((await ana.endorse(proposal)).body).toMatchObject({ state: "open", kind: "controlplane" });
  expect((await bo.endorse(proposal)).body).toMatchObject({ state: "done", described: digest });
  const shown = await hers.run("control-plane", "show", "--json");
  expect(JSON.parse(shown.says)).toMatchObject({
    inForce: { digest, text: EXAMPLE, by: ["ana", "bo"] },
  });
  const again = await hers.run("control-plane", "propose", "--reason", "once more");
  expect([again.status, again.says]).toEqual([3, expect.stringContaining("in force")]);
});
