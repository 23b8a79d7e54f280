/** Merge queue and deployments. */
import { ENGINES } from "@interlock/testkit";
import { describe, expect, it } from "vitest";
import { git } from "../scratch.ts";
import { nextId } from "./stand-in.ts";
import { type World, world } from "./world.ts";

const approve = (w: World, number: number): void => {
  for (const by of ["bo", "cy"]) w.hub.review(number, by, "APPROVED");
};

async function approved(
  w: World,
  branch: string,
  files = { [`${branch}.txt`]: "new\n" },
): Promise<number> {
  w.hub.push(branch, files, "ana");
  const { number } = w.hub.open(branch, "ana");
  approve(w, number);
  expect((await w.judged(number))?.conclusion).toBe("success");
  return number;
}

type Place = { readonly ref: string; readonly head: string };
async function group(w: World, { ref, head }: Place, base: string, target = "refs/heads/main") {
  const merge_group = { head_sha: head, head_ref: ref, base_sha: base, base_ref: target };
  expect(await w.deliver("merge_group", { action: "checks_requested", merge_group })).toBe(202);
  await w.settled();
  return w.check(head);
}

describe.each(ENGINES)("the merge queue ($name)", (engine) => {
  it("what was reviewed passes, wherever it stands in the queue; what is not that does not", async () => {
    const w = await world(engine);
    const one = await approved(w, "one");
    const two = await approved(w, "two");
    const tip = w.hub.tip("main");
    const first = w.hub.queue(one, tip);
    expect((await group(w, first, tip))?.conclusion).toBe("success");
    const second = w.hub.queue(two, first.head);
    expect((await group(w, second, first.head))?.conclusion).toBe("success");
    // Nobody looked at a queue that lands something else than its pull request.
    git(w.hub.work, "checkout", "-q", "--detach", first.head);
    const head = w.hub.push("evil", { "one.txt": "evil\n" }, "ana", { from: first.head });
    const ref = `refs/heads/gh-readonly-queue/main/pr-${one}-${"b".repeat(40)}`;
    git(w.hub.bare, "update-ref", ref, head);
    expect((await group(w, { ref, head }, tip))?.title).toMatch(/^hold: 0 of 2/);
    expect(w.trouble).toEqual([]);
  });

  it("an event that names a false base, a false target or a false head passes nothing", async () => {
    const w = await world(engine);
    const number = await approved(w, "one");
    const tip = w.hub.tip("main");
    // The base would hide a commit that nobody reviewed.
    const hidden = w.hub.push("hidden", { "hidden.txt": "evil\n" }, "ana");
    const place = w.hub.queue(number, hidden);
    const check = await group(w, place, hidden);
    expect([check?.conclusion, check?.title]).toEqual([
      "action_required",
      expect.stringMatching(/^hold: 0 of 2/),
    ]);
    expect(await group(w, { ...place, head: tip }, tip)).toBeUndefined();
    const elsewhere = w.hub.queue(number, tip);
    expect(await group(w, elsewhere, tip, "refs/heads/dev")).toBeUndefined();
    expect(await group(w, { ...elsewhere, ref: "refs/heads/main" }, tip)).toBeUndefined();
  });
});

describe.each(ENGINES.slice(-1))("deployments ($name)", (engine) => {
  async function deploy(w: World, sha: string, environment = "production"): Promise<number> {
    const id = nextId();
    w.hub.deployments.set(id, { id, sha, environment });
    const run = nextId();
    await w.deliver("deployment_protection_rule", {
      ...{ action: "requested", environment, deployment: { id } },
      deployment_callback_url: `https://evil.example/repos/x/y/actions/runs/${run}/deployment_protection_rule`,
    });
    await w.settled();
    return run;
  }

  it("79 80 deploys what landed through the gate, holds what did not, and takes nothing else", async () => {
    const w = await world(engine);
    const number = await approved(w, "one");
    const pull = w.hub.pulls.get(number);
    if (pull === undefined) throw new Error("no pull request");
    const { head } = w.hub.queue(number, w.hub.tip("main"));
    git(w.hub.bare, "update-ref", "refs/heads/main", head);
    pull.state = "closed";
    pull.merge_commit_sha = head;
    const run = await deploy(w, head);
    expect(w.hub.answers).toMatchObject([
      {
        run,
        environment_name: "production",
        state: "approved",
        comment: expect.stringMatching(/^interlock: allow\nhttps:/),
      },
    ]);
    // Pushed past the gate: it waits, and says why once.
    const past = w.hub.push("main", { "past.txt": "x\n" }, "dee");
    const second = await deploy(w, past);
    expect(w.hub.answers.slice(1)).toMatchObject([
      { run: second, comment: expect.stringMatching(/^interlock: hold/) },
    ]);
    expect(w.hub.answers[1]?.state).toBeUndefined();
    // On no protected branch.
    const side = w.hub.push("side", { "side.txt": "x\n" }, "dee");
    const third = await deploy(w, side);
    expect(w.hub.answers[2]).toMatchObject({ run: third, state: "rejected" });
    // The event names an environment that the deployment does not have.
    const id = nextId();
    w.hub.deployments.set(id, { id, sha: head, environment: "staging" });
    await w.deliver("deployment_protection_rule", {
      ...{ action: "requested", environment: "production", deployment: { id } },
      deployment_callback_url: "https://x/actions/runs/9/deployment_protection_rule",
    });
    await w.settled();
    expect([w.hub.answers.length, w.trouble]).toEqual([3, []]);
  });
});
