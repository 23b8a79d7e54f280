// SPDX-License-Identifier: Apache-2.0

import { GateError } from "@interlock/core";
import { importBackstage, openRepository } from "@interlock/facts";
import type { Command } from "commander";
import { stringify } from "yaml";

export function catalogCommand(program: Command): void {
  program
    .command("catalog")
    .description("work with the catalog of systems")
    .command("import")
    .description("print a catalog made from the Backstage files of a repository")
    .option("--repo <path>", "repository to look at", ".")
    .action(async (options: { readonly repo: string }) => {
      const repository = await openRepository(options.repo);
      try {
        const head = await repository.resolve("HEAD");
        const paths = (await repository.list(head, ""))
          .map((i) => i.path)
          .filter((p) => /(^|\/)catalog-info\.ya?ml$/.test(p));
        const files = await Promise.all(
          paths.map(async (path) => ({ path, object: await repository.at(head, path, 1_000_000) })),
        );
        const catalog = importBackstage(
          files.flatMap(({ path, object }) =>
            object.kind === "content" ? [{ path, text: object.bytes.toString("utf8") }] : [],
          ),
        );
        if (catalog.systems.length === 0)
          throw new GateError(
            "INPUT_INVALID",
            "no `catalog-info.yaml` with a Component was found",
            "write `interlock/catalog.yaml` by hand; `interlock init` suggests one",
          );
        process.stdout.write(
          stringify({
            systems: catalog.systems.map((s) => ({
              id: s.id,
              tier: s.tier,
              owner: s.owner ?? undefined,
              paths: s.paths,
              dependsOn: catalog.dependencies.filter((d) => d.from === s.id).map((d) => d.to),
            })),
          }),
        );
      } finally {
        repository.close();
      }
    });
}
