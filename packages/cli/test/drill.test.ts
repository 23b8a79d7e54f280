// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { interlock } from "./scratch.ts";

const folder = mkdtempSync(join(tmpdir(), "interlock-drill-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("interlock drill", () => {
  it("runs an incident, and writes a page without script or request", () => {
    const file = join(folder, "page.html");
    const ran = interlock(folder, "drill", "march-5", "--json", "--html", file);
    expect(ran.status).toBe(0);
    const report = JSON.parse(ran.stdout);
    expect(report.arms[0].name).toBe("none");
    expect(report.arms.at(-1).name).toBe("interlock");
    expect(report.arms.at(-1).lostOrders).toBeLessThan(1_000);
    expect(report.bound.lostOrders).toBeGreaterThan(0);
    expect(report.assumptions.length).toBeGreaterThan(10);
    expect(readFileSync(file, "utf8")).not.toMatch(/<script|src=|href=/);
  });

  it("prints what the README shows", () => {
    const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
    const shown = /\$ interlock drill march-5\n([\s\S]*?)\n```/.exec(readme)?.[1] ?? "missing";
    expect(interlock(folder, "drill", "march-5").stdout).toContain(shown);
  });

  it("lists incidents and cases, and those of a folder", () => {
    const text = readFileSync(
      new URL("../../../conformance/outages/knight-capital-2012-08.yaml", import.meta.url),
      "utf8",
    );
    writeFileSync(join(folder, "mine.yaml"), text.replace(/^outage: .*/m, "outage: mine"));
    const { status, stdout } = interlock(folder, "drill", "list", "--cases", folder);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^march-2 {2}/);
    expect(stdout).toMatch(/^facebook-bgp-2021-10 {2}/m);
    expect(stdout).toMatch(/^mine {2}/m);
    const ran = interlock(folder, "drill", "mine", "--cases", folder);
    expect(ran.stdout).toMatch(/held before anything is written, by R19/);
  });

  it.each([
    [["drill", "march-6"], 64, /did you mean `march-/],
    [["drill", "march-5", "--seeds", "many"], 64, /`--seeds` is `many`/],
    [["drill", "list", "--cases", "nowhere"], 3, /`nowhere` cannot be read/],
    [["drill", "list", "--html", "x.html"], 64, /`--html` is for an incident/],
  ])("%j ends with %d", (args, code, says) => {
    const ran = interlock(folder, ...args);
    expect(ran.status).toBe(code);
    expect(ran.stderr).toMatch(says);
  });
});
