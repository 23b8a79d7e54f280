#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// A real browser for the tests of the console, which start it themselves.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runQuietly } from "./setup.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Whether Chromium is there; installs Debian's package where that can be done. On CI it has to be. */
export function provideChromium() {
  if (isThere()) return true;
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) installPackage();
  if (isThere()) return true;
  const says = "Chromium is not installed";
  const help = "install it (Debian: `apt-get install chromium`) and run this again";
  if (process.env.CI) {
    process.stderr.write(`error: ${says}\nhelp: ${help}\n`);
    process.exit(3);
  }
  process.stderr.write(`${says}: the pages of the console are not tested\nhelp: ${help}\n`);
  return false;
}

function isThere() {
  const path = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return path.some((folder) => NAMES.some((name) => existsSync(join(folder, name))));
}

function installPackage() {
  process.stderr.write("installing Chromium for the tests of the console\n");
  process.env.DEBIAN_FRONTEND = "noninteractive";
  const install = ["install", "-y", "--no-install-recommends", "chromium"];
  if (runQuietly("apt-get", install) === 0) return;
  runQuietly("apt-get", ["update"]);
  runQuietly("apt-get", install);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) provideChromium();
