// SPDX-License-Identifier: Apache-2.0
/** What is asked of a world about overrides, incidents and debts. */
import { approvals, type Policy } from "@interlock/core";
import { policyOf, rule } from "@interlock/testkit";
import { expect } from "vitest";
import { facts, place, type Reply, type World } from "./world.ts";

export const POLICY: Policy = policyOf([
  rule("two", { covers: true, require: [approvals(2, "owners", { via: "passkey" })] }),
  rule("never", { when: 'change.subject == "drop"', require: [{ kind: "deny", reasons: ["x"] }] }),
]);
export const system = (owner: string) => ({
  ...{ id: `of-${owner}`, tier: 1, owner, org: [], cells: [], orderSharePpm: 0, incidents: 0 },
});

let contents = 0;
export const fresh = () => (++contents).toString(16).padStart(64, "e");
export const effective = ({ body }: Reply) =>
  (body["decision"] as { readonly effective: string }).effective;
export const rules = ({ body }: Reply) =>
  (body["decision"] as { readonly rules: readonly { rule: string; outcome: string }[] }).rules;

type Asked = { readonly digest?: string; readonly owner?: string; readonly subject?: string };

export function overWorld(world: () => World) {
  const judged = (more: Asked & { readonly target?: string } = {}) => {
    const { digest = fresh(), owner = "payments", subject = "a change", target } = more;
    const there = target === undefined ? {} : { target };
    return world().call("gate", "POST", "/api/v1/gate", {
      place: place(there),
      facts: facts({ digest, subject, systems: [system(owner)], files: [], ...there }),
      policies: [{ role: "in-force", policy: POLICY }],
    });
  };
  const asked = async (more: Asked = {}) => {
    const digest = more.digest ?? fresh();
    const id = String((await judged({ ...more, digest })).body["change"]);
    return { ...more, digest, id };
  };
  const incident = async (by = "dee") =>
    String(
      (await world().call(by, "POST", "/api/v1/incidents", { title: "no orders" })).body[
        "incident"
      ],
    );
  const close = (id: string, by = "dee") =>
    world().call(by, "POST", `/api/v1/incidents/${id}/close`, { reason: "over" });
  const override = (who: string, change: string, over: object = {}, more: object = {}) =>
    world().sign(who, change, "override", {
      ask: { reason: "it burns", waives: { rule: "two", breakGlass: false, ...over }, ...more },
    });
  const both = async (change: string, over: object = {}, more: object = {}) => {
    for (const who of ["bo", "cy"]) {
      const signed = await override(who, change, over, more);
      expect([signed.status, signed.body]).toMatchObject([200, { kind: "override" }]);
    }
  };
  const debts = async (state = "open") =>
    (await world().call("ana", "GET", `/api/v1/debts?limit=200&state=${state}`)).body[
      "debts"
    ] as readonly Readonly<Record<string, unknown>>[];
  const settle = (who: string, change: string, debt: string) =>
    world().sign(who, change, "settle", { ask: { reason: "it was right", settles: debt } });
  return { judged, asked, incident, close, override, both, debts, settle };
}
