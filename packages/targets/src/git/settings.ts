// SPDX-License-Identifier: Apache-2.0
import { isAbsolute } from "node:path";
import { pathFault } from "../key-path.ts";
import type { Resolved } from "../secrets.ts";
import { settingsReader } from "../settings.ts";
import type { Answered } from "../target.ts";

export type Place = { readonly branch: string; readonly folder: string };

export type GitSettings = {
  /** A bare repository on this machine, or the URL of one elsewhere. */
  readonly repository: string;
  readonly isRemote: boolean;
  readonly cells: ReadonlyMap<string, Place>;
  readonly author: { readonly name: string; readonly email: string };
  readonly user: string;
  readonly token: string | null;
  readonly waitMs: number;
  readonly pollMs: number;
};

/** git-check-ref-format(1), without what is allowed but odd. */
const BRANCH = /^[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}$/;
const NO_BRANCH = /\.\.|\/\/|\/\.|\.lock(?:\/|$)|[./]$|^HEAD$/;
const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]"]);

export function gitSettings(resolved: Resolved): Answered<GitSettings> {
  const reader = settingsReader(resolved);
  const repository = reader.text("repository");
  const fault = repositoryFault(repository);
  if (repository !== "" && fault !== null) reader.fault("repository", fault);
  const cells = reader.cells((place, path): Place => {
    const inside = reader.inside(place, path);
    const branch = inside.text("branch");
    const folder = inside.text("folder");
    if (branch !== "" && (!BRANCH.test(branch) || NO_BRANCH.test(branch)))
      inside.fault("branch", "is no name of a branch");
    if (folder !== "" && pathFault(folder) !== null)
      inside.fault("folder", "is no path of a folder");
    inside.end(null);
    return { branch, folder };
  });
  const places = [...cells.values()].map(({ branch, folder }) => `${branch}:${folder}/`);
  if (places.some((one, at) => places.some((two, other) => at !== other && two.startsWith(one))))
    reader.fault("cells", "has one cell inside another");
  const named = (field: string, otherwise: string): string => {
    const found = reader.optionalText(field) ?? otherwise;
    if (/[<>]/.test(found)) reader.fault(field, "holds `<` or `>`");
    return found;
  };
  return reader.end({
    repository,
    isRemote: !isAbsolute(repository),
    cells,
    author: {
      name: named("authorName", "Interlock"),
      email: named("authorEmail", "interlock@localhost"),
    },
    user: reader.optionalText("user") ?? "interlock",
    token: reader.optionalSecret("token") ?? null,
    waitMs: reader.whole("waitMs", { from: 100, to: 600_000, otherwise: 60_000 }),
    pollMs: reader.whole("pollMs", { from: 5, to: 3_600_000, otherwise: 5_000 }),
  });
}

function repositoryFault(text: string): string | null {
  if (isAbsolute(text)) return null;
  if (!URL.canParse(text)) return "is neither an absolute path nor a URL";
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (username !== "" || password !== "")
    return "holds a user or a password: use `user` and `token`";
  if (search !== "" || hash !== "") return "has a query or a fragment";
  if (protocol === "https:") return null;
  if (protocol === "http:")
    return LOOPBACK.has(hostname) ? null : "would be read by everybody on the way: use https";
  return "begins with neither `https:` nor `/`";
}
