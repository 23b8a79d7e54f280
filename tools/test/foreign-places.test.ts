// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { checkForeignPlaces } from "../checks/foreign-places.ts";
import { filesOf, lines } from "./files.ts";

const MACHINE = { folders: ["/builds/shop", "/builds/notes"], hosts: ["packages.example.com"] };
const of = (path: string, text: string): readonly string[] =>
  lines(checkForeignPlaces(filesOf({ [path]: `\n${text}` }), MACHINE));
// Put together here, so that this file does not hold what it looks for.
const HOME = ["", "home", "ana", "x"].join("/");

test.each([
  ["the clone", "docs/a.md", "see /builds/shop/README.md", "a folder of one machine"],
  ["its neighbour", "tools/a.mjs", 'read("/builds/notes")', "a folder of one machine"],
  ["a home folder", "docs/a.md", `cd ${HOME}`, "a person's home folder"],
  ["a package host", "docs/a.md", "from https://packages.example.com/npm", "the package host"],
  ["a registry setting", ".npmrc", "registry=https://example.com", "each person's own setting"],
  ["a token", ".npmrc", "//example.com/:_authToken=x", "each person's own setting"],
  [
    "another registry in the lock",
    "package-lock.json",
    '"resolved": "https://example.com/yaml.tgz",',
    "`https://example.com/yaml.tgz` is not the public registry",
  ],
])("catches %s", (_, path, text, message) => {
  expect(of(path, text)).toEqual([expect.stringContaining(message)]);
  expect(of(path, text)[0]).toContain(`${path}:2 `);
});

test.each([
  ["docs/a.md", "packages/builds/shop"],
  ["docs/a.md", "/builds/shopping"],
  ["docs/a.md", "https://example.com/home/ana/"],
  ["conformance/outages/a.yaml", `path: ${HOME}`],
  ["package-lock.json", '"resolved": "https://registry.npmjs.org/yaml/-/yaml-2.9.1.tgz",'],
  [".npmrc", "save-exact=true"],
])("accepts in %s: %s", (path, text) => {
  expect(of(path, text)).toEqual([]);
});
