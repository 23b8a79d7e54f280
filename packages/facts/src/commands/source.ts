// SPDX-License-Identifier: Apache-2.0
import { DELTAS_MAX, type Delta, type Gap } from "@interlock/core";
import type { ChangedFile, Source, SourceResult } from "../source.ts";
import { type Act, actOf } from "./act.ts";
import { type FileKind, fileKindOf, scriptsOf } from "./extract.ts";
import { changesSomething, type Finding, findingsOf } from "./findings.ts";
import { lostConditions } from "./guarded.ts";
import { mutationsIn } from "./mutations.ts";
import { operationFindings, operationsIn } from "./operations.ts";
import { comparePair, type Pair, pairActs } from "./pairs.ts";
import { commandDelta, commandEffects, type Placed } from "./report.ts";
import { type Request, requestFindings, requestOf, requestsIn } from "./requests.ts";
import type { Script } from "./shell/unwrap.ts";
import { lostStops } from "./stops.ts";
import { commandEnvironment, environmentIn } from "./target.ts";
import { updatesIn } from "./unattended.ts";
import { lostChecks } from "./verified.ts";

/** Commands that people, pipelines and agents run: shell, HTTP, GraphQL and documents of orders. */
export const commandsSource: Source = {
  group: "commands",
  wants: (file) =>
    fileKindOf(file.path) !== null && file.kind !== "vendored" && file.kind !== "lock",
  read: readCommands,
};

function readCommands(files: readonly ChangedFile[]): SourceResult {
  const deltas: Delta[] = [];
  const gaps: Gap[] = [];
  for (const file of files) {
    const kind = fileKindOf(file.path);
    if (kind === null || file.after === null) continue;
    const read = readFile(file, kind);
    deltas.push(...read.placed.map((one) => commandDelta(file, one, fileTags(file))));
    if (read.truncated)
      gaps.push({
        group: "commands",
        path: file.path,
        code: "truncated",
        detail: "the script has more commands than are read",
        help: "split the script, or move generated commands into a file of their own",
      });
  }
  if (deltas.length > DELTAS_MAX)
    gaps.push({
      group: "commands",
      path: "",
      code: "truncated",
      detail: `the change brings ${deltas.length} findings about commands; ${DELTAS_MAX} are kept`,
      help: "split the change",
    });
  const kept = deltas.slice(0, DELTAS_MAX);
  return { deltas: kept, effects: commandEffects(kept).slice(0, 1_000), gaps };
}

const TEST =
  /(?:^|\/)(?:tests?|specs?|__tests__|fixtures?|testdata|examples?|samples?|demos?|e2e|hack|dev|local|sandbox)(?:\/|$)|[._-]test\.\w+$/i;

function fileTags(file: ChangedFile): readonly string[] {
  return [
    ...(file.kind === "test" || TEST.test(file.path) ? ["test"] : []),
    ...(file.kind === "workflow" ? ["workflow"] : []),
    ...(/\.(?:md|markdown|adoc)$/i.test(file.path) ? ["runbook"] : []),
  ];
}

type Side = {
  readonly acts: readonly Act[];
  readonly scriptOf: ReadonlyMap<Act, Script>;
  readonly truncated: boolean;
};

function sideOf(kind: FileKind, text: string, tree: Parameters<typeof scriptsOf>[2]): Side {
  const scripts = scriptsOf(kind, text, tree);
  const scriptOf = new Map<Act, Script>();
  for (const script of scripts)
    for (const invocation of script.invocations) scriptOf.set(actOf(invocation), script);
  return {
    acts: [...scriptOf.keys()],
    scriptOf,
    truncated: scripts.some((script) => script.truncated),
  };
}

type Read = { readonly placed: readonly Placed[]; readonly truncated: boolean };

function readFile(file: ChangedFile, kind: FileKind): Read {
  const after = file.after ?? "";
  const before = file.before ?? "";
  const old = sideOf(kind, before, () => file.trees().before);
  const now = sideOf(kind, after, () => file.trees().after);
  const pairs = pairActs(old.acts, now.acts);
  const placed = [
    ...pairs.flatMap((pair) => ofPair(file, pair, now, old)),
    ...ofRequests(kind, before, after, pairs),
    ...ofMutations(kind, before, after),
    ...(kind === "shell" && now.acts.length >= 2 ? ofStops(before, after) : []),
    ...(kind === "shell" ? [...ofConditions(before, after), ...ofChecks(before, after)] : []),
    ...(kind === "data" || kind === "pipeline" ? ofOperations(file) : []),
    ...(kind === "settings" || kind === "data" || kind === "text" ? ofUpdates(before, after) : []),
  ];
  return { placed, truncated: now.truncated };
}

