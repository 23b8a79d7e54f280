// SPDX-License-Identifier: Apache-2.0
export { importBackstage } from "./catalog/backstage.ts";
export { type Catalog, EMPTY_CATALOG } from "./catalog/catalog.ts";
export { readCatalog } from "./catalog/read.ts";
export { contextMicro, readContext } from "./context/read.ts";
export type { Attached } from "./gather/attached.ts";
export { readContents } from "./gather/contents.ts";
export {
  type GitChange,
  gatherFromGit,
  NO_EVIDENCE,
  type Surroundings,
} from "./gather/from-git.ts";
export { gatherFacts } from "./gather/gather.ts";
export type { GatherInput, RawFile } from "./gather/input.ts";
export { type ChangeContents, readingMemory } from "./git/change.ts";
export type { Commit } from "./git/commit.ts";
export { type KeptRepository, keptRepository, type Version } from "./git/kept.ts";
export { openRepository, type Repository } from "./git/repository.ts";
export type { TreeChange } from "./git/tree-change.ts";
export * from "./history/index.ts";
export { type OwnersOf, ownersAt } from "./owners/owners.ts";
export { canonicalAccount, readPeople } from "./people/read.ts";
export type { ChangedFile, Source, SourceResult, World } from "./source.ts";
export { SOURCES } from "./sources.ts";
export {
  type DataStatement,
  type DataStatementRead,
  readDataExpression,
  readDataStatement,
} from "./sql/data-statement.ts";
