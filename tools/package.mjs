#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// `node tools/package.mjs FOLDER` puts all that a server needs at run time, and nothing else, into a
// new folder: run it with `node FOLDER/packages/cli/dist/bundle/interlock.js serve`. Offline: what is
// taken is what `npm ci` has put here, so the lock file decides. The container image is this folder.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
} from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT, setUp } from "./setup.mjs";

/** The command finds the console by the name of its package, without depending on what it is built of. */
const STARTS = [
  { name: "@interlock/cli", dependencies: true },
  { name: "@interlock/console", dependencies: false },
];
/** Of our own packages: what runs. Migrations lie beside the code of the store. */
const OWN = ["package.json", "dist", "sql"];
const ALSO = ["LICENSE", "deploy/health.mjs"];
/** What only a compiler or a debugger reads. */
const IDLE = /\.(?:d\.[cm]?ts|[cm]?js\.map|d\.[cm]?ts\.map|tsbuildinfo)$/;

/** Copies the server into a folder that is not there yet; returns the names of its packages, sorted. */
export function packageServer(folder) {
  const out = resolve(folder);
  if (existsSync(out) && readdirSync(out).length > 0)
    stop(`\`${folder}\` is not empty`, "name a folder that is not there yet");
  const found = new Map();
  for (const { name, dependencies } of STARTS) follow(name, ROOT, { found, dependencies });
  for (const [path, { own }] of found) {
    if (own) copyOwn(path, out);
    else copy(path, join(out, relative(ROOT, path)), outsideNested(path));
  }
  for (const also of ALSO) copy(join(ROOT, also), join(out, also), () => true);
  return [...new Set([...found.values()].map(({ name }) => name))].sort();
}

/** Adds a package and what it depends on, each found as Node finds it from there. */
function follow(name, from, { found, dependencies, optional = false }) {
  const place = placeOf(name, from);
  if (place === null) {
    if (optional) return;
    stop(`\`${name}\` is not installed for \`${relative(ROOT, from) || "."}\``, "run `npm ci`");
  }
  const path = realpathSync(place);
  if (found.has(path)) return;
  found.set(path, { name, own: !relative(ROOT, path).startsWith("node_modules") });
  if (!dependencies) return;
  const manifest = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
  const optionals = { ...manifest.optionalDependencies, ...manifest.peerDependencies };
  for (const needed of Object.keys(manifest.dependencies ?? {}))
    if (!(needed in optionals)) follow(needed, path, { found, dependencies });
  for (const needed of Object.keys(optionals))
    follow(needed, path, { found, dependencies, optional: true });
}

function placeOf(name, from) {
  for (let at = from; at.startsWith(ROOT.replace(/\/$/, "")); at = dirname(at)) {
    const place = join(at, "node_modules", name);
    if (existsSync(join(place, "package.json"))) return place;
  }
  return null;
}

function copyOwn(path, out) {
  const place = relative(ROOT, path);
  for (const part of OWN.filter((one) => existsSync(join(path, one))))
    copy(join(path, part), join(out, place, part), () => true);
  const { name } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
  const link = join(out, "node_modules", name);
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(relative(dirname(link), join(out, place)), link);
}

/** A package inside another one's `node_modules` is taken when something needs it, not with its host. */
const outsideNested = (path) => (file) => !relative(path, file).startsWith("node_modules");

function copy(from, to, wanted) {
  mkdirSync(dirname(to), { recursive: true });
  const filter = (file) => wanted(file) && !IDLE.test(file) && !file.includes("/.compile-cache");
  cpSync(from, to, { recursive: true, filter });
}

function stop(says, help) {
  process.stderr.write(`error: ${says}\nhelp: ${help}\n`);
  process.exit(3);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, ...rest] = process.argv.slice(2);
  if (folder === undefined || rest.length > 0) {
    process.stderr.write("usage: node tools/package.mjs FOLDER\n");
    process.exit(64);
  }
  setUp();
  const names = packageServer(folder);
  process.stderr.write(`${folder}: ${names.length} packages\n`);
}
