// SPDX-License-Identifier: Apache-2.0
import type { CellDescription, Description } from "./description.ts";

/** The name by which files and people speak of a cell: a part has that of the cell it belongs to. */
export const wholeOf = ({ id, part }: Pick<CellDescription, "id" | "part">): string =>
  part?.of ?? id;

/** The same where only the id of a system's cell is at hand. */
export function wholeIn(
  { systems }: Pick<Description, "systems">,
  { system, cell }: { readonly system: string; readonly cell: string },
): string {
  const known = systems.find(({ name }) => name === system)?.cells.find(({ id }) => id === cell);
  return known === undefined ? cell : wholeOf(known);
}
