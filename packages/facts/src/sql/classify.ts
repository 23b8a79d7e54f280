// SPDX-License-Identifier: Apache-2.0
import type { Dialect } from "./dialect.ts";
import { operation, type SqlOperation } from "./operation.ts";
import type { PostgresParser } from "./postgres.ts";
import { splitSql } from "./split.ts";
import { tolerantOperations } from "./tolerant.ts";

/** Longer statements are not handed to a grammar; only their head is read. */
export const STATEMENT_MAX = 100_000;

const INTERESTING =
  /^(?:create|alter|drop|rename|truncate|delete|update|grant|set|begin|start|commit|rollback|end|lock|vacuum|cluster|reindex|with|do|exec(?:ute)?|optimize|select|if)\b/i;
const METADATA =
  /information_schema|\bsystem\.|\bpg_(?:catalog|tables|indexes)|\bsys\.|\ball_tab|set_config/i;
const DATA_CHANGE = /\b(?:delete|update|insert)\b/i;

/** What the statement does; the server's grammar first where it may be Postgres. */
export function classify(
  text: string,
  dialect: Dialect,
  parse: PostgresParser,
): readonly SqlOperation[] {
  const verb = INTERESTING.exec(text)?.[0]?.toLowerCase();
  if (verb === undefined) return [];
  if (verb === "select" && !METADATA.test(text.slice(0, STATEMENT_MAX))) return [];
  if (verb === "with" && !DATA_CHANGE.test(text.slice(0, STATEMENT_MAX))) return [];
  if (verb === "do" || verb === "if") return insideBlock(text.slice(0, STATEMENT_MAX));
  if (text.length > STATEMENT_MAX) return cutStatement(text);
  if (dialect === "postgres" || dialect === "unknown") {
    const parsed = parse(text);
    if (parsed !== null) return parsed;
  }
  return tolerantOperations(text);
}

/** The condition of a cut statement may stand behind the cut, so a missing one proves nothing. */
function cutStatement(text: string): readonly SqlOperation[] {
  return tolerantOperations(text.slice(0, STATEMENT_MAX)).map((one) =>
    one.aspect === "update-all" || one.aspect === "delete-all"
      ? operation("other", one.object, { tags: [...one.tags, "cut"] })
      : { ...one, tags: [...one.tags, "cut"] },
  );
}

const BLOCK_WORD = /\b(?:then|else|loop|begin|do)\b/gi;
const DYNAMIC = /^execute\s+(?:format\s*\(\s*)?'((?:[^']|'')*)'/i;

/** Statements inside `DO $$ … $$` or `IF … BEGIN … END`: each may or may not run. */
function insideBlock(text: string): readonly SqlOperation[] {
  const body = dollarBody(text) ?? text.replace(/^do\b/i, "");
  return splitSql(body, { backslash: false }).statements.flatMap((statement) => {
    const last = [...statement.text.matchAll(BLOCK_WORD)].at(-1);
    const plain = (
      last === undefined ? statement.text : statement.text.slice(last.index + last[0].length)
    ).trim();
    const dynamic = DYNAMIC.exec(plain)?.[1]?.replaceAll("''", "'");
    return tolerantOperations(dynamic ?? plain)
      .filter((one) => one.aspect !== "other" && one.aspect !== "begin" && one.aspect !== "commit")
      .map((one) => ({ ...one, tags: [...one.tags, "conditional"] }));
  });
}

function dollarBody(text: string): string | null {
  const open = /\$\w*\$/.exec(text);
  if (open === null) return null;
  const start = open.index + open[0].length;
  const end = text.indexOf(open[0], start);
  return text.slice(start, end === -1 ? undefined : end);
}
