// SPDX-License-Identifier: Apache-2.0
import type { PersonShown } from "@interlock/protocol";
import { useState } from "react";
import { Field } from "../parts/field.tsx";
import { accountsIn } from "./draft.ts";
import { usePropose, WasProposed } from "./proposed.tsx";
import { Reasoned } from "./reasoned.tsx";

type Of = { readonly of: PersonShown };

/** For a person who lost every passkey; two others have to endorse. */
export function Recover({ of: { person, name } }: Of) {
  const [act, propose, reset] = usePropose();
  return (
    <Reasoned
      open="Propose a recovery"
      title={`${name} lost all passkeys`}
      effect={`${name} registers a new passkey with a link. When two others have endorsed it, all earlier passkeys of ${name} end.`}
      label={`Propose that ${name} gets a new passkey`}
      act={act}
      reset={reset}
      outcome={<WasProposed act={act} forWhom={name} />}
      run={(reason) => propose({ kind: "recovery", person, reason })}
    />
  );
}

/** Somebody leaves, or comes back. */
export function LeaveOrReturn({ of }: Of) {
  const { person, name, active, accounts } = of;
  const [act, propose, reset] = usePropose();
  const does = active ? `${name} leaves` : `${name} comes back`;
  return (
    <Reasoned
      open={active ? "Propose that they leave" : "Propose that they come back"}
      title={does}
      effect={
        active
          ? `When two persons have endorsed it, ${name} cannot sign in or approve any more; their sessions and the tokens they made end. What they signed stays in the ledger.`
          : `When two persons have endorsed it, ${name} can sign in and approve again, with the passkeys that stand.`
      }
      label={`Propose that ${does}`}
      danger={active}
      act={act}
      reset={reset}
      outcome={<WasProposed act={act} forWhom={name} />}
      run={(reason) =>
        propose({ kind: "change", person, name, active: !active, accounts: [...accounts], reason })
      }
    />
  );
}

/** Another name, or other accounts. */
export function Change({ of: { person, name, active, accounts } }: Of) {
  const [draft, setDraft] = useState({ name, accounts: accounts.join(", ") });
  const [act, propose, reset] = usePropose();
  return (
    <Reasoned
      open="Propose a change"
      title={`Change ${name}`}
      effect="By accounts it is known who made a change, and whose approval it cannot have. Two persons have to endorse it; you can be one of them."
      label={`Propose to change ${name}`}
      act={act}
      reset={reset}
      fields={
        <>
          <Field
            name="Name"
            value={draft.name}
            onChange={(next) => setDraft({ ...draft, name: next })}
          />
          <Field
            name="Accounts"
            many
            value={draft.accounts}
            hint="all of them, such as `email:ana@example.com`"
            onChange={(next) => setDraft({ ...draft, accounts: next })}
          />
        </>
      }
      outcome={<WasProposed act={act} forWhom={name} />}
      run={(reason) =>
        propose({
          ...{ kind: "change", person, active, reason, name: draft.name.trim() },
          accounts: [...accountsIn(draft.accounts)],
        })
      }
    />
  );
}

/** A passkey of somebody else; two persons have to endorse that. */
export function RevokeTheirs({ of: { name }, credential }: Of & { readonly credential: string }) {
  const [act, propose, reset] = usePropose();
  return (
    <Reasoned
      open="Propose to revoke"
      title={`Revoke a passkey of ${name}`}
      effect="It stops working at once when two persons have endorsed that; you can be one of them. Its sessions end."
      label={`Propose that the passkey of ${name} ends`}
      danger
      act={act}
      reset={reset}
      outcome={<WasProposed act={act} forWhom={name} />}
      run={(reason) => propose({ kind: "revocation", credential, reason })}
    />
  );
}
