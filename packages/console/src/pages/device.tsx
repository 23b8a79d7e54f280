// SPDX-License-Identifier: Apache-2.0
import { type DeviceAsking, deviceApi } from "@interlock/protocol";
import { type FormEvent, useState } from "react";
import { useAct } from "../api/act.ts";
import { call } from "../api/call.ts";
import { useForget } from "../api/loaded.ts";
import { Badge } from "../parts/badge.tsx";
import { Field } from "../parts/field.tsx";
import { Page } from "../parts/page.tsx";
import { Refused } from "../parts/states.tsx";
import { When } from "../parts/when.tsx";
import { Fresh } from "../people/fresh.tsx";
import { useMe } from "../shell/session.ts";

/** Lets a terminal in, by the code that it shows (RFC 8628 section 3.3). */
export function DevicePage() {
  const [asking, setAsking] = useState<DeviceAsking | null>(null);
  return (
    <Page
      title="Sign a terminal in"
      lead={
        <>
          It shows a code after <code>interlock login</code>. Type it here.
        </>
      }
    >
      {asking === null ? <CodeForm onFound={setAsking} /> : <Answer asking={asking} />}
    </Page>
  );
}

function CodeForm({ onFound }: { readonly onFound: (asking: DeviceAsking) => void }) {
  const [code, setCode] = useState("");
  const [act, start] = useAct<DeviceAsking>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const body = { userCode: code };
    const found = await start(() => call(deviceApi.shownDeviceLogin, { body }));
    if (found?.ok === true) onFound(found.value);
  };
  return (
    <form className="stack narrow" noValidate onSubmit={(event) => void submit(event)}>
      <Field name="Code" value={code} onChange={setCode} placeholder="BCDF-GHJK" />
      <button type="submit" className="primary" aria-disabled={act.kind === "pending"}>
        Find the terminal
      </button>
      {act.kind === "failed" && <Refused failure={act.failure} />}
    </form>
  );
}

function Answer({ asking }: { readonly asking: DeviceAsking }) {
  const { userCode, name, address, askedAt, expiresAt } = asking;
  const me = useMe();
  const forget = useForget();
  const [act, start, reset] = useAct<"let in" | "refused">();
  const answer = async (allow: boolean) => {
    const body = { userCode, allow };
    await start(async () => {
      const answered = await call(deviceApi.answerDeviceLogin, { body });
      return answered.ok ? { ok: true, value: allow ? "let in" : "refused" } : answered;
    });
    await forget(deviceApi.terminals);
  };
  if (act.kind === "done")
    return (
      <p role="status">
        <Badge meaning={act.value === "let in" ? "done" : "stopped"}>{act.value}</Badge>{" "}
        {act.value === "let in" ? "The terminal goes on by itself." : "The terminal gets nothing."}
      </p>
    );
  return (
    <section className="proposal" aria-label="the terminal that asks">
      <dl className="facts">
        <dt>Code</dt>
        <dd>
          <code>{userCode}</code>
        </dd>
        <dt>Says it is</dt>
        <dd>{name}</dd>
        <dt>Asks from</dt>
        <dd>{address}</dd>
        <dt>Asked</dt>
        <dd>
          <When at={askedAt} />; the code ends <When at={expiresAt} />
        </dd>
      </dl>
      <p>
        It will act as {me.name} for seven days: read, ask, show changes. It approves nothing
        without your passkey. Only go on if the terminal is yours and stands before you.
      </p>
      <Fresh of={act} reset={reset}>
        <div className="acts">
          <button type="button" className="primary" onClick={() => void answer(true)}>
            Let this terminal act as {me.name}
          </button>
          <button type="button" className="danger" onClick={() => void answer(false)}>
            Refuse it
          </button>
        </div>
      </Fresh>
      {act.kind === "failed" && <Refused failure={act.failure} />}
    </section>
  );
}
