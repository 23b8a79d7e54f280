// SPDX-License-Identifier: Apache-2.0
/** Every look at a gated repository and its server. */
import type { Place } from "../hook/install.ts";
import { configDoors } from "./config-doors.ts";
import { type Examined, seen, together } from "./door.ts";
import { fileDoors } from "./file-doors.ts";
import { hookDoors } from "./hook-doors.ts";
import { peopleDoors } from "./people-doors.ts";
import { refDoors } from "./ref-doors.ts";
import { gatedAt } from "./repository.ts";
import { serverDoors } from "./server-doors.ts";

/** Looks, and changes nothing. Throws `GateError` where git cannot be asked. */
export async function examine(place: Place): Promise<Examined> {
  const gated = gatedAt(place);
  const { settings } = gated;
  const local = [hookDoors, fileDoors, configDoors].map((look) => seen(look(gated)));
  const refs = await refDoors(gated);
  if (settings === null)
    return together([...local, refs, { doors: [], unseen: ["the server: no settings name it"] }]);
  const [server, people] = [await serverDoors(settings), await peopleDoors(settings.server)];
  return together([...local, refs, server, people]);
}
