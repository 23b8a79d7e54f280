// SPDX-License-Identifier: Apache-2.0
/** The second person's side of a run that a server records. */
import { GateError } from "@interlock/core";
import { commandText, type EventOf, planOf, readDocument, type Task } from "@interlock/document";
import { type RunShown, runsApi } from "@interlock/protocol";
import { type AccessOptions, loginOf, remoteOf } from "../remote/access.ts";
import { asked } from "../remote/client.ts";
import { terminalDesk } from "./ask.ts";
import { eventsOf } from "./served.ts";

const RUN = /^[0-9a-f]{64}$/;

/** Shows what waits for a second person, and sends what they say. True once it is in the ledger. */
export async function confirmed(
  run: string,
  options: Pick<AccessOptions, "server">,
): Promise<boolean> {
  if (!RUN.test(run))
    throw new GateError(
      "USAGE",
      `\`${run.slice(0, 100)}\` is no id of a run: 64 hexadecimal digits`,
      "take it from the operator's terminal",
    );
  const { server, secret, person } = loginOf(options);
  const remote = remoteOf(server, secret);
  const shown = await asked(remote, runsApi.showRun, { params: { run } });
  if (shown.second !== person)
    throw new GateError(
      "NOT_ALLOWED",
      `the second person of this run is \`${shown.second}\`, and this terminal is signed in as \`${person}\``,
      "let them confirm from a terminal or a browser of their own",
    );
  const { next } = shown;
  if (next.kind !== "confirm" || next.task === null)
    throw new GateError(
      "OUT_OF_ORDER",
      `nothing waits for you in this run; what comes next is \`${next.kind}\``,
      "ask the operator",
    );
  const desk = terminalDesk();
  try {
    desk.show(waiting(shown, next.task));
    const answer = await desk.choose(`do you, ${person}, agree that it worked?`, ["yes", "no"]);
    if (answer === null) return false;
    const body = { task: next.task, agrees: answer === "yes" };
    const { index, entry } = await asked(remote, runsApi.confirmStep, { params: { run }, body });
    desk.show(`recorded as entry ${index}`);
    process.stdout.write(`${entry}\n`);
    return true;
  } finally {
    desk.close();
  }
}

function waiting(shown: RunShown, id: string): string {
  const task = taskOf(shown, id);
  const done = eventsOf(shown).filter(
    (event): event is EventOf<"finished"> => event.kind === "finished" && event.task === id,
  );
  return [
    `${shown.operator} runs ${shown.remedy ?? `the document ${shown.document}`} and did ${id}`,
    `  ${task.act.says}`,
    ...(task.act.run === null ? [] : [`  $ ${commandText(task.act.run.argv)}`]),
    ...(task.verify === null ? [] : [`  to be seen: ${task.verify.says}`]),
    ...(task.abortIf === null ? [] : [`  abort if: ${task.abortIf}`]),
    ...done.map(
      ({ part, passed, exit }) =>
        `  ${passed ? "passed" : "FAILED"}  ${part}${exit === undefined ? "" : ` (exit ${exit})`}`,
    ),
    ...shown.differs.map((text) => `  differs: ${text}`),
    "look yourself before you answer",
  ].join("\n");
}

function taskOf(shown: RunShown, id: string): Task {
  const read = readDocument("document", shown.text);
  const document = read.ok ? read.sited.document : null;
  const task =
    document?.digest === shown.document
      ? planOf(document, shown.values).find((one) => one.id === id)
      : undefined;
  if (task !== undefined) return task;
  throw new GateError(
    "CHANGE_DIFFERS",
    "the text that the server shows is not the one that is run",
    "confirm nothing, and tell whoever keeps the server",
  );
}
