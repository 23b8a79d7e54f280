// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance } from "fastify";
import { verdictRoutes } from "../data/verdicts.ts";
import type { ExceptionsBook } from "../exceptions/book.ts";
import type { Hearing } from "../gate/hearing.ts";
import type { Authenticate } from "../http/bind.ts";
import type { IdentitySettings } from "../identity/settings.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Alert } from "../people/terms.ts";
import { openReconciler } from "../reconcile/reconciler.ts";
import type { RolloutDriver } from "../rollouts/driver.ts";
import { openRolloutsOf } from "../rollouts/opening.ts";
import { signalsRoutes } from "../signals/opening.ts";
import { type ControlPlaneTerms, openControlPlane } from "./running.ts";

type Around = Pick<ControlPlaneTerms, "store" | "book" | "now"> & {
  readonly ledger: Pick<Ledger, "append">;
  readonly hearing: Hearing;
  readonly exceptions: ExceptionsBook;
  readonly authenticate: Authenticate;
  readonly identity: IdentitySettings;
  readonly onTrouble: (alert: Alert) => void;
};

/**
 * Brings changes to the targets of the description that is in force, judged by its signals; nothing is
 * driven while there is none. Gives what ends it.
 */
export async function startControlPlane(
  app: FastifyInstance,
  { store, book, now, ledger, authenticate, identity, onTrouble, ...heard }: Around,
): Promise<() => Promise<void>> {
  let driver: RolloutDriver | null = null;
  const plane = await openControlPlane({
    ...{ store, book, now, fetch },
    onTrouble: (part, says) => onTrouble({ kind: "control-plane", part, says }),
    onChange: () => driver?.retry(),
    onHarm: (rollout, verdicts) => driver?.harm(rollout, verdicts),
  });
  signalsRoutes(app, authenticate, plane.signals);
  verdictRoutes(app, authenticate, { store, book, now, signals: plane.signals });
  driver = openRolloutsOf(
    app,
    {
      ...{ target: plane.target, analysis: plane.analyst, plane: plane.plane },
      onTrouble: ({ rollout, says }) =>
        onTrouble({ kind: "control-plane", part: rollout === "" ? "rollouts" : rollout, says }),
    },
    { store, ledger, book, now, authenticate, identity, ...heard },
  );
  const driving = driver;
  const reconciler = openReconciler({
    ...{ store, ledger, now, plane: plane.plane, target: plane.target },
    onTrouble: (part, says) => onTrouble({ kind: "control-plane", part: `watching ${part}`, says }),
  });
  return async () => {
    await reconciler.close();
    await driving.close();
    await plane.close();
  };
}
