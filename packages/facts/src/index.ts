// SPDX-License-Identifier: Apache-2.0
export { importBackstage } from "./catalog/backstage.ts";
export { type Catalog, EMPTY_CATALOG } from "./catalog/catalog.ts";
export { readCatalog } from "./catalog/read.ts";
export {
  type GitChange,
  gatherFromGit,
  NO_EVIDENCE,
  type Surroundings,
} from "./gather/from-git.ts";
export { gatherFacts } from "./gather/gather.ts";
export type { GatherInput, RawFile } from "./gather/input.ts";
export * from "./history/index.ts";
export { readPeople } from "./people/read.ts";
export { readingMemory } from "./repository/change.ts";
export type { Commit } from "./repository/commit.ts";
export { openRepository, type Repository } from "./repository/repository.ts";
export type { TreeChange } from "./repository/tree-change.ts";
export type { ChangedFile, Source, SourceResult, World } from "./source.ts";
export { SOURCES } from "./sources.ts";
