// SPDX-License-Identifier: Apache-2.0
/** Where a forge tells us that something happened. What it tells is a hint: the state is read again. */
import { canonicalJson, type Json } from "@interlock/digest";
import { type Store, takeDelivery, transaction, wantJobs } from "@interlock/store";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Refusal, refuse } from "../http/bind.ts";

/** What an event asks to be looked at. */
export type Wanted = {
  readonly repository: string;
  readonly subject: string;
  readonly hint: Json;
};

export type Delivery = {
  /** The forge's own id of it. */
  readonly id: string;
  readonly wanted: readonly Wanted[];
};

/** `null`: not signed as it must be. */
export type ReadDelivery = (
  body: Buffer,
  headers: FastifyRequest["headers"],
) => Delivery | Refusal | null;

export type IntakeTerms = {
  readonly store: Store;
  readonly now: () => number;
  readonly forge: string;
  readonly path: string;
  readonly read: ReadDelivery;
  /** Told when there is something to do. */
  readonly poke: () => void;
};

/** GitHub sends 25 MB at most; more is refused before it is read (WH10). */
const BODY_BYTES = 25 << 20;

/**
 * Takes deliveries: checked over the bytes as they came, remembered together with the work that they
 * ask for, and answered at once. INVARIANT (hint-only): no byte of an event is believed but for what it
 * asks to be looked at.
 */
export function intakeRoute(app: FastifyInstance, terms: IntakeTerms): void {
  const { store, now, forge, path, read, poke } = terms;
  // In a scope of its own: everywhere else a body is parsed before anybody sees it.
  app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, parsed) =>
      parsed(null, body),
    );
    scope.post(path, { bodyLimit: BODY_BYTES }, async (request, reply) => {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const encoded = request.headers["content-encoding"] !== undefined;
      const delivery = encoded ? null : read(body, request.headers);
      if (delivery === null) return refuse(reply, NOT_SIGNED);
      if ("code" in delivery) return refuse(reply, delivery);
      const at = now();
      const taken = await transaction<boolean>(
        store,
        async (tx) => {
          const fresh = await takeDelivery(tx, { forge, id: delivery.id, at });
          const jobs = delivery.wanted.map(({ hint, ...wanted }) => ({
            ...{ ...wanted, forge, hint: canonicalJson(hint), dueAt: at },
          }));
          if (fresh) await wantJobs(tx, jobs);
          return { ok: true, value: fresh };
        },
        { isolation: "read committed" },
      );
      // Whether an uncertain commit happened or not, the forge sends it again or we find out ourselves.
      if (taken.kind !== "committed") return refuse(reply, NOT_TAKEN);
      if (taken.value) poke();
      return reply.code(202).send({ taken: taken.value });
    });
    done();
  });
}

const NOT_SIGNED: Refusal = {
  code: "SIGN_IN_NEEDED",
  message: "the delivery is not signed with a secret of this server",
  help: "enter the same secret at the forge and in the settings of this server",
};

const NOT_TAKEN: Refusal = {
  code: "STORE_UNREACHABLE",
  message: "the delivery could not be kept",
  help: "the forge may send it again; what changed is found out anyway",
};