function ofPair(file: ChangedFile, pair: Pair, now: Side, old: Side): readonly Placed[] {
  const { after, before } = pair;
  const script = now.scriptOf.get(after);
  const was = before === null ? undefined : old.scriptOf.get(before);
  if (script === undefined) return [];
  const known = new Set(
    before === null || was === undefined ? [] : findingsOf(before, was).map(keyOf),
  );
  const base = {
    line: after.invocation.line,
    subject: after.invocation.text,
    environment: commandEnvironment(after.invocation),
    countBefore: before?.count ?? null,
    countAfter: after.count,
  };
  const found = findingsOf(after, script);
  const destroys =
    found.some((one) => DESTROYS.has(one.aspect)) || removesElsewhere(after.invocation);
  const alone = found
    .filter((one) => !known.has(keyOf(one)) || grown(pair))
    .map(
      (one): Placed => ({
        ...base,
        ...one,
        before: before?.invocation.text ?? "",
        after: after.invocation.text,
      }),
    );
  const compared =
    before === null
      ? []
      : comparePair(before, after, destroys).map((one): Placed => ({ ...base, ...one }));
  return [...alone, ...compared, ...mixedEnvironment(file, after, before, base)];
}

const DESTROYS: ReadonlySet<Finding["aspect"]> = new Set([
  "destructive",
  "wildcard-delete",
  "capacity-removed",
  "credential-removed",
  "service-stopped",
]);

/** A whole folder on another machine: on which one is what matters. */
const removesElsewhere = ({ tool, host, args }: Act["invocation"]): boolean =>
  host !== "" &&
  tool === "rm" &&
  args.some((word) => /^-[a-zA-Z]*[rR]/.test(word.text) || word.text === "--recursive");

const keyOf = (one: Finding): string =>
  `${one.aspect} ${one.key} ${[...one.tags].sort().join(" ")}`;

/** The same destruction, but of more things. */
function grown({ before, after }: Pair): boolean {
  return after.count !== null && (before?.count ?? 0) < after.count;
}

/** A command that works on production in a file that says it is about something else. */
function mixedEnvironment(
  file: ChangedFile,
  act: Act,
  before: Act | null,
  base: Omit<Placed, "aspect" | "key" | "tags" | "before" | "after">,
): readonly Placed[] {
  if (act.dry || (act.danger === null && !changesSomething(act))) return [];
  const here = file.environment === "unknown" ? environmentIn(file.path) : file.environment;
  const there = base.environment;
  if (here === "unknown" || there === "unknown" || here === there) return [];
  if (before !== null && commandEnvironment(before.invocation) === there) return [];
  const tags = [act.danger === null ? "changes" : "deletes", `to-${there}`];
  return [
    { ...base, aspect: "wrong-target", key: there, tags, before: here, after: act.invocation.text },
  ];
}

function ofRequests(
  kind: FileKind,
  before: string,
  after: string,
  pairs: readonly Pair[],
): readonly Placed[] {
  const plain = kind === "http" || kind === "text" || kind === "markdown" || kind === "shell";
  const old = plain ? requestsIn(before) : [];
  const now = plain ? requestsIn(after) : [];
  const sent = pairs.flatMap((pair): { request: Request; was: Request | null }[] => {
    const request = requestOf(pair.after.invocation);
    return request === null
      ? []
      : [{ request, was: pair.before === null ? null : requestOf(pair.before.invocation) }];
  });
  const known = new Set(old.map((one) => one.text));
  const fresh = [
    ...now.filter((one) => !known.has(one.text)).map((request) => ({ request, was: null })),
    ...sent,
  ];
  const deletes = [...now, ...sent.map((one) => one.request)].some(
    (one) => one.method === "DELETE",
  );
  return fresh.flatMap(({ request, was }) => {
    const had = new Set(was === null ? [] : requestFindings(was, deletes).map(keyOf));
    const replaced = old.find(
      (one) => one.method === request.method && pathOf(one.url) === pathOf(request.url),
    );
    return requestFindings(request, deletes)
      .filter((one) => !had.has(keyOf(one)))
      .map(
        (one): Placed => ({
          ...one,
          line: request.line,
          subject: request.text,
          before: (was ?? replaced)?.text ?? "",
          after: request.text,
          environment: environmentIn(request.url),
          countBefore: null,
          countAfter: request.times > 1 ? request.times : null,
        }),
      );
  });
}

