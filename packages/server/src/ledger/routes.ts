// SPDX-License-Identifier: Apache-2.0
import { type Database, latestCheckpoint, readLeaves } from "@interlock/store";
import { encodeBundle, parseTilePath } from "@interlock/tlog";
import type { FastifyInstance, FastifyReply } from "fastify";
import { storedTiles } from "./tree.ts";

/** A full tile never changes; a partial one is gone when the tree has grown (c2sp.org/tlog-tiles). */
const FOREVER = "public, max-age=31536000, immutable";

/**
 * The log as files under `/log/` (c2sp.org/tlog-tiles), for anybody: it holds digests only. What an
 * entry says is read through the API, by whoever may.
 */
export function logRoutes(app: FastifyInstance, db: Database): void {
  const tiles = storedTiles(db);
  app.get("/log/checkpoint", async (_request, reply) => {
    const checkpoint = await latestCheckpoint(db);
    if (checkpoint === null) return missing(reply);
    return reply.type("text/plain; charset=utf-8").send(checkpoint.note);
  });
  app.get<{ readonly Params: { readonly "*": string } }>(
    "/log/tile/*",
    async ({ params }, reply) => {
      const path = `tile/${params["*"]}`;
      const parsed = parseTilePath(path);
      if (!parsed.ok) return missing(reply);
      const bytes =
        parsed.value.kind === "hashes"
          ? await tiles(path)
          : await bundleOf(db, parsed.value.bundle);
      if (bytes === null) return missing(reply);
      return reply
        .header("cache-control", FOREVER)
        .type("application/octet-stream")
        .send(Buffer.from(bytes));
    },
  );
}

const WIDTH = 256;

async function bundleOf(
  db: Database,
  { index, width }: { readonly index: number; readonly width: number },
): Promise<Uint8Array | null> {
  const published = (await latestCheckpoint(db))?.size ?? 0;
  // What is not published yet is nobody's business: it may still be proven at another size.
  if (index * WIDTH + width > published) return null;
  const leaves = await readLeaves(db, index * WIDTH, width);
  if (leaves.length !== width) return null;
  const bundle = encodeBundle(leaves.map(({ leaf }) => leaf));
  return bundle.ok ? bundle.value : null;
}

const missing = (reply: FastifyReply): FastifyReply =>
  reply.code(404).type("text/plain; charset=utf-8").send("not found\n");
