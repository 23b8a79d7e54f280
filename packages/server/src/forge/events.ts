// SPDX-License-Identifier: Apache-2.0
/** How an event of a forge is read: an allow-list of kinds, of each only what to look at. */
import type { Json } from "@interlock/digest";
import type { z } from "zod";
import type { Refusal } from "../http/bind.ts";
import type { Delivery, Wanted } from "./intake.ts";

export type EventSubject = { readonly subject: string; readonly hint?: Json };
/** `null`: not as the forge documents it. */
export type ReadEvent = (payload: unknown) => readonly EventSubject[] | null;

export const readingEvent =
  <T extends z.ZodType>(
    schema: T,
    subjects: (event: z.output<T>) => readonly EventSubject[],
  ): ReadEvent =>
  (payload) => {
    const read = schema.safeParse(payload);
    return read.success ? subjects(read.data) : null;
  };

/** The kinds of events that a server takes, and where an event names its repository. */
export type EventTable = {
  /** As people name the forge. */
  readonly name: string;
  readonly kinds: Readonly<Record<string, ReadEvent>>;
  readonly repositoryOf: (payload: unknown) => string | null;
};

const DELIVERY = /^[0-9A-Za-z_-]{8,100}$/;

/** Reads a delivery whose signature holds. Of what this server does not judge nothing is wanted (WH8). */
export function readSigned(
  { name, kinds, repositoryOf }: EventTable,
  repositories: ReadonlySet<string>,
  given: { readonly body: Buffer; readonly event: unknown; readonly id: unknown },
): Delivery | Refusal {
  const { body, event, id } = given;
  if (typeof event !== "string" || typeof id !== "string" || !DELIVERY.test(id))
    return unfit("the delivery names no event, or no id");
  const payload = parsed(body);
  if (payload === undefined) return unfit("the delivery is no JSON");
  const read = Object.hasOwn(kinds, event) ? kinds[event] : undefined;
  if (read === undefined) return { id, wanted: [] };
  const repository = repositoryOf(payload);
  const subjects = repository === null ? null : read(payload);
  if (repository === null || subjects === null)
    return unfit(`the event is not as ${name} documents it`);
  const wanted = subjects.map(
    ({ subject, hint }): Wanted => ({ repository, subject, hint: hint ?? null }),
  );
  return { id, wanted: repositories.has(repository) ? wanted : [] };
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const unfit = (message: string): Refusal => ({
  ...{ code: "INPUT_INVALID", message },
  help: "set the webhook's content type to `application/json`",
});
