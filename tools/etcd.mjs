#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// A real etcd for the tests of its driver, which start servers of their own from its program.
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runQuietly } from "./setup.mjs";

/** Without it Debian's package would also start a server for the whole machine. */
const UNITS = "/etc/systemd/system";
const UNIT = `${UNITS}/etcd.service`;

/** Whether etcd is there; installs Debian's package where that can be done. On CI it has to be. */
export function provideEtcd() {
  if (isThere()) return true;
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) installPackage();
  if (isThere()) return true;
  const says = "etcd is not installed";
  const help = "install it (Debian, Ubuntu: `apt-get install etcd-server`) and run this again";
  if (process.env.CI) {
    process.stderr.write(`error: ${says}\nhelp: ${help}\n`);
    process.exit(3);
  }
  process.stderr.write(`${says}: its driver is not tested\nhelp: ${help}\n`);
  return false;
}

function isThere() {
  const path = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return path.some((folder) => existsSync(join(folder, "etcd")));
}

function installPackage() {
  process.stderr.write("installing etcd for the tests of its driver\n");
  if (!existsSync(UNIT)) {
    mkdirSync(UNITS, { recursive: true });
    symlinkSync("/dev/null", UNIT);
  }
  process.env.DEBIAN_FRONTEND = "noninteractive";
  const install = ["install", "-y", "--no-install-recommends", "etcd-server"];
  if (runQuietly("apt-get", install) === 0) return;
  runQuietly("apt-get", ["update"]);
  runQuietly("apt-get", install);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) provideEtcd();
