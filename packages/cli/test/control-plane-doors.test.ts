/** The doctor on the targets of a control plane. */
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { folder, interlock, put } from "./scratch.ts";

const textOf = (root: string): string => `version: 1
targets:
  - {name: live, kind: files, settings: {root: "${root}", cells: {one: eu-1}}}
  - name: prices
    kind: http
    settings:
      origin: http://127.0.0.1:9
      cells: {one: eu}
      read: "/prices/{cell}/{key}"
      list: {path: "/prices/{cell}", items: /items, key: /key}
      write: {path: "/prices/{cell}/{key}", method: PUT}
      version: etag
systems:
  - name: promise
    tier: 1
    ordersPerMinute: 10
    asyncFailure: 1m
    lossBudget: 5
    cells: [{id: one, region: here, share: 100%, runs: v1}]
`;

/** A description with a target of files, and one that tells nobody. */
function described(mode: number): { readonly dir: string; readonly cell: string } {
  const dir = folder();
  const cell = join(dir, "live", "eu-1");
  mkdirSync(cell, { recursive: true });
  chmodSync(join(dir, "live"), 0o755);
  chmodSync(cell, mode);
  put(dir, {
    "plane.yaml": textOf(join(dir, "live")),
  });
  return { dir, cell };
}

it("target-open: open and closed, and what tells nobody is said", () => {
  const open = described(0o777);
  const found = interlock(open.dir, "doctor", "--control-plane", "plane.yaml", "--json");
  expect(found.stderr).toBe("");
  const { doors, unseen } = JSON.parse(found.stdout);
  expect([found.status, doors]).toEqual([
    1,
    [
      {
        ...{ id: "target-open", severity: "high" },
        says: `everybody on this machine can write to \`live\` past the server: \`${open.cell}\` is theirs to write`,
        why: expect.any(String),
        next: `chmod o-w ${open.cell}`,
      },
    ],
  ]);
  expect(unseen).toEqual([
    "who else can write to `prices`: a target of the kind http tells nobody",
  ]);
  const shut = interlock(described(0o755).dir, "doctor", "--control-plane", "plane.yaml");
  expect([shut.status, shut.stdout]).toEqual([
    0,
    expect.stringContaining("no open door was found"),
  ]);
});

it.each([
  ["plane.yaml", "version: 2\n", "is no description of a control plane", 3],
  ["none.yaml", "version: 1\n", "cannot be read", 3],
])("a description %s that cannot be read is no closed door", (asked, text, says, status) => {
  const dir = folder();
  put(dir, { "plane.yaml": text });
  const found = interlock(dir, "doctor", "--control-plane", asked);
  expect([found.status, found.stderr]).toEqual([status, expect.stringContaining(says)]);
});

it("a target that is away is not looked at", () => {
  const { dir } = described(0o755);
  put(dir, { "plane.yaml": textOf(join(dir, "away")) });
  const found = interlock(dir, "doctor", "--control-plane", "plane.yaml");
  expect([found.status, found.stdout]).toEqual([
    0,
    expect.stringContaining("not looked at: `live`"),
  ]);
});
