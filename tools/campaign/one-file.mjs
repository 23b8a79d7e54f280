// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { rolldown } from "rolldown";
import { ROOT } from "../setup.mjs";

const DIST = join(ROOT, "packages/cli/dist");

/**
 * The same command with its server in few files, for campaigns that start it a thousand times: most of
 * a start is Node looking for modules. What reads a file that lies beside it stays where it is.
 */
export async function commandInFewFiles() {
  const dir = join(DIST, "campaign");
  const bundle = await rolldown({
    input: { interlock: join(DIST, "main.js") },
    platform: "node",
    external: [/^@ast-grep\//, "libpg-query", "@interlock/store", "pg-native"],
    resolve: { alias: { "jsonc-parser": join(ROOT, "node_modules/jsonc-parser/lib/esm/main.js") } },
  });
  await bundle.write({ dir, format: "esm", entryFileNames: "[name].js", minify: false });
  await bundle.close();
  return join(dir, "interlock.js");
}
