// SPDX-License-Identifier: Apache-2.0
import { unwindsApi } from "@interlock/protocol";
import { useMemo } from "react";
import { Refused } from "../parts/states.tsx";
import { PlanView } from "./plan-view.tsx";
import { verbOf } from "./words.ts";

/** The text of a plan, whose digest was compared, as people read it; a passkey signs the text. */
export function PlanText({ text }: { readonly text: string }) {
  const read = useMemo(() => unwindsApi.UNWIND_PLAN.safeParse(parsed(text)), [text]);
  if (!read.success)
    return (
      <Refused
        failure={{
          code: "INPUT_INVALID",
          message: "this page cannot read the plan as its server does",
          help: "reload the page: it may be older than the server",
        }}
      />
    );
  const plan = read.data;
  return (
    <>
      <p>
        It {verbOf(plan)} what change <code>{plan.change}</code> wrote for {plan.system} to{" "}
        {plan.target}.
      </p>
      <PlanView plan={plan} />
      <details>
        <summary>The text itself, which the passkey signs</summary>
        <pre className="note">{text}</pre>
      </details>
    </>
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
