// SPDX-License-Identifier: Apache-2.0
/** What an admission webhook asks: which manifests were allowed. It brings nothing, and decides by itself. */
import { isDigest } from "@interlock/digest";
import { ADMISSION_LIMITS, type AdmissionTold, admissionApi } from "@interlock/protocol";
import { blobOf, type Database, decidedAfter, type Store } from "@interlock/store";
import type { FastifyInstance } from "fastify";
import type { Actor } from "../http/actor.ts";
import { type Authenticate, bind } from "../http/bind.ts";
import { done } from "../people/terms.ts";
import { isAllowedLast } from "../refs/report.ts";
import { entriesOf } from "../rollouts/allowed.ts";

export function admissionRoutes(
  app: FastifyInstance,
  authenticate: Authenticate,
  { db }: Store,
): void {
  bind(app, authenticate, admissionApi.admissionChanges, async ({ actor, body }) =>
    done(await told(db, { repository: repositoryOf(actor), ...body })),
  );
  bind(app, authenticate, admissionApi.admissionContents, async ({ actor, body }) => {
    const contents: { content: string; bytes: string | null }[] = [];
    let left: number = ADMISSION_LIMITS.bytes;
    for (const content of body.contents) {
      const bytes = await blobOf(db, repositoryOf(actor), content);
      left -= bytes?.length ?? 0;
      // One is always told, so that whoever asks gets on.
      if (left < 0 && contents.length > 0) return done({ contents, more: true });
      const text = bytes === null ? null : Buffer.from(bytes).toString("base64url");
      contents.push({ content, bytes: text });
    }
    return done({ contents, more: false });
  });
}

/** A token speaks for one repository (TK1). */
function repositoryOf(actor: Actor): string {
  if (actor.kind === "token") return actor.repository;
  throw new Error("invariant broken: `bind` lets only tokens of a repository in");
}

type Asked = {
  readonly repository: string;
  readonly ref: string;
  readonly prefixes: readonly string[];
  readonly after: number;
};

async function told(
  db: Database,
  { repository, ref, prefixes, after }: Asked,
): Promise<AdmissionTold> {
  const limit = ADMISSION_LIMITS.changes;
  const decided = await decidedAfter(db, { repository, target: ref, after, limit });
  const changes: AdmissionTold["changes"] = [];
  for (const { id, digest, index } of decided) {
    const entries = await entriesOf(db, digest);
    const own = [...(entries?.values() ?? [])].filter(({ path }) =>
      prefixes.some((prefix) => path.startsWith(prefix)),
    );
    if (entries !== null && own.length === 0) continue;
    changes.push({
      ...{ change: id, index, kept: entries !== null },
      // A row says where to look, the leaves of the ledger say what was decided.
      allowed: await isAllowedLast(db, { repository, ref, digest }),
      entries: own.map(({ path, oldMode, oldContent, newMode, newContent }) => ({
        path,
        before: contentOf(oldMode, oldContent),
        after: contentOf(newMode, newContent),
      })),
    });
  }
  return { changes, after: decided.at(-1)?.index ?? after, more: decided.length === limit };
}

/** A link or a submodule holds no manifest. */
const contentOf = (mode: string | null, content: string | null): string | null =>
  mode?.startsWith("100") === true && content !== null && isDigest(content) ? content : null;
