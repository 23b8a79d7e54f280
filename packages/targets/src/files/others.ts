// SPDX-License-Identifier: Apache-2.0
/** Who else can write to files, by their owners and modes (access control lists are not read). */
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { OTHERS_MAX, type OtherWriter, shellWord } from "../others.ts";

const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;
/** Only owners rename and delete in such a folder (chmod(1)). */
const STICKY = 0o1000;

/** Of some files and folders, and of the folders above the first, in which it could be replaced. */
export async function othersAt(
  root: string,
  places: readonly string[],
): Promise<readonly OtherWriter[]> {
  const above: string[] = [];
  for (let at = dirname(root); ; at = dirname(at)) {
    above.push(at);
    if (at === dirname(at)) break;
  }
  const own = process.getuid?.();
  const found = new Map<string, OtherWriter>();
  for (const [i, place] of [...places, ...above].entries()) {
    if (found.size >= OTHERS_MAX) break;
    const { mode, uid, gid } = await stat(place);
    const isAbove = i >= places.length;
    const add = (who: string, close: string) => {
      // The first place of each is enough: it is looked at again once that is closed.
      const id = `${who} ${isAbove ? place : ""}`;
      if (found.has(id)) return;
      found.set(id, {
        who,
        because: isAbove
          ? `they can put another folder in the place of \`${root}\`, since \`${place}\` is theirs to write`
          : `\`${place}\` is theirs to write`,
        close,
      });
    };
    // Whoever is root writes everywhere, whatever is said here.
    if (own !== undefined && uid !== own && uid !== 0)
      add(`the user with the id ${uid}`, `chown ${own} ${shellWord(place)}`);
    if (isAbove && (mode & STICKY) !== 0) continue;
    if ((mode & OTHERS_WRITE) !== 0)
      add("everybody on this machine", `chmod o-w ${shellWord(place)}`);
    if ((mode & GROUP_WRITES) !== 0 && gid !== 0)
      add(`the group with the id ${gid}`, `chmod g-w ${shellWord(place)}`);
  }
  return [...found.values()];
}

export const placesOf = (folder: string, keys: Iterable<string>): readonly string[] => [
  folder,
  ...[...keys].map((key) => join(folder, key)),
];
