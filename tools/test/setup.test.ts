// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const TOOLS = fileURLToPath(new URL("..", import.meta.url));

const pretending = (version: string): string =>
  `data:text/javascript,Object.defineProperty(process.versions,"node",{value:"${version}"})`;

function run(tool: string, version: string, path: string): ReturnType<typeof spawnSync> {
  return spawnSync(process.execPath, ["--import", pretending(version), `${TOOLS}${tool}`], {
    encoding: "utf8",
    env: { PATH: path },
  });
}

// 3 is "could not decide": a pipeline that runs `npm start` as its gate must not read an allow.
test.each(["setup.mjs", "start.mjs", "test.mjs", "checks.mjs", "bench.mjs"])(
  "%s says so when Node is too old or Git is missing, with code 3 and a silent stdout",
  (tool) => {
    for (const version of ["18.20.4", "20.18.3"]) {
      const old = run(tool, version, "/nowhere");
      expect(old.stderr).toContain(`error: Node ${version} is too old, 20.19 or newer is needed`);
      expect(old.stderr).toContain("help: ");
      expect([old.status, old.stdout]).toEqual([3, ""]);
    }
    for (const version of ["20.19.0", "22.0.0"]) {
      const gitless = run(tool, version, "/nowhere");
      expect(gitless.stderr).toContain("error: `git` cannot be run");
      expect([gitless.status, gitless.stdout]).toEqual([3, ""]);
    }
  },
);
