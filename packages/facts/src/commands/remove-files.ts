// SPDX-License-Identifier: Apache-2.0
import type { Invocation, Script } from "./shell/unwrap.ts";
import type { Word } from "./shell/word.ts";

export type FileLoss = "root" | "unset" | "data" | "device";

const ROOT =
  /^(?:\/|\/\*|~|~\/|~\/\*|\$HOME\/?|\$HOME\/\*|\$\{HOME\}\/?\*?|\/(?:etc|usr|var|var\/lib|home|opt|root|boot|bin|sbin|lib|lib64|srv|data|mnt|proc|sys|dev|usr\/local|users)(?:\/\*?)?|[a-z]:\\+\*?)$/i;
/** What is left of `$X/lib` when `X` is empty: a folder of the system. */
const AFTER_EMPTY =
  /^(?:\/|\/\*|\/(?:etc|usr|var|home|opt|root|boot|bin|sbin|lib|lib64|srv|data|mnt)(?:\/.*)?)$/;
const DATA =
  /\$\{?(?:PGDATA|PG_DATA|MYSQL_DATADIR|DATADIR|DATA_DIR|MONGO_DATA|ES_DATA|KAFKA_DATA|ETCD_DATA_DIR|REDIS_DATA)\b|^\/var\/lib\/(?:postgres\w*|pgsql|mysql|mariadb|mongo\w*|etcd|docker|kubelet|rabbitmq|cassandra|elasticsearch|redis|prometheus|ceph|libvirt|clickhouse|influxdb|grafana|consul|vault)(?:\/\*?|\/(?:data|main|\d+)(?:\/.*)?)?$/;
/** The folder of a data store below any other. */
const STORE =
  /\/(?:postgres\w{0,20}|pgsql|pgdata|mysql|mariadb|mongo\w{0,10}|etcd|cassandra|elasticsearch|opensearch|redis|clickhouse|kafka|zookeeper|gitlab|git-data)(?:\/[\w.-]{1,60})?\/(?:data|main|db|wal|repositories)(?:\/|$)|\/pg_?(?:data|wal|xlog)(?:\/|$)/;
/** Variables that are always set, or that a CI service or a package sets to its own folder. */
const GIVEN =
  /^(?:HOME|PWD|TMPDIR|TMP|TEMP|RUNNER_TEMP|GITHUB_WORKSPACE|WORKSPACE|CI_PROJECT_DIR|BATS_\w+|XDG_\w+|DESTDIR|pkgdir|srcdir|RPM_BUILD_ROOT|buildroot|D|WORKDIR|T|S)$/i;

/** What `rm -r` or `find -delete` would take that nobody can have meant; `null` for ordinary clean-up. */
export function fileLoss(invocation: Invocation, script: Script): FileLoss | null {
  const { tool, args } = invocation;
  if (tool === "find") {
    const deletes =
      args.some((word) => word.text === "-delete") ||
      / -exec rm\b/.test(` ${args.map((word) => word.text).join(" ")}`);
    const narrowed = args.some((word) =>
      /^-(?:i?name|i?path|i?regex|mtime|mmin|ctime|empty|newer|size|user|maxdepth)$/.test(
        word.text,
      ),
    );
    return deletes && !narrowed ? worst(args.slice(0, 1), script) : null;
  }
  if (tool !== "rm" && tool !== "rimraf" && tool !== "trash") return null;
  const recursive =
    tool !== "rm" || args.some((word) => /^-[a-zA-Z]*[rR]|^--recursive$/.test(word.text));
  return recursive
    ? worst(
        args.filter((word) => !word.text.startsWith("-")),
        script,
      )
    : null;
}

function worst(paths: readonly Word[], script: Script): FileLoss | null {
  const found = paths.map((word) => lossOf(word, script));
  return (
    found.find((one) => one === "root") ??
    found.find((one) => one === "unset") ??
    found.find((one) => one !== null) ??
    null
  );
}

function lossOf(word: Word, script: Script): FileLoss | null {
  const path = word.text.replace(/\/{2,}/g, "/");
  // A quoted tilde is a folder of that name.
  if (ROOT.test(path) && !(word.quoted && path.startsWith("~"))) return "root";
  if (DATA.test(path) || STORE.test(path)) return "data";
  if (/^\/dev\/\w/.test(path)) return "device";
  if (!script.strict && isUnsetGlob(path, script)) return "unset";
  if (script.strict) return null;
  // What a command prints can be nothing at all: `"$(cd "$1" && pwd)"/*`.
  const printed = /^(?:\$\(.*\)|`[^`]*`)(\/[^()`]*)$/s.exec(path);
  if (printed !== null) return AFTER_EMPTY.test(printed[1] ?? "") ? "unset" : null;
  const head = /^\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))(.*)$/s.exec(path);
  if (head === null) return null;
  const name = head[1] ?? head[2] ?? "";
  if (GIVEN.test(name) || script.variables.has(name)) return null;
  return AFTER_EMPTY.test(head[3] ?? "") ? "unset" : null;
}

/** `/srv/$SITE*`: without the name, everything in a folder of the system. */
function isUnsetGlob(path: string, script: Script): boolean {
  const inside = /^(\/[\w/.-]*)\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))\/?\*$/.exec(path);
  const name = inside?.[2] ?? inside?.[3] ?? "";
  if (inside === null || GIVEN.test(name) || script.variables.has(name)) return false;
  return ROOT.test(`${inside[1] ?? ""}*`);
}
