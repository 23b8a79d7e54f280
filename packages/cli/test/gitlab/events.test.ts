/** Events that lie or never come; GitLab that is away; text that would act. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { wantJobs } from "@interlock/store";
import { ENGINES } from "@interlock/testkit";
import { describe, expect, it } from "vitest";
import { TOKEN, user } from "./stand-in.ts";
import { postStatus } from "./stand-in-routes.ts";
import { change, request, type World, world } from "./world.ts";

/** As if it were time again. */
async function reconcile(w: World): Promise<void> {
  const job = { forge: "gitlab", repository: "77", subject: "reconcile", hint: "", dueAt: 0 };
  await wantJobs(w.store.db, [job]);
  await w.settled();
}

describe.each(ENGINES.slice(-1))("events and what breaks ($name)", (engine) => {
  it("hint-only: nothing of an event is believed, and what no event told is found", async () => {
    const w = await world(engine, { statusCheckId: null });
    w.lab.pageSize = 1;
    const iid = change(w, "f");
    change(w, "g");
    await w.deliver("Merge Request Hook", {
      object_attributes: {
        ...{ iid, state: "closed", action: "approved", target_branch: "x" },
        last_commit: { id: w.lab.tip("main") },
      },
      user: { id: user("bo").id, username: "bo" },
    });
    await w.deliver("Merge Request Hook", { object_attributes: { iid: 99 } });
    await w.settled();
    expect(w.shown(iid).status?.description).toMatch(/^hold: 0 of 2/);
    expect(w.lab.statuses).toHaveLength(1);
    await reconcile(w);
    expect(w.shown(2).status?.description).toMatch(/^hold: 0 of 2/);
    expect(w.shown(2).check).toBe("pending");
    for (const by of ["bo", "cy"]) w.lab.approve(iid, by);
    await reconcile(w);
    expect(w.shown(iid).status?.status).toBe("success");
    // 51: anybody who may push to the project may post a status of this name.
    const body = { state: "success", name: "interlock (main)", ref: "g", description: "allow" };
    postStatus(w.lab, { sha: w.lab.tip("g"), by: user("ana"), body });
    await w.deliver("Pipeline Hook", { object_attributes: { sha: w.lab.tip("g") } });
    await w.settled();
    expect(w.shown(2).status).toMatchObject({ status: "failed", author: user("interlock") });
    expect(w.trouble).toEqual([expect.stringMatching(/`ana` posted the status/)]);
    // Somebody removed our note: there is one again.
    request(w, iid).notes.length = 0;
    w.lab.unapprove(iid, "cy");
    await w.judged(iid);
    expect(w.shown(iid).notes).toHaveLength(1);
    for (const one of w.lab.requests.values()) one.state = "closed";
    await reconcile(w);
    await w.settled();
    expect(await w.store.db.selectFrom("forge_subject").select("subject").execute()).toEqual([]);
  });

  it("SS5 SS7 GT1 GT15 fail-closed: what GitLab answers and cannot be used changes nothing", async () => {
    let because: string | null = null;
    const w = await world(engine, { unread: () => because });
    const iid = change(w, "f");
    for (const by of ["bo", "cy"]) w.lab.approve(iid, by);
    const cases = [
      [{ status: 502, body: "<html>" }, /what is no JSON/],
      [{ status: 500 }, /it answered 500/],
      [{ status: 403, body: '{"error":"insufficient_scope"}' }, /403: insufficient_scope/],
      [{ status: 200, body: '{"approved_by":[{}]}' }, /`approved_by\.0\.user`/],
      [{ status: 302, headers: { location: "http://169.254.169.254/" } }, /302/],
      [{ status: 429, headers: { "retry-after": "500" } }, /429/],
    ] as const;
    for (const [broken, says] of cases) {
      w.lab.broken = (_method, path) => (path.endsWith("/approvals") ? broken : null);
      await w.judged(iid);
      expect(w.lab.statuses).toEqual([]);
      expect(w.trouble.at(-1)).toMatch(says);
    }
    w.lab.broken = () => null;
    expect(await w.judged(iid)).toBe("success allow");
    because = "the disk is full";
    expect(await w.judged(iid)).toBe("failed hold: this could not be judged");
    because = null;
    // The head moved between the judging and the answer.
    w.lab.broken = (method, path) =>
      method === "POST" && path.endsWith("/status_check_responses") ? { status: 409 } : null;
    await w.judged(iid);
    expect(w.shown(iid).check).toBe("failed");
    w.lab.broken = () => null;
    expect(await w.judged(iid)).toBe("success allow");
    // Another project, or another path that somebody may take over.
    w.lab.path = "acme/moved";
    await w.judged(iid);
    expect(w.trouble.at(-1)).toMatch(/is at `acme\/moved` now/);
    w.lab.path = "acme/shop";
    w.lab.push("evil", { "e.txt": "x\n" }, "ana");
    const evil = w.lab.open("evil", "ana");
    Object.assign(evil, { source_branch: "--upload-pack=touch canary" });
    expect(await w.judged(evil.iid)).toMatch(/^failed/);
    const basic = Buffer.from(`oauth2:${TOKEN}`).toString("base64");
    const config = readFileSync(join(w.mirror, "config"), "utf8");
    for (const secret of [TOKEN, basic]) {
      expect(config).not.toContain(secret);
      expect(w.trouble.join()).not.toContain(secret);
    }
  });

  it("78 text of the change is inert in the note, and no line of it is a command", async () => {
    const w = await world(engine, {
      shown: (report) => ({
        ...report,
        summary: `${report.summary}\n/merge\n  /approve\n`,
        title: "é".repeat(300),
      }),
    });
    w.lab.push("f", { "f.txt": "x\n" }, "ana", {
      message: "see !12 $3 ~bug %v1 &4 @bo #5 <img src=x>",
    });
    const { iid } = w.lab.open("f", "ana");
    await w.judged(iid);
    const body = w.shown(iid).notes[0]?.body ?? "";
    expect(body).toMatch(/&#47;merge/);
    expect(body).not.toMatch(/(?<!&#8288;)(?:!1|\$3|~b|%v|&amp;4|@b|#5|<img)/);
    expect([...(w.shown(iid).status?.description ?? "")]).toHaveLength(255);
  });
});
