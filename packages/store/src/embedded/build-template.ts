// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MIGRATIONS_FOLDER, readMigrations } from "../migrations.ts";
import { openStore } from "../store.ts";
import { TEMPLATE } from "./embedded.ts";
import { packDirectory } from "./template.ts";

/** Builds the template of a first start, unless the one that is there was made of the same things. */
async function build(): Promise<void> {
  const file = fileURLToPath(TEMPLATE);
  const stamp = `${file}.stamp`;
  const madeOf = ingredients();
  if (existsSync(file) && existsSync(stamp) && readFileSync(stamp, "utf8") === madeOf) return;
  rmSync(file, { force: true });
  const directory = mkdtempSync(join(tmpdir(), "interlock-template-"));
  try {
    const opened = await openStore({ directory });
    if (!opened.ok) throw new Error(opened.failure.message);
    await opened.value.upkeep();
    await opened.value.close();
    writeFileSync(`${file}.new`, packDirectory(join(directory, "data")));
    renameSync(`${file}.new`, file);
    writeFileSync(stamp, madeOf);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function ingredients(): string {
  const migrations = readMigrations(MIGRATIONS_FOLDER);
  if (!migrations.ok) throw new Error(migrations.failure.message);
  const engine = createRequire(import.meta.url).resolve("@electric-sql/pglite");
  const version = /"version": "([^"]+)"/.exec(
    readFileSync(join(engine, "../../package.json"), "utf8"),
  )?.[1];
  return JSON.stringify({ version, migrations: migrations.value.map(({ sha256 }) => sha256) });
}

await build();
