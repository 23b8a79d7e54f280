// SPDX-License-Identifier: Apache-2.0
import { type Invited, peopleApi } from "@interlock/protocol";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useAct } from "../api/act.ts";
import { call, type Outcome } from "../api/call.ts";
import { useLoaded } from "../api/loaded.ts";
import { Badge } from "../parts/badge.tsx";
import { BarePage } from "../parts/bare-page.tsx";
import { Icon } from "../parts/icon.tsx";
import { Refused, Show } from "../parts/states.tsx";
import { When } from "../parts/when.tsx";
import { createPasskey } from "../passkey/create.ts";
import { DeadLink } from "./dead-link.tsx";
import { useLinkSecret } from "./secret.ts";

const NEXT = "Ask whoever gave it to you for a new one.";

/** Registers passkeys with a one-time link: of a founder, a new person, a further key, a recovery. */
export function JoinPage() {
  const secret = useLinkSecret();
  return (
    <BarePage title="Register your passkey">
      {secret === null ? <DeadLink next={NEXT} /> : <Invitation secret={secret} />}
    </BarePage>
  );
}

function Invitation({ secret }: { readonly secret: string }) {
  const invitation = useLoaded(peopleApi.invitation, { secret });
  const [act, start] = useAct<Invited>();
  if (invitation.kind === "failed" && invitation.failure.code === "SIGN_IN_NEEDED")
    return <DeadLink next={NEXT} />;
  const register = () => void start(() => registerKey(secret));
  return (
    <Show of={invitation} what="the invitation">
      {(shown) => (
        <Register
          invited={act.kind === "done" ? act.value : shown}
          pending={act.kind === "pending"}
          register={register}
          refused={act.kind === "failed" && <Refused failure={act.failure} />}
        />
      )}
    </Show>
  );
}

async function registerKey(secret: string): Promise<Outcome<Invited>> {
  const options = await call(peopleApi.registrationOptions, { secret });
  if (!options.ok) return options;
  const made = await createPasskey(options.value);
  if (!made.ok) return made;
  return await call(peopleApi.register, { secret, body: made.value });
}

function Register(given: {
  readonly invited: Invited;
  readonly pending: boolean;
  readonly register: () => void;
  readonly refused: ReactNode;
}) {
  const { invited, pending, register, refused } = given;
  const { kind, tenant, name, person, keys, expiresAt } = invited;
  return (
    <div className="stack">
      <p>
        <strong>{name}</strong> <code className="muted">{person}</code>, {PURPOSES[kind](tenant)}.
        Only go on if that is you.
      </p>
      {keys === 0 ? (
        <p className="muted">
          A passkey stays on this device or on a security key, and confirms you by fingerprint, face
          or PIN. The link ends <When at={expiresAt} />.
        </p>
      ) : (
        <div role="status" className="stack">
          <p>
            <Badge meaning="done">registered</Badge>{" "}
            {keys === 1 ? "one passkey" : `${keys} passkeys`}
          </p>
          <p>{NEXTS[kind]}</p>
        </div>
      )}
      <button
        type="button"
        className={keys === 0 ? "primary wide" : "wide"}
        onClick={register}
        aria-disabled={pending}
      >
        <Icon name="key" />
        {pending
          ? "Waiting for your device …"
          : keys === 0
            ? "Make a passkey on this device"
            : "Register a second one, on another device"}
      </button>
      {refused}
      {keys > 0 && kind !== "founder" && <Link to="/sign-in">Sign in</Link>}
    </div>
  );
}

const PURPOSES: Readonly<Record<Invited["kind"], (tenant: string) => string>> = {
  founder: (tenant) => `you are to found ${tenant} together with others`,
  person: (tenant) => `you are invited to join ${tenant}`,
  key: (tenant) => `you add a further passkey to your account at ${tenant}`,
  recovery: (tenant) =>
    `you recover your account at ${tenant}: all your earlier passkeys end when two others endorse this one`,
};

/** What happens after a passkey is registered; it works only then. */
const NEXTS: Readonly<Record<Invited["kind"], string>> = {
  founder:
    "You can close this page. Once all founders are ready, whoever set up completes the founding, and then you can sign in. A second passkey, on another device, keeps you from being locked out.",
  person:
    "Tell whoever invited you: two members endorse this passkey, then you can sign in. It may approve once its cool-down is over.",
  key: "You endorse it now, under People, with a passkey that you have, and so does somebody else. It may approve once its cool-down is over.",
  recovery:
    "Two others endorse it now, under People. Compare with them, by voice, that it is yours. It may approve once its cool-down is over.",
};
