/** A handful of what `npm run campaign:forges` does: a forge that comes and goes under load. */
import { ENGINES, sequence } from "@interlock/testkit";
import { expect, it } from "vitest";
import type { Github } from "./stand-in.ts";
import { type World, world } from "./world.ts";

const ROUNDS = Number(process.env["FORGE_ROUNDS"] ?? 1);
const SEED = Number(process.env["FORGE_SEED"] ?? 1);
const REVIEWERS = ["bo", "cy", "dee"] as const;

type Fault = { readonly name: string; readonly broken: Github["broken"] };
const FAULTS: readonly Fault[] = [
  { name: "answers 500", broken: () => ({ status: 500 }) },
  { name: "answers 503 to what is written", broken: writes({ status: 503 }) },
  { name: "has had enough", broken: () => ({ status: 403, headers: { "retry-after": "1" } }) },
  { name: "cuts the line", broken: () => ({ status: "cut" }) },
  { name: "is slow", broken: () => ({ status: "slow", ms: 400 }) },
  { name: "takes what is written and cuts the line", broken: writes({ status: "taken" }) },
];

function writes(how: NonNullable<ReturnType<Github["broken"]>>): Github["broken"] {
  return (method) => (method === "GET" ? null : how);
}

/** Who has approved exactly this commit, as the forge knows it. */
const approversOf = ({ reviews, pulls }: Github, head: string): number =>
  Math.max(
    0,
    ...[...pulls.keys()].map(
      (number) =>
        new Set(
          (reviews.get(number) ?? [])
            .filter(({ commit_id, state }) => commit_id === head && state === "APPROVED")
            .map(({ user }) => user?.login),
        ).size,
    ),
  );

/** Nothing that the forge shows as good has fewer than two approvals of that very commit. */
function nothingTooMuch({ hub }: World): void {
  for (const { conclusion, head_sha } of hub.runs)
    if (conclusion === "success") expect(approversOf(hub, head_sha)).toBeGreaterThanOrEqual(2);
}

it("not-the-outage: a forge comes and goes while people push and review; nothing is allowed without it, and all of it is shown when it is back", async () => {
  const [engine = ENGINES[0]] = ENGINES.slice(-1);
  if (engine === undefined) throw new Error("no engine");
  const w = await world(engine);
  const below = sequence(SEED);
  const chance = (share: number): boolean => below(1_000) < share * 1_000;
  const counts = { away: 0, pushes: 0, reviews: 0, shown: 0, allowed: 0 };
  const numbers = ["one", "two"].map((branch) => {
    w.hub.push(branch, { "a.txt": `${branch} 0\n` }, "ana");
    return w.hub.open(branch, "ana").number;
  });
  for (const number of numbers) await w.judged(number);
  for (let round = 0; round < ROUNDS; round++)
    for (const { broken } of FAULTS) {
      w.hub.broken = broken;
      counts.away += 1;
      for (const number of numbers) {
        const pull = w.hub.pulls.get(number);
        if (pull === undefined) throw new Error("a pull request is gone");
        if (chance(0.4)) {
          const text = `${counts.pushes}\n`;
          w.hub.push(pull.headRef, { "a.txt": text }, "ana");
          counts.pushes += 1;
        }
        for (const by of REVIEWERS)
          if (chance(0.5)) {
            w.hub.review(number, by, "APPROVED");
            counts.reviews += 1;
          }
        // Of some of it nobody tells.
        if (chance(0.7))
          expect(await w.deliver("pull_request", { pull_request: { number } })).toBe(202);
      }
      await w.settled();
      nothingTooMuch(w);
      w.hub.broken = () => null;
      // What was put off comes up: a minute and more of waiting.
      await w.store.db.updateTable("forge_job").set({ due_at: 0 }).execute();
      for (const number of numbers) {
        const check = await w.judged(number);
        const head = w.hub.pulls.get(number)?.headSha ?? "";
        const allowed = approversOf(w.hub, head) >= 2;
        expect(check?.conclusion).toBe(allowed ? "success" : "action_required");
        counts.shown += 1;
        counts.allowed += allowed ? 1 : 0;
      }
      nothingTooMuch(w);
    }
  expect(counts.away).toBe(ROUNDS * FAULTS.length);
  if (ROUNDS > 1) console.log(JSON.stringify(counts));
}, 3_600_000);
