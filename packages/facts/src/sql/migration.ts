// SPDX-License-Identifier: Apache-2.0

/** What the path alone says about a script. */
export type Role = {
  /** Run by a migration tool against a live database. */
  readonly migration: boolean;
  /** The whole file is the way back. */
  readonly down: boolean;
  /** A description of the schema or its data made by a tool; it is not run against production. */
  readonly dump: boolean;
  /** Tests, examples, seeds of local databases. */
  readonly test: boolean;
};

const MIGRATION =
  /(?:^|\/)(?:migrations?|migrate|alembic|versions|changelogs?|flyway|liquibase|evolutions|upgrades?|schema_migrations|deploy)(?:\/|$)|(?:^|\/)(?:V\d[\w.]*__|\d{3,14}[_-])[^/]*\.sql$|\.(?:up|down)\.sql$/i;
const DOWN =
  /[._-](?:down|rollback|undo|revert)\.sql$|(?:^|\/)(?:down|revert|rollback|undo)\/|(?:^|\/)U\d[\w.]*__[^/]*\.sql$/i;
const DUMP =
  /(?:^|\/)(?:structure|schema|[^/]*dump[^/]*|[^/]*snapshot[^/]*|[^/]*baseline[^/]*|[^/]*backup[^/]*)\.sql$/i;
const TEST =
  /(?:^|\/)(?:tests?|specs?|__tests__|fixtures?|testdata|test-data|examples?|samples?|demos?|e2e|docker-entrypoint-initdb\.d|seeds?|benchmarks?|docs?)(?:\/|$)|[._-](?:test|spec|seed|fixture)s?\.sql$/i;
const DUMP_HEAD = /^-- (?:PostgreSQL database|MySQL|MariaDB) dump|^-- Dumped from/m;

/** Reads the role of a script from its path and first lines. */
export function roleOf(path: string, text: string): Role {
  return {
    migration: MIGRATION.test(path),
    down: DOWN.test(path),
    dump: DUMP.test(path) || DUMP_HEAD.test(text.slice(0, 2_000)),
    test: TEST.test(path),
  };
}

const CODE = /\.(?:rb|py|js|cjs|mjs|ts|php|cs|go)$/i;
const CODE_MIGRATION =
  /(?:^|\/)(?:migrations?|migrate|db_migrations?|alembic\/versions|versions)\/(?:[^/]+\/)*[^/]+$|[._-]migration\.(?:rb|py|js|cjs|mjs|ts|php|cs|go)$/i;

/** True for a migration that is written in code. */
export function isCodeMigration(path: string): boolean {
  return (
    CODE.test(path) &&
    CODE_MIGRATION.test(path) &&
    !/(?:^|\/)__init__\.py$|[._]test\.|_test\.|\.d\.ts$|\.Designer\.cs$|ModelSnapshot\.cs$/.test(
      path,
    )
  );
}

const UP_REMARK = /^(?:\+\s?(?:goose|migrate|micrate)\s+up|migrate:up|rambler up|-*\s*!Ups)\b/i;
const DOWN_REMARK =
  /^(?:\+\s?(?:goose|migrate|micrate)\s+down|migrate:down|rambler down|-*\s*!Downs|@UNDO)\b/i;
const NO_TRANSACTION =
  /no[ _-]?transaction|transaction:\s*false|txmode[ :]+none|executeInTransaction\s*=\s*false|runInTransaction:\s*false|disable_ddl_transaction/i;
const TOOL = /^(?:\+\s?(goose|migrate|micrate)|migrate:)/i;

export type Directive = "up" | "down" | "no-transaction" | "none";

/** What a comment tells a migration tool. */
export function directiveOf(remark: string): {
  readonly kind: Directive;
  readonly noTransaction: boolean;
  readonly tool: boolean;
} {
  const kind = UP_REMARK.test(remark) ? "up" : DOWN_REMARK.test(remark) ? "down" : "none";
  return { kind, noTransaction: NO_TRANSACTION.test(remark), tool: TOOL.test(remark) };
}
