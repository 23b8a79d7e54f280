// SPDX-License-Identifier: Apache-2.0
import {
  bindReviews,
  type ClaimedJob,
  claimJob,
  type Database,
  finishJob,
  forgetDeliveries,
  heardUpTo,
  hearUpTo,
  pinAccounts,
  postponeJob,
  readSubject,
  renewJob,
  type Store,
  saveSubject,
  subjectsAbout,
  type Transaction,
  takeDelivery,
  transaction,
  wantJobs,
} from "@interlock/store";
import { ENGINES, type Home, opened } from "@interlock/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

const NOW = 1_800_000_000_000;
const OF = { forge: "github", repository: "1" };

describe.each(ENGINES)("rows about forges ($name)", (engine) => {
  let store: Store;
  let home: Home;
  beforeAll(async () => {
    home = await engine.home();
    store = await opened(home.place);
  });
  afterAll(async () => {
    await store.close();
    home.remove();
  });
  beforeEach(async () => {
    for (const table of ["forge_job", "forge_delivery", "forge_review", "forge_account"] as const)
      await store.db.deleteFrom(table).execute();
  });

  const within = async <T>(work: (tx: Transaction) => Promise<T>): Promise<T> => {
    const done = await transaction<T>(store, async (tx) => ({ ok: true, value: await work(tx) }), {
      isolation: "read committed",
    });
    if (done.kind !== "committed") throw new Error(done.kind);
    return done.value;
  };
  const want = (db: Database, subject: string, dueAt = NOW, hint = "{}") =>
    wantJobs(db, [{ ...OF, subject, hint, dueAt }]);
  const claim = (now = NOW, lease = "me") =>
    within((tx) => claimJob(tx, { forge: "github", now, leaseMs: 1_000, lease }));
  const jobs = () => store.db.selectFrom("forge_job").selectAll().execute();

  it("WH4 a delivery is taken once", async () => {
    const delivery = { forge: "github", id: "d-1", at: NOW };
    expect(await within((tx) => takeDelivery(tx, delivery))).toBe(true);
    expect(await within((tx) => takeDelivery(tx, delivery))).toBe(false);
    expect(await within((tx) => takeDelivery(tx, { ...delivery, forge: "gitlab" }))).toBe(true);
    await forgetDeliveries(store.db, NOW + 1);
    expect(await within((tx) => takeDelivery(tx, delivery))).toBe(true);
  });

  it("what is asked for many times is looked at once, as early as anybody asked", async () => {
    await want(store.db, "pull:1", NOW + 500);
    await want(store.db, "pull:1", NOW, '{"last":1}');
    await want(store.db, "pull:1", NOW + 900, '{"last":2}');
    await want(store.db, "pull:1", NOW + 900, "");
    const job = await claim();
    expect(job).toMatchObject({ subject: "pull:1", hint: '{"last":2}', wanted: 4, attempts: 0 });
    expect(await claim()).toBeNull();
  });

  it("two servers never hold one job, and a lease that ended frees it", async () => {
    await wantJobs(
      store.db,
      [1, 2, 3, 4].map((n) => ({ ...OF, subject: `pull:${n}`, hint: "{}", dueAt: NOW })),
    );
    const held = await Promise.all(["a", "b", "c", "d", "e"].map((lease) => claim(NOW, lease)));
    const subjects = held.flatMap((job) => (job === null ? [] : [job.subject]));
    expect(new Set(subjects).size).toBe(subjects.length);
    const rest: (ClaimedJob | null)[] = [];
    for (let i = subjects.length; i < 4; i++) rest.push(await claim(NOW, "f"));
    expect(rest.every((job) => job !== null)).toBe(true);
    expect(await claim(NOW, "g")).toBeNull();
    const late = await claim(NOW + 1_000, "g");
    expect(late).not.toBeNull();
    const first =
      held.find((job) => job?.subject === late?.subject) ?? rest.find((j) => j !== null);
    if (first?.subject === late?.subject && first !== undefined && first !== null)
      expect(await renewJob(store.db, first, NOW + 9_000)).toBe(false);
    if (late !== null) expect(await renewJob(store.db, late, NOW + 9_000)).toBe(true);
  });

  it("what is asked for while it is looked at is looked at again", async () => {
    await want(store.db, "pull:1");
    const job = await claim();
    if (job === null) throw new Error("no job");
    await want(store.db, "pull:1", NOW + 5);
    await within((tx) => finishJob(tx, job, null));
    expect(await jobs()).toMatchObject([{ lease: null, leased_until: 0, due_at: NOW, wanted: 2 }]);
    const again = await claim(NOW + 5);
    if (again === null) throw new Error("no job");
    await within((tx) => finishJob(tx, again, null));
    expect(await jobs()).toEqual([]);
  });

  it("a job ends, is put off, or comes back by itself", async () => {
    await want(store.db, "pull:1");
    const job = await claim();
    if (job === null) throw new Error("no job");
    await postponeJob(store.db, job, NOW + 50);
    expect(await claim(NOW + 49)).toBeNull();
    const later = await claim(NOW + 50);
    expect(later?.attempts).toBe(1);
    if (later !== null) await within((tx) => finishJob(tx, later, NOW + 7_000));
    expect(await jobs()).toMatchObject([{ due_at: NOW + 7_000, attempts: 0, lease: null }]);
  });

  it("a server that lost its lease changes nothing", async () => {
    await want(store.db, "pull:1");
    const slow = await claim(NOW, "slow");
    const quick = await claim(NOW + 1_000, "quick");
    if (slow === null || quick === null) throw new Error("no job");
    await within((tx) => finishJob(tx, slow, null));
    await postponeJob(store.db, slow, NOW + 99_000);
    expect(await jobs()).toMatchObject([{ lease: "quick", due_at: NOW }]);
  });

  it("a review is about what it was first bound to", async () => {
    const review = { review: "9", head: "h1", digest: "d1", boundAt: NOW };
    expect(await within((tx) => bindReviews(tx, OF, [review]))).toEqual([review]);
    const other = { ...review, digest: "d2", boundAt: NOW + 1 };
    expect(await within((tx) => bindReviews(tx, OF, [other]))).toEqual([review]);
    expect(await within((tx) => bindReviews(tx, { ...OF, repository: "2" }, [other]))).toEqual([
      other,
    ]);
  });

  it("a login keeps the number that it was first seen with", async () => {
    const pin = (id: string) =>
      within((tx) => pinAccounts(tx, "github", [{ login: "ana", id, at: NOW }]));
    expect([...(await pin("7"))]).toEqual([["ana", "7"]]);
    expect([...(await pin("8"))]).toEqual([["ana", "7"]]);
  });

  it("keeps what was judged last of a subject, and how far the ledger was heard", async () => {
    const subject = {
      ...{ ...OF, subject: "pull:1", hint: "", target: "refs/heads/main", base: "b", head: "h" },
      ...{ digest: "d", effective: "hold", posted: null, report: "", seen: "", judgedAt: NOW },
    };
    await within((tx) => saveSubject(tx, subject));
    await within((tx) => saveSubject(tx, { ...subject, digest: "e", posted: "5" }));
    expect(await readSubject(store.db, subject)).toEqual({ ...subject, digest: "e", posted: "5" });
    expect(await subjectsAbout(store.db, "github", ["d"])).toEqual([]);
    expect(await subjectsAbout(store.db, "github", ["e"])).toHaveLength(1);
    expect(await heardUpTo(store.db, "github")).toBeNull();
    for (const index of [3, 9, 5]) await within((tx) => hearUpTo(tx, "github", index));
    expect(await heardUpTo(store.db, "github")).toBe(9);
  });
});
