/** Pull requests, judged from what GitHub's API says and never from an event. */
import { ENGINES } from "@interlock/testkit";
import { describe, expect, it } from "vitest";
import { world } from "./world.ts";

describe.each(ENGINES)("pull requests ($name)", (engine) => {
  it("two reviews of the head allow it, and not before", async () => {
    const w = await world(engine);
    w.hub.push("feature", { "a.txt": "two\n" }, "ana");
    const pull = w.hub.open("feature", "ana");
    const first = await w.judged(pull.number);
    expect(w.trouble).toEqual([]);
    expect(first).toMatchObject({ name: "interlock (main)", conclusion: "action_required" });
    expect(first?.title).toMatch(/^hold: 0 of 2 approvals by owners/);
    w.hub.review(pull.number, "bo", "APPROVED");
    expect((await w.judged(pull.number, "pull_request_review"))?.conclusion).toBe(
      "action_required",
    );
    w.hub.review(pull.number, "cy", "APPROVED");
    const last = await w.judged(pull.number, "pull_request_review");
    expect(last).toMatchObject({ conclusion: "success", title: "allow", id: first?.id });
    expect(last?.details_url).toMatch(/^https:\/\/interlock\.example\.com\/changes\//);
  });
});