const pathOf = (url: string): string => url.split("?")[0] ?? "";

function ofMutations(kind: FileKind, before: string, after: string): readonly Placed[] {
  if (
    kind !== "graphql" &&
    kind !== "shell" &&
    kind !== "text" &&
    kind !== "http" &&
    kind !== "markdown"
  )
    return [];
  const known = new Set(mutationsIn(before).map((one) => `${one.name} ${one.args}`));
  return mutationsIn(after)
    .filter((one) => !known.has(`${one.name} ${one.args}`))
    .map((one): Placed => {
      const text = `${one.name}(${one.args})`;
      return {
        aspect: one.what === "credential" ? "credential-removed" : "destructive",
        key: one.what,
        tags: ["mutation", "unasked", ...(one.data ? ["data"] : [])],
        line: one.line,
        subject: text,
        before: "",
        after: text,
        environment: environmentIn(text),
        countBefore: null,
        countAfter: null,
      };
    });
}

/** An order whose verb takes something away; most data files hold none and are not parsed for it. */
const ORDER =
  /["']?(?:op|operation|action|verb|method|request|task|command|step)["']?\s*[:=]\s*["']?[\w:-]{0,60}(?:delet|destroy|purge|wip|remov|terminat|disabl|suspend|revok|decommission|truncat|deactivat|withdraw|deprovision|flush|evict|drain|drop)/i;

function ofOperations(file: ChangedFile): readonly Placed[] {
  if (file.after === null || !ORDER.test(file.after)) return [];
  const trees = file.trees();
  return operationFindings(operationsIn(trees.before), operationsIn(trees.after)).map(
    ({ operation, was, ...one }): Placed => ({
      ...one,
      line: operation.line,
      subject: operation.verb,
      environment: one.tags.includes("production")
        ? "production"
        : environmentIn([...operation.fields.values()].join(" ")),
      countBefore: was?.count ?? null,
      countAfter: operation.count === 0 ? null : operation.count,
    }),
  );
}

/** What stood in a script beside its commands and is gone: nothing is counted, and no place is named. */
const gone = (
  what: Pick<Placed, "aspect" | "key" | "line" | "subject" | "before"> & Partial<Placed>,
): Placed => ({
  ...{ tags: [], after: "", environment: "unknown", countBefore: null, countAfter: null },
  ...what,
});

const ofStops = (before: string, after: string): readonly Placed[] =>
  lostStops(before, after).map(({ key, before: was, line }) =>
    gone({ aspect: "stop-lost", key, line, subject: was, before: was }),
  );

const ofChecks = (before: string, after: string): readonly Placed[] =>
  lostChecks(before, after).map(({ before: was, line }) =>
    gone({ aspect: "check-lost", key: "download", line, subject: was, before: was }),
  );

const ofConditions = (before: string, after: string): readonly Placed[] =>
  lostConditions(before, after).map(({ text, line, condition }) =>
    gone({
      ...{ aspect: "condition-lost", key: "if", line },
      ...{ subject: text, before: condition, after: text },
    }),
  );

function ofUpdates(before: string, after: string): readonly Placed[] {
  const known = new Set(updatesIn(before).map((one) => one.key.toLowerCase()));
  return updatesIn(after)
    .filter((one) => !known.has(one.key.toLowerCase()))
    .map(
      (one): Placed => ({
        aspect: "unattended-update",
        key: one.key,
        tags: [
          "setting",
          ...(one.managed ? ["managed"] : []),
          ...(/ManageForeign/i.test(one.key) ? ["routes"] : []),
        ],
        line: one.line,
        subject: one.key,
        before: "",
        after: one.text,
        environment: "unknown",
        countBefore: null,
        countAfter: null,
      }),
    );
}
