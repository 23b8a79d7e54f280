#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// A real Postgres for the tests of the store, which start a server of their own from its programs.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runQuietly } from "./setup.mjs";

const DEBIAN = "/usr/lib/postgresql";
/** Without it Debian's package would also make and start a server for the whole machine. */
const NO_CLUSTER = "/etc/postgresql-common/createcluster.conf";

/** Whether Postgres is there; installs Debian's package where that can be done. On CI it has to be. */
export function providePostgres() {
  if (isThere()) return true;
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) installPackage();
  if (isThere()) return true;
  const says = "Postgres 15 or newer is not installed";
  const help = "install it (Debian, Ubuntu: `apt-get install postgresql`) and run this again";
  if (process.env.CI) {
    process.stderr.write(`error: ${says}\nhelp: ${help}\n`);
    process.exit(3);
  }
  process.stderr.write(`${says}: the store is tested on PGlite alone\nhelp: ${help}\n`);
  return false;
}

function isThere() {
  if (existsSync(DEBIAN) && readdirSync(DEBIAN).some(hasPrograms)) return true;
  const path = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return path.some((folder) => existsSync(join(folder, "initdb")));
}

function hasPrograms(version) {
  return Number(version) >= 15 && existsSync(`${DEBIAN}/${version}/bin/initdb`);
}

function installPackage() {
  process.stderr.write("installing Postgres for the tests of the store\n");
  if (!existsSync(NO_CLUSTER)) {
    mkdirSync("/etc/postgresql-common", { recursive: true });
    writeFileSync(NO_CLUSTER, "create_main_cluster = false\n");
  }
  process.env.DEBIAN_FRONTEND = "noninteractive";
  const install = ["install", "-y", "--no-install-recommends", "postgresql"];
  if (runQuietly("apt-get", install) === 0) return;
  runQuietly("apt-get", ["update"]);
  runQuietly("apt-get", install);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) providePostgres();
