// SPDX-License-Identifier: Apache-2.0
/** What a signer reads and signs: made again from Git, exactly as the hook will make it. */
import { spawn } from "node:child_process";
import {
  EMERGENCY_MS_MAX,
  type EmergencyStatement,
  type Facts,
  GateError,
  isUnknown,
} from "@interlock/core";
import { isDigest, sha256Hex, sixWords, utf8 } from "@interlock/digest";
import { openRepository, type Repository } from "@interlock/facts";
import { questionAbout, refuseShallow } from "../gate/question.ts";
import { EMERGENCY_REFS } from "../hook/emergency.ts";
import { landingOf } from "../hook/landing.ts";
import { printable } from "../output/printable.ts";
import { type KeyFile, keyIdOf } from "./key.ts";

export type Wanted = {
  /** `OLD..NEW`. */
  readonly range: string;
  /** Full name. */
  readonly ref: string;
  readonly reason: string;
  readonly incident: string;
  readonly minutes: number;
};

export type ToSign = { readonly statement: EmergencyStatement; readonly facts: Facts };

/** Throws `GateError` where the change cannot be made again from this clone. */
export async function toSign(repo: string, key: KeyFile, wanted: Wanted): Promise<ToSign> {
  const repository = await openRepository(repo);
  try {
    refuseShallow(repository);
    const { place, facts } = await questionOf(repository, wanted);
    const { digest } = facts.change;
    if (isUnknown(digest) || !isDigest(digest))
      throw new GateError(
        "INPUT_INVALID",
        `the content of the change is not known: ${isUnknown(digest) ? digest.$unknown.because : "no digest"}`,
        "fetch the whole history of both ends, and sign then",
      );
    const { repository: id, target, base, head } = place;
    const issuedAt = Date.now();
    const statement: EmergencyStatement = {
      ...{ version: 1, repository: id, target, base, head, digest },
      ...{ person: key.person, key: keyIdOf(key) },
      ...{ reason: wanted.reason, incident: wanted.incident },
      ...{ issuedAt, expiresAt: issuedAt + Math.min(wanted.minutes * 60_000, EMERGENCY_MS_MAX) },
    };
    return { statement, facts };
  } finally {
    repository.close();
  }
}

async function questionOf(repository: Repository, { range, ref }: Wanted) {
  const [from = "", to = "", ...more] = range.split("..");
  if (from === "" || to === "" || more.length > 0)
    throw new GateError(
      "USAGE",
      `\`${range}\` is not two commits`,
      "write OLD..NEW as the hook showed it: what the ref is now, and what is to land",
    );
  const update = {
    ref,
    old: await repository.resolve(from),
    new: await repository.resolve(to),
  };
  const landing = await landingOf(repository, update, null);
  const arriving = { ...landing, ref, isNew: false };
  const { question } = await questionAbout(repository, arriving, {
    pushedBy: null,
    firstCommit: null,
  });
  return question;
}

const FILES_SHOWN = 20;

/** Everything to be compared with what the other signer sees, and how to go back. */
export function signingText({ statement, facts }: ToSign): string {
  const { change, evidence } = facts;
  const files = isUnknown(change.files) ? [] : change.files;
  const systems = isUnknown(change.systems)
    ? "unknown"
    : change.systems.map(({ id, tier }) => `${id} (Tier ${tier})`).join(", ") || "none";
  const documents = isUnknown(evidence.documents) ? [] : evidence.documents;
  const lines = [
    `to       ${statement.target} of ${statement.repository}`,
    `from     ${statement.base}`,
    `head     ${statement.head}`,
    `subject  ${change.subject}`,
    `systems  ${systems}`,
    ...files
      .slice(0, FILES_SHOWN)
      .map(({ path, added, deleted }) => `file     ${path} (+${added} -${deleted})`),
    ...(files.length > FILES_SHOWN ? [`         … and ${files.length - FILES_SHOWN} more`] : []),
    `document ${documents.length === 0 ? "none comes with it" : documents.map(({ digest, sections }) => `${digest.slice(0, 12)} with ${sections.join(", ")}`).join("; ")}`,
    `undo     git push --force REMOTE ${statement.base}:${statement.target}, signed as this is`,
    `digest   ${statement.digest}`,
    `until    ${new Date(statement.expiresAt).toISOString()}`,
  ];
  const words = isDigest(statement.digest) ? sixWords(statement.digest).join(" ") : "";
  return [
    ...lines.map((line) => `  ${printable(line)}`),
    `  words    ${words}`,
    "           the other signer must see the same six words; sign nothing if they differ",
    "",
  ].join("\n");
}

/** Leaves a signed line in the repository that the hook guards, where the hook looks for it. */
export async function leaveAt(
  repo: string,
  remote: string,
  statement: EmergencyStatement,
  line: string,
) {
  const blob = (await git(repo, ["hash-object", "-w", "--stdin"], `${line}\n`)).trim();
  const name = sha256Hex(utf8(line)).slice(0, 16);
  const ref = `${EMERGENCY_REFS}/${statement.digest}/${name}`;
  await git(repo, ["push", "--quiet", remote, `${blob}:${ref}`], "");
  return ref;
}

function git(repo: string, args: readonly string[], input: string): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn("git", ["-C", repo, ...args], { stdio: ["pipe", "pipe", "pipe"] });
    const [out, says]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => says.push(chunk));
    child.stdin.on("error", () => undefined);
    child.on("error", fail);
    child.on("close", (status) => {
      if (status === 0) return done(Buffer.concat(out).toString("utf8"));
      const why = Buffer.concat(says).toString("utf8").trim().split("\n").at(-1) ?? "";
      fail(
        new GateError(
          "GIT_UNUSABLE",
          `\`git ${args[0]}\` failed: ${why}`,
          "hand the line on in another way: `git push -o interlock-emergency=LINE`, twice",
        ),
      );
    });
    child.stdin.end(input);
  });
}
