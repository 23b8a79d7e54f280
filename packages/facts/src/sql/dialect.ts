// SPDX-License-Identifier: Apache-2.0

export type Dialect =
  | "postgres"
  | "mysql"
  | "sqlite"
  | "tsql"
  | "clickhouse"
  | "oracle"
  | "unknown";

const BY_PATH: readonly (readonly [Dialect, RegExp])[] = [
  [
    "postgres",
    /(?:^|[/._-])(?:postgres(?:ql)?|pg|psql|cockroach(?:db)?|timescale(?:db)?)(?:[/._-]|$)/i,
  ],
  ["mysql", /(?:^|[/._-])(?:mysql|mariadb|tidb|vitess)(?:[/._-]|$)/i],
  ["sqlite", /(?:^|[/._-])(?:sqlite3?|d1)(?:[/._-]|$)/i],
  ["tsql", /(?:^|[/._-])(?:mssql|sqlserver|tsql|azuresql)(?:[/._-]|$)/i],
  ["clickhouse", /(?:^|[/._-])clickhouse(?:[/._-]|$)/i],
  ["oracle", /(?:^|[/._-])(?:oracle|plsql)(?:[/._-]|$)/i],
];

/** Words that only one dialect has; looked for in the first part of a script. */
const BY_TEXT: readonly (readonly [Dialect, RegExp])[] = [
  [
    "clickhouse",
    /\bENGINE\s*=\s*(?:Replicated)?\w*MergeTree\b|\bsystem\.(?:columns|tables|parts)\b/,
  ],
  [
    "mysql",
    /`\w+`|\bENGINE\s*=\s*InnoDB\b|\bAUTO_INCREMENT\b|\bRENAME TABLE\b|\bMODIFY (?:COLUMN )?\w|\bALGORITHM\s*=/i,
  ],
  ["sqlite", /\bAUTOINCREMENT\b|\bPRAGMA \w|\bWITHOUT ROWID\b/i],
  ["tsql", /^\s*GO\s*$|\bIDENTITY\s*\(1|\bNVARCHAR\b|\bsp_rename\b|\[dbo\]/im],
  ["oracle", /\bVARCHAR2\b|\bNUMBER\s*\(\d+|^\/\s*$/im],
  [
    "postgres",
    /\bCONCURRENTLY\b|\bSERIAL\b|\bJSONB\b|\bTIMESTAMPTZ\b|\$\$|\bNOT VALID\b|::\w|\block_timeout\b|\bUSING (?:gin|gist|btree|brin)\b|\bCREATE EXTENSION\b|\bplpgsql\b|\btimestamp with(?:out)? time zone\b/i,
  ],
];

/** What is looked at of a script to tell its dialect. */
const HEAD = 50_000;

/** The dialect that a path or a script gives away; `unknown` when it is plain SQL. */
export function dialectOf(path: string, text: string): Dialect {
  const head = text.slice(0, HEAD);
  return (
    BY_PATH.find(([, pattern]) => pattern.test(path))?.[0] ??
    BY_TEXT.find(([, pattern]) => pattern.test(head))?.[0] ??
    "unknown"
  );
}
