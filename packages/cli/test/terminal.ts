/** A person's terminal on a machine of their own, and how it is signed in. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import type { signedIn } from "./organisation.ts";
import { type Ran, running } from "./pushing.ts";
import { MAIN } from "./scratch.ts";

/** A terminal of one person: a home, and a clone in it. */
export function terminal(home: string, dir: string, env: Readonly<Record<string, string>> = {}) {
  const command = (args: readonly string[]) => [process.execPath, MAIN, ...args];
  const all = { HOME: home, XDG_CONFIG_HOME: join(home, "config"), ...env };
  return {
    file: join(home, "config/interlock/logins.json"),
    run: (...args: readonly string[]): Promise<Ran> => running(dir, command(args), all),
    /** Runs on beside the test, which waits for what it says. */
    start: (...args: readonly string[]) => {
      const child = spawn(process.execPath, [MAIN, ...args], {
        cwd: dir,
        env: { PATH: process.env["PATH"] ?? "", LC_ALL: "C", ...all },
      });
      onTestFinished(() => void child.kill("SIGKILL"));
      let said = "";
      const heard: (() => void)[] = [];
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (chunk: Buffer) => {
          said += chunk.toString("utf8");
          for (const tell of heard) tell();
        });
      const status = new Promise<number | null>((done) => child.on("close", done));
      const says = (what: RegExp) =>
        new Promise<string>((found, failed) => {
          const look = () => {
            const match = what.exec(said);
            if (match !== null) found(match[1] ?? match[0]);
          };
          heard.push(look);
          look();
          void status.then(() => failed(new Error(`it ended: ${said}`)));
        });
      return {
        says,
        child,
        kill: (signal: NodeJS.Signals) => child.kill(signal),
        status,
        said: () => said,
      };
    },
  };
}

export type Terminal = ReturnType<typeof terminal>;
export type Browser = Awaited<ReturnType<typeof signedIn>>;

export async function logIn(at: Terminal, origin: string, browser: Browser): Promise<void> {
  const login = at.start("login", "--server", origin);
  const userCode = await login.says(/type +(\S+)/);
  const shown = await browser.call("POST", "/api/v1/device/show", { userCode });
  expect(shown.body["name"]).toMatch(/^interlock /);
  await browser.call("POST", "/api/v1/device/answer", { userCode, allow: true });
  expect([await login.status, login.said()]).toEqual([0, expect.stringContaining(origin)]);
}

/** A token of a pipeline for the repository of these facts. */
export async function tokenFor(
  by: Browser,
  facts: { change: { repository: string } },
): Promise<string> {
  const { repository: of } = facts.change;
  const made = await by.call("POST", "/api/v1/tokens", {
    ...{ name: "the pipeline", repository: of, verbs: ["gate", "read"] },
  });
  expect(made.status).toBe(200);
  return String(made.body["secret"]);
}
