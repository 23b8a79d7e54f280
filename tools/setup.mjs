#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Installs and builds when something changed. Plain JavaScript without dependencies, since it runs
// before anything is installed. stdout belongs to the command that called: all talk goes to stderr.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OLDEST_NODE = [20, 19];
const INSTALLED = "node_modules/.interlock-stamp";
const COMPILED = ".cache/tsconfig.tsbuildinfo";
const BUILT = ".cache/built";
const TSC = "node_modules/typescript/bin/tsc";
const BUNDLE = "packages/cli/dist/bundle/interlock.js";
const VITE = "node_modules/vite/bin/vite.js";
const CONSOLE = "packages/console";
/** Makes the embedded database that a first start unpacks; looks itself whether that is due. */
const TEMPLATE = "packages/store/dist/embedded/build-template.js";

/** Makes the work tree runnable, and exits with a message and code 3 where that is impossible. */
export function setUp() {
  installAll();
  build();
}

/** The part of the set-up that needs no sources of ours: tools that look at them still run. */
export function installAll() {
  requireNode();
  requireGit();
  install();
}

/** Runs a program in the repository with its output on stderr, and returns its exit code. */
export function runQuietly(file, args) {
  const { status, error } = spawnSync(file, args, { cwd: ROOT, stdio: ["ignore", 2, 2] });
  if (error !== undefined) stop(`cannot run \`${file}\`: ${error.message}`);
  return status ?? 1;
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  stop(
    `Node ${process.versions.node} is too old, ${OLDEST_NODE.join(".")} or newer is needed`,
    "install a current Node LTS from https://nodejs.org and run the command again",
  );
}

function requireGit() {
  const { error, status } = spawnSync("git", ["--version"], { stdio: "ignore" });
  if (error !== undefined || status !== 0) {
    stop("`git` cannot be run", "install Git and run the command again");
  }
}

function install() {
  const lock = readFileSync(join(ROOT, "package-lock.json"));
  const stamp = createHash("sha256").update(lock).digest("hex");
  if (stampIs(INSTALLED, stamp)) return;
  // The compiler remembers modules that it did not find, and would not look for them again.
  rmSync(join(ROOT, COMPILED), { force: true });
  if (!isInstalled(JSON.parse(lock.toString("utf8")))) {
    process.stderr.write("installing dependencies\n");
    // Under npm its own file is named here; that also works where `npm` is a shell script.
    const npm = process.env.npm_execpath;
    const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    const code = npm?.endsWith("npm-cli.js")
      ? runQuietly(process.execPath, [npm, ...args])
      : runQuietly("npm", args);
    if (code !== 0)
      stop("`npm ci` failed", "the lines above say why; it needs the npm registry once");
  }
  writeStamp(INSTALLED, stamp);
}

// npm keeps what it really installed in a lock of its own. When that one already agrees, because
// somebody ran npm by hand, there is nothing to fetch.
function isInstalled(lock) {
  const hidden = join(ROOT, "node_modules/.package-lock.json");
  if (!existsSync(hidden)) return false;
  const have = JSON.parse(readFileSync(hidden, "utf8")).packages;
  const want = Object.entries(lock.packages).filter(([path]) => path.startsWith("node_modules/"));
  const wanted = new Set(want.map(([path]) => path));
  const agrees = want.every(([path, { version, integrity, optional }]) =>
    have[path] === undefined
      ? optional === true
      : have[path].version === version && have[path].integrity === integrity,
  );
  return agrees && Object.keys(have).every((p) => wanted.has(p) || !p.startsWith("node_modules/"));
}

function build() {
  const stamp = sourcesStamp();
  const modules = packages().filter((name) =>
    existsSync(join(ROOT, "packages", name, "src/index.ts")),
  );
  const made = [
    ...modules.map((name) => `packages/${name}/dist/index.js`),
    ...[BUNDLE, `${CONSOLE}/dist/index.html`],
  ];
  const complete = made.every((file) => existsSync(join(ROOT, file)));
  if (complete && stampIs(BUILT, stamp)) return;
  process.stderr.write("building\n");
  if (runQuietly(process.execPath, [TSC, "-b"]) !== 0) {
    stop("the sources do not compile", "run `npx tsc -b` to see only the errors");
  }
  if (runQuietly(process.execPath, [join(ROOT, "tools/bundle.mjs")]) !== 0) {
    stop("the command cannot be put together", "the lines above say why");
  }
  if (existsSync(join(ROOT, TEMPLATE)) && runQuietly(process.execPath, [TEMPLATE]) !== 0) {
    stop("the template of the embedded database cannot be made", "the lines above say why");
  }
  const vite = [VITE, "build", "--config", `${CONSOLE}/vite.config.ts`, "--logLevel", "warn"];
  if (runQuietly(process.execPath, vite) !== 0) {
    stop("the web console cannot be built", "the lines above say why");
  }
  writeStamp(BUILT, stamp);
}

// Sizes and times instead of contents: `tsc -b` looks closer, this only spares starting it.
function sourcesStamp() {
  const files = ["tsconfig.json", "tsconfig.base.json", INSTALLED, `${CONSOLE}/vite.config.ts`];
  for (const name of packages()) {
    files.push(`packages/${name}/package.json`, `packages/${name}/tsconfig.json`);
    for (const folder of ["src", "sql"].filter((f) =>
      existsSync(join(ROOT, "packages", name, f)),
    )) {
      for (const file of readdirSync(join(ROOT, "packages", name, folder), { recursive: true })) {
        files.push(`packages/${name}/${folder}/${file}`);
      }
    }
  }
  const hash = createHash("sha256").update(process.versions.node);
  for (const file of files.sort()) {
    const { size, mtimeMs } = statSync(join(ROOT, file));
    hash.update(`${file}\0${size}\0${mtimeMs}\0`);
  }
  return hash.digest("hex");
}

function packages() {
  return readdirSync(join(ROOT, "packages")).filter((name) =>
    existsSync(join(ROOT, "packages", name, "package.json")),
  );
}

function stampIs(file, stamp) {
  const path = join(ROOT, file);
  return existsSync(path) && readFileSync(path, "utf8") === stamp;
}

function writeStamp(file, stamp) {
  const path = join(ROOT, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, stamp);
}

function stop(says, help) {
  process.stderr.write(`error: ${says}\n${help === undefined ? "" : `help: ${help}\n`}`);
  // "could not decide": a caller that reads exit codes must never take this for an allow.
  process.exit(3);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setUp();
