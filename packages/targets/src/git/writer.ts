// SPDX-License-Identifier: Apache-2.0
/** Who committed what a file holds now. A commit says who made it in its own words. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { answered, codeOf, failed } from "../failure.ts";
import type { Answered } from "../target.ts";
import { type LastWriter, type WriterAsked, writerOf } from "../writer.ts";
import { versionOf } from "./commit.ts";
import { gitFailure, type Repository } from "./repository.ts";
import type { Place } from "./settings.ts";

/** Of a repository elsewhere: how far back its history is fetched. */
export const COMMITS_MAX = 64;
/** A question for its own sake does not wait as a write does. */
const WAIT_MS = 10_000;
const FORMAT = "%H%x00%an <%ae>%x00%cn <%ce>%x00%ct";

/** The last commit of the branch's tip that touched the file, where the file is of that version there. */
export async function commitWriter(
  repository: Repository,
  { branch, folder }: Place,
  { key, version }: Omit<WriterAsked, "cell">,
): Promise<Answered<LastWriter | null>> {
  const tip = await repository.tip(branch);
  if (!tip.ok) return tip;
  if (tip.value === null) return answered(null);
  const files = await repository.files(tip.value, folder);
  if (!files.ok) return files;
  if (versionOf(files.value.get(key)) !== version) return answered(null);
  const { sandbox, settings, run } = repository;
  // Beside what reads and writes use, so that how far back this has fetched changes nothing for them.
  const more = { env: sandbox.sideEnv, waitMs: Math.min(settings.waitMs, WAIT_MS) };
  if (settings.isRemote) {
    const options = ["--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"];
    const depth = `--depth=${COMMITS_MAX}`;
    const end = await run(
      ["fetch", "--quiet", depth, ...options, settings.repository, tip.value],
      more,
    );
    if (end.code !== 0) return failed(gitFailure(end));
  }
  const log = ["log", "-1", "--no-color", "--no-show-signature", `--format=${FORMAT}`];
  const end = await run([...log, tip.value, "--", `${folder}/${key}`], more);
  if (end.code !== 0) return failed(gitFailure(end));
  const [id = "", author, committer, at] = end.out.toString("utf8").trimEnd().split("\0");
  // At the edge of what was fetched a commit looks as if it had brought everything.
  if (at === undefined || (await edges(sandbox.side)).has(id)) return answered(null);
  return answered(
    writerOf("claimed", {
      ...{ name: author, at: Number(at) * 1_000, write: id },
      ...(committer === author ? {} : { how: `committed by ${committer}` }),
    }),
  );
}

async function edges(dir: string): Promise<ReadonlySet<string>> {
  try {
    return new Set((await readFile(join(dir, "shallow"), "utf8")).split("\n"));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return new Set();
    throw error;
  }
}
