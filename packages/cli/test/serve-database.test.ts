/** `serve --database-file`: a URL that no process list shows, and no message either. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { folder, interlock } from "./scratch.ts";

const SECRET = "canary-4c1f";

it.each<[string, string | null, readonly string[], string]>([
  ["is not there", null, [], "cannot be read"],
  ["is empty", "", [], "does not hold the URL of a Postgres server"],
  ["holds the password alone", `${SECRET}\n`, [], "does not hold the URL of a Postgres server"],
  ["holds two lines", `postgres://a:${SECRET}@h/d\nx\n`, [], "does not hold the URL"],
  ["stands beside `--database`", "", ["--database", "postgres://h/d"], "leave one out"],
  [
    "holds a URL where nobody listens",
    `postgres://a:${SECRET}@127.0.0.1:1/d\n`,
    [],
    "ECONNREFUSED",
  ],
])("a file that %s", (_, content, more, says) => {
  const dir = folder();
  const file = join(dir, "url");
  if (content !== null) writeFileSync(file, content);
  const data = ["--data", join(dir, "data"), "--listen", "127.0.0.1:0"];
  const ended = interlock(dir, "serve", ...data, "--database-file", file, ...more);
  expect(ended.status).not.toBe(0);
  expect(ended.stderr).toContain(says);
  expect(ended.stderr).not.toContain(SECRET);
});
