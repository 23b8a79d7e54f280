// SPDX-License-Identifier: Apache-2.0
/** A witness that comes and goes while people work. by (not-the-outage) */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../free-port.ts";
import type { Around, Ordeal } from "./campaign.ts";
import type { Seat, Site } from "./site.ts";

const NAME = "witness.example.com";
/** How long a witness is away; longer than servers leave one alone that gave no cosignature. */
const AWAY_MS = 6_000;
/** So long nothing need happen on a busy machine. */
const STILL_MS = 30_000;
/** How long after its return the newest checkpoint may be without its cosignature. */
const BACK_MS = 60_000;

export type CampaignWitness = {
  /** What servers are started with. */
  readonly more: readonly string[];
  /** Takes the witness away and brings it back, so many times. */
  readonly comesAndGoes: (times: number) => Ordeal;
  readonly close: () => Promise<void>;
};

/** A real witness, in a process of its own in `folder`; it runs during its ordeal only. */
export async function campaignWitness(main: string, folder: string): Promise<CampaignWitness> {
  const named = ["--name", NAME, "--key", "key.pem"];
  const port = await freePort();
  const [dir, file] = [join(folder, "witness"), join(folder, "witnesses.txt")];
  mkdirSync(dir);
  const made = spawnSync(process.execPath, [main, "witness", ...named, "--new-key"], {
    cwd: dir,
    encoding: "utf8",
  });
  if (made.status !== 0) throw new Error(`no witness key: ${made.stderr}`);
  const url = `http://127.0.0.1:${port}`;
  writeFileSync(file, `witness one ${made.stdout.trim()} ${url}\nquorum one\n`);
  let child: ChildProcess | null = null;
  const stop = async () => {
    const gone = child;
    child = null;
    gone?.kill("SIGKILL");
    if (gone !== null && gone.exitCode === null && gone.signalCode === null)
      await once(gone, "exit");
  };
  const start = async () => {
    const args = ["--policy", "logs.txt", "--state", "heads", "--listen", `127.0.0.1:${port}`];
    child = spawn(process.execPath, [main, "witness", ...named, ...args], {
      cwd: dir,
      stdio: ["ignore", "ignore", "pipe"],
    });
    if (child.stderr !== null) await once(child.stderr, "data");
  };
  return {
    more: ["--witnesses", file],
    close: stop,
    comesAndGoes: (times) => async (site, around) => {
      writeFileSync(join(dir, "logs.txt"), `log ${site.verifierKey}\nquorum none\n`);
      await start();
      await cosigned(site, around);
      for (let n = 0; n < times; n++) {
        await stop();
        await workedWithout(site, around);
        await start();
        await cosigned(site, around);
        around.count("witness away and back");
      }
    },
  };
}

/** While it is away, decisions are acknowledged and signed checkpoints are published as before. */
async function workedWithout({ seats, cast }: Site, around: Around): Promise<void> {
  const decisions = (): number =>
    [...cast.told.of.decision.values()].filter(({ fate }) => fate === "acknowledged").length;
  const sizes = () => Promise.all(seats.map(async (seat) => (await checkpointAt(seat)).size));
  const [before, from] = [decisions(), await sizes()];
  await pause(AWAY_MS);
  const unpublished = async () =>
    (await sizes()).flatMap((size, at) => (size <= (from[at] ?? 0) ? [at] : []));
  let still = await unpublished();
  for (const end = Date.now() + STILL_MS; Date.now() < end; still = await unpublished()) {
    if (decisions() > before && still.length === 0) break;
    await pause(50);
  }
  if (decisions() === before) around.complain("no decision while the witness was away");
  for (const at of still)
    around.complain(`server ${at} published nothing while the witness was away`);
  around.count("decisions while the witness was away", decisions() - before);
}

/** Every server shows a checkpoint with the cosignature, over all that there was when it came back. */
async function cosigned({ seats }: Site, around: Around): Promise<void> {
  const sizes = await Promise.all(seats.map(async (seat) => (await checkpointAt(seat)).size));
  const size = Math.max(...sizes);
  const end = Date.now() + BACK_MS;
  for (const seat of seats)
    for (;;) {
      const newest = await checkpointAt(seat);
      if (newest.size >= size && newest.note.includes(`\n— ${NAME} `)) break;
      if (Date.now() > end) {
        around.complain(
          `${seat.port} shows no cosignature ${BACK_MS} ms after the witness is back`,
        );
        break;
      }
      await pause(50);
    }
}

async function checkpointAt({
  port,
}: Seat): Promise<{ readonly size: number; readonly note: string }> {
  const note = await (await fetch(`http://127.0.0.1:${port}/log/checkpoint`)).text();
  return { size: Number(note.split("\n")[1] ?? 0), note };
}
