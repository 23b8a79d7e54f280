// SPDX-License-Identifier: Apache-2.0
/**
 * The readers of configuration against what a reader has to beat: the YAML library and JSON.parse, and
 * comparing two texts against reading one. All of a row is measured in turn in one run, so that
 * its ratio holds on a busy machine too.
 */
import { parseAllDocuments } from "yaml";
import { diffConfig } from "../src/config/diff.ts";
import { parseConfig } from "../src/config/parse.ts";

const ROUNDS = 12;
const JOBS = 900;

/** Milliseconds of the best round of each piece of work, taken in turn. */
function race(...works: readonly (() => unknown)[]): readonly number[] {
  const least = works.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round++)
    for (const [i, work] of works.entries()) {
      const start = performance.now();
      work();
      least[i] = Math.min(least[i] ?? 0, performance.now() - start);
    }
  return least;
}

function row(what: string, ours: number | undefined, floor: number | undefined): void {
  const [a, b] = [ours ?? 0, floor ?? 0];
  console.log(
    `${what.padEnd(58)} ${a.toFixed(2).padStart(8)} ms / ${b.toFixed(2).padStart(8)} ms   ratio ${(a / b).toFixed(3)}`,
  );
}

const job = (i: number, image: string) => ({
  name: `job-${i}`,
  labels: { team: `team-${i % 9}`, tier: "gold" },
  spec: {
    containers: [
      {
        image: `registry.example.com/tool:${image}`,
        args: ["--timeout=60", `--shard=${i}`, "run all the tests"],
        resources: { requests: { cpu: i % 8, memory: "3Gi" } },
      },
    ],
  },
});

const jobs = (changed: number) =>
  Array.from({ length: JOBS }, (_, i) => job(i, i === changed ? "v2" : "v1"));

const blockYaml = (all: readonly ReturnType<typeof job>[]) =>
  `periodics:\n${all
    .map(
      ({ name, labels, spec }) =>
        `- name: ${name}\n  labels:\n    team: ${labels.team}\n    tier: gold\n  spec:\n    containers:\n${spec.containers
          .map(
            (c) =>
              `    - image: ${c.image}\n      args:\n${c.args.map((a) => `      - ${a}\n`).join("")}      resources:\n        requests:\n          cpu: ${c.resources.requests.cpu}\n          memory: 3Gi\n`,
          )
          .join("")}`,
    )
    .join("")}`;

const anchoredYaml = (all: readonly ReturnType<typeof job>[]) =>
  `defaults: &defaults\n  tier: gold\n  limits: {cpu: 4, memory: 3Gi}\nperiodics:\n${all
    .map(
      ({ name, labels, spec }) =>
        `- name: ${name}\n  labels: {team: ${labels.team}, tier: "gold"}\n  spec:\n    <<: *defaults\n    image: !Ref tool\n    args: [${(spec.containers[0]?.args ?? []).map((a) => `"${a}"`).join(", ")}]\n`,
    )
    .join("")}`;

for (const [what, write] of [
  ["block YAML", blockYaml],
  ["YAML with anchors, flow and tags", anchoredYaml],
] as const) {
  const text = write(jobs(-1));
  const [ours, library] = race(
    () => parseConfig("yaml", text),
    () => parseAllDocuments(text, { uniqueKeys: false, strict: false, logLevel: "silent" }),
  );
  row(`${what}, ${(text.length / 1000).toFixed(0)} kB / yaml library`, ours, library);
}

const json = JSON.stringify(jobs(-1), null, 2);
const [ours, builtIn] = race(
  () => parseConfig("json", json),
  () => JSON.parse(json),
);
row(`JSON with positions, ${(json.length / 1000).toFixed(0)} kB / JSON.parse`, ours, builtIn);

for (const [format, write] of [
  ["yaml", blockYaml],
  ["json", (all: readonly ReturnType<typeof job>[]) => JSON.stringify(all, null, 2)],
] as const) {
  const [before, after] = [write(jobs(-1)), write(jobs(450))];
  const [a, b] = [parseConfig(format, before), parseConfig(format, after)];
  const [parse, diff] = race(
    () => parseConfig(format, after),
    () => diffConfig(a, b),
  );
  row(`${format}: diff of one changed line / reading one side`, diff, parse);
}
