// SPDX-License-Identifier: Apache-2.0
/** What `interlock init` suggests from what a repository shows. */
import { spawnSync } from "node:child_process";
import { readCatalog, readPeople } from "@interlock/facts";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { interlock, repository, web } from "./scratch.ts";

const part = (stdout: string, name: string): string =>
  new RegExp(`^# interlock/${name}\\.yaml\\n([\\s\\S]*?)(?=^# interlock/|$(?![\\s\\S]))`, "m").exec(
    stdout,
  )?.[1] ?? "";

const SHOP = {
  CODEOWNERS: "* @payments\n/src/ @carts\n",
  "k8s/web.yaml": web(3),
  "charts/search/Chart.yaml": "apiVersion: v2\nname: search\nversion: 1.0.0\n",
  "src/cart/Dockerfile": "FROM scratch\n",
  "k8s/broken.yaml": "kind: Deployment\napiVersion: [\n",
  "test/k8s/other.yaml": web(1).replaceAll("web", "other"),
};

it("names what runs from here, whose it is, and why it says so", () => {
  const { stdout } = interlock(repository(SHOP), "init", "--print");
  const catalog = part(stdout, "catalog");
  expect(parse(catalog)).toEqual({
    systems: [
      { id: "cart", tier: 3, owner: "carts", paths: ["src/cart/**"] },
      { id: "search", tier: 3, owner: "payments", paths: ["charts/search/**"] },
      { id: "web", tier: 3, owner: "payments", paths: ["k8s/web.yaml"] },
    ],
  });
  expect(catalog).toContain("  # image src/cart/Dockerfile\n  - id: cart\n");
  expect(readCatalog("catalog.yaml", catalog).systems).toHaveLength(3);
});

it("offers the folders where nothing shows what runs", () => {
  const { stdout } = interlock(repository({ "lib/a.py": "A = 1\n" }), "init", "--print");
  expect(part(stdout, "catalog")).toContain("systems: []\n#   - { id: lib, tier: 3");
});

it("asks about those who wrote in the last twelve months, and says how many it left out", () => {
  const dir = repository(SHOP);
  const write = (name: string, at: string) => {
    const env = {
      ...{ PATH: process.env["PATH"] ?? "", HOME: dir },
      ...{ GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: `${name}@example.com`, GIT_AUTHOR_DATE: at },
      ...{ GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: `${name}@example.com` },
      GIT_COMMITTER_DATE: at,
    };
    const args = ["-C", dir, "commit", "-q", "--allow-empty", "-m", name];
    expect(spawnSync("git", args, { env }).status).toBe(0);
  };
  write("bo", "2039-01-01T00:00:00Z");
  write("cy", "2040-06-01T00:00:00Z");
  const people = part(interlock(dir, "init", "--print").stdout, "people");
  expect(readPeople("people.yaml", people).persons.map(({ id }) => id)).toEqual(["cy"]);
  expect(people).toContain("# 2 more wrote here before the last twelve months.\n");
});
