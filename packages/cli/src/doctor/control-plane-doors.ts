// SPDX-License-Identifier: Apache-2.0
/** Ways past the control plane: whoever else can write to its targets. */
import { GateError } from "@interlock/core";
import { problemText } from "@interlock/policy";
import { openTarget } from "@interlock/targets";
import { readText } from "../files/read.ts";
import { type Examined, type Found, type Look, together } from "./door.ts";

/** Asks every target of a description, as the server would that drives it. Throws `GateError` for one that cannot be read. */
export async function examineControlPlane(path: string): Promise<Examined> {
  const { checkDescription, secretsOfMachine } = await import("@interlock/server");
  const read = checkDescription(path, readText(path));
  if (!read.ok)
    throw new GateError(
      "INPUT_INVALID",
      `\`${path}\` is no description of a control plane: ${read.problems.slice(0, 3).map(problemText).join("; ")}`,
      `mend what \`interlock control-plane check ${path}\` tells`,
    );
  const secrets = async (reference: string) => secretsOfMachine(reference);
  const looks: Look[] = [];
  for (const place of read.description.targets) looks.push(await targetLook(place, secrets));
  return together(looks);
}

type Place = Parameters<typeof openTarget>[0];

async function targetLook(place: Place, secrets: Parameters<typeof openTarget>[1]): Promise<Look> {
  const { name, kind } = place;
  const opened = await openTarget(place, secrets);
  if (!opened.ok) return { doors: [], unseen: [opened.failure.message] };
  try {
    const told = await opened.value.otherWriters?.();
    if (told === undefined)
      return {
        doors: [],
        unseen: [`who else can write to \`${name}\`: a target of the kind ${kind} tells nobody`],
      };
    if (!told.ok) return { doors: [], unseen: [`\`${name}\`: ${told.failure.message}`] };
    const { others, unseen } = told.value;
    return {
      doors: others.map(
        ({ who, because, close }): Found => ({
          id: "target-open",
          says: `${who} can write to \`${name}\` past the server: ${because}`,
          why: "what is written there nobody judged, and it is only noticed afterwards",
          next: close,
        }),
      ),
      unseen: unseen.map((one) => `\`${name}\`: ${one}`),
    };
  } finally {
    await opened.value.close();
  }
}
