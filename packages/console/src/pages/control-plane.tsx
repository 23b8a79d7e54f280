// SPDX-License-Identifier: Apache-2.0
import { type Description as DescriptionRead, readDescription } from "@interlock/controlplane";
import { sha256Hex, utf8 } from "@interlock/digest";
import { controlPlaneApi, peopleApi, refsApi, signalsApi } from "@interlock/protocol";
import { useMemo } from "react";
import { useLoaded } from "../api/loaded.ts";
import { ConfigSets, Systems, Targets } from "../control-plane/described.tsx";
import { type InForce, ProposedTexts, WhichText } from "../control-plane/in-force.tsx";
import { Signals } from "../control-plane/signals.tsx";
import { Unrecorded } from "../control-plane/unrecorded.tsx";
import { LiveNote } from "../live/live-note.tsx";
import { useFresh } from "../live/use-fresh.ts";
import { Page } from "../parts/page.tsx";
import { Refused, Show } from "../parts/states.tsx";
import { ROLLOUT_PAGES, SubPages } from "../parts/sub-pages.tsx";

const SHOWN = [
  controlPlaneApi.descriptionInForce,
  peopleApi.proposals,
  refsApi.listUnrecorded,
  signalsApi.listSignals,
] as const;

/** What is driven here, as the text says that two people signed, and what moved past it. */
export function ControlPlanePage() {
  const live = useFresh(SHOWN);
  const described = useLoaded(controlPlaneApi.descriptionInForce, {});
  const text = described.kind === "there" ? (described.value.inForce?.text ?? null) : null;
  const plane = useMemo(() => planeIn(text), [text]);
  return (
    <Page
      title="Control plane"
      lead="What changes are brought to, as the text has it that two people signed."
      acts={<LiveNote of={live} />}
    >
      <SubPages label="rollouts" pages={ROLLOUT_PAGES} />
      <Unrecorded plane={plane} />
      <Signals />
      <Show of={described} what="the description in force">
        {({ inForce }) => (
          <>
            {inForce !== null && <Described inForce={inForce} />}
            <WhichText inForce={inForce} />
          </>
        )}
      </Show>
      <ProposedTexts />
    </Page>
  );
}

function planeIn(text: string | null): DescriptionRead | null {
  const read = text === null ? null : readDescription("control-plane.yaml", text);
  return read?.ok === true ? read.description : null;
}

/** Read in this browser, from the text whose digest was signed. */
function Described({ inForce: { text, digest } }: { readonly inForce: InForce }) {
  const read = useMemo(
    () => (sha256Hex(utf8(text)) === digest ? readDescription("control-plane.yaml", text) : null),
    [text, digest],
  );
  if (read === null)
    return (
      <Refused
        failure={{
          code: "LEDGER_DAMAGED",
          message: "the text that the server sent does not have the digest that was signed",
          help: "tell whoever keeps this server that its database was changed",
        }}
      />
    );
  if (!read.ok)
    return (
      <Refused
        failure={{
          code: "INPUT_INVALID",
          message: "this page cannot read the text in force as its server does",
          help: "reload the page: it may be older than the server",
        }}
      />
    );
  return (
    <>
      <Systems description={read.description} />
      <Targets description={read.description} />
      <ConfigSets description={read.description} />
    </>
  );
}
