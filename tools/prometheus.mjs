#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// A real Prometheus for the tests of signals, which start servers of their own from its program.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runQuietly } from "./setup.mjs";

/** Masked while it is installed: Debian's package would also start a server for the whole machine. */
const SERVICE = "/run/systemd/system";

/** Whether Prometheus is there; installs Debian's package where that can be done. On CI it has to be. */
export function providePrometheus() {
  if (isThere()) return true;
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) installPackage();
  if (isThere()) return true;
  const says = "Prometheus is not installed";
  const help = "install it (Debian, Ubuntu: `apt-get install prometheus`) and run this again";
  if (process.env.CI) {
    process.stderr.write(`error: ${says}\nhelp: ${help}\n`);
    process.exit(3);
  }
  process.stderr.write(
    `${says}: that source of signals is tested on stand-ins alone\nhelp: ${help}\n`,
  );
  return false;
}

function isThere() {
  const path = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return path.some((folder) => existsSync(join(folder, "prometheus")));
}

function installPackage() {
  process.stderr.write("installing Prometheus for the tests of signals\n");
  process.env.DEBIAN_FRONTEND = "noninteractive";
  if (existsSync(SERVICE)) {
    runQuietly("systemctl", ["mask", "--runtime", "prometheus.service"]);
  }
  const install = ["install", "-y", "--no-install-recommends", "prometheus"];
  if (runQuietly("apt-get", install) === 0) return;
  runQuietly("apt-get", ["update"]);
  runQuietly("apt-get", install);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) providePrometheus();
