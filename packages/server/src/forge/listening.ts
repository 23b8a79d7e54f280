// SPDX-License-Identifier: Apache-2.0
import {
  everySubject,
  heardUpTo,
  hearUpTo,
  ledgerSize,
  newestOf,
  read,
  type Store,
  subjectsAbout,
  subjectsSince,
  transaction,
  wantJobs,
} from "@interlock/store";

/** What may turn a decision that a forge shows: said about one content, or about a person or a key. */
const ABOUT_CONTENT = ["approval", "rejection", "withdrawal", "landed"];
/** Not `teams-claimed`: each sign-in writes one, and would have everything judged again. */
const ABOUT_PEOPLE = ["revocation", "person", "members", "provisioned"];

/**
 * Asks for what was judged to be judged again when somebody signed about it since, or when people or keys
 * changed. Safe to be called by several servers, and again after a crash: asking twice is asking once.
 */
export async function listenOnce(
  { store, now }: { readonly store: Store; readonly now: () => number },
  forge: string,
): Promise<boolean> {
  const looked = await read(store, async (db) => {
    const size = await ledgerSize(db);
    const known = await heardUpTo(db, forge);
    if (known === null) return { heard: -2, upTo: size - 1, subjects: [] };
    const heard = known;
    if (heard >= size - 1) return { heard, upTo: heard, subjects: [] };
    const people = (await newestOf(db, { after: heard, kinds: ABOUT_PEOPLE })) > heard;
    const content = (await newestOf(db, { after: heard, kinds: ABOUT_CONTENT })) > heard;
    const subjects = people
      ? await everySubject(db, forge)
      : content
        ? await subjectsAbout(
            db,
            forge,
            await subjectsSince(db, { after: heard, kinds: ABOUT_CONTENT }),
          )
        : [];
    return { heard, upTo: size - 1, subjects };
  });
  if (!looked.ok) return false;
  const { heard, upTo, subjects } = looked.value;
  if (heard === upTo) return false;
  const dueAt = now();
  const done = await transaction(
    store,
    async (tx) => {
      await wantJobs(
        tx,
        subjects.map(({ repository, subject }) => ({
          forge,
          repository,
          subject,
          hint: "",
          dueAt,
        })),
      );
      await hearUpTo(tx, forge, upTo);
      return { ok: true, value: null };
    },
    { isolation: "read committed" },
  );
  return done.kind === "committed" && subjects.length > 0;
}
