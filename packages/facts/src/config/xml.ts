// SPDX-License-Identifier: Apache-2.0
/**
 * XML as settings: attributes and elements by their names, elements that stand several times or carry
 * a name as lists. An element that only says a name and a value (`<add key="a" value="1"/>`, the
 * `<property>` of Hadoop) is that setting. No entity of
 * the document's own is read, nothing is fetched.
 */
import sax from "sax";
import { typeOfLoose } from "./scalar.ts";
import { withSpans } from "./spans.ts";
import { DEPTH_MAX, type Entry, type Node, type Parsed, type Problem } from "./types.ts";

type Draft = {
  readonly tag: string;
  readonly line: number;
  endLine: number;
  readonly attributes: readonly Entry[];
  readonly children: Draft[];
  text: string;
};

export function parseXml(text: string): Parsed {
  const parser = sax.parser(true, { position: true });
  const root: Draft = { tag: "", line: 1, endLine: 1, attributes: [], children: [], text: "" };
  const stack = [root];
  let problem: Problem | null = null;
  // The reader would resume behind a mistake; what follows one would be a guess.
  const stop = (code: Problem["code"], message: string) => {
    problem ??= { code, line: parser.line + 1, column: parser.column + 1, message };
  };
  parser.onerror = (error) => stop("syntax", error.message.split("\n")[0] ?? "not well-formed");
  // Collected one by one: an object of them would lose `__proto__`.
  let attributes: Entry[] = [];
  parser.onattribute = ({ name, value }) => {
    const line = parser.line + 1;
    attributes.push({ key: name, keyLine: line, value: scalar(value, line) });
  };
  parser.onopentag = ({ name }) => {
    if (problem !== null) return;
    // The library takes the first of two equal attributes and does not tell; others take the last.
    const written = text.slice(parser.startTagPosition - 1, parser.position).match(ASSIGNED) ?? [];
    if (written.length !== attributes.length)
      return stop("duplicate-key", `an attribute of \`${name}\` stands twice`);
    if (stack.length > DEPTH_MAX) return stop("too-deep", `deeper than ${DEPTH_MAX} elements`);
    const line = parser.line + 1;
    const draft = { tag: name, line, endLine: line, attributes, children: [], text: "" };
    attributes = [];
    stack[stack.length - 1]?.children.push(draft);
    stack.push(draft);
  };
  const onText = (part: string) => {
    const top = stack[stack.length - 1];
    if (top !== undefined) top.text += part;
  };
  parser.ontext = onText;
  parser.oncdata = onText;
  parser.onclosetag = () => {
    const closed = stack.length > 1 ? stack.pop() : undefined;
    if (closed !== undefined) closed.endLine = parser.line + 1;
  };
  for (let at = 0; at < text.length && problem === null; at += CHUNK)
    parser.write(text.slice(at, at + CHUNK));
  if (problem === null) parser.close();
  if (problem !== null) return { ok: false, problem };
  root.endLine = parser.line + 1;
  return { ok: true, documents: [withSpans(nodeOf(root))], problems: [], approximate: false };
}

// Its own bound is for streams of unknown length; this text is bounded by `CONFIG_MAX_BYTES`.
Object.assign(sax, { MAX_BUFFER_LENGTH: Number.POSITIVE_INFINITY });

const ASSIGNED = /=\s*(?:"[^"]*"|'[^']*')/g;

/** After a mistake at most this much more is looked at. */
const CHUNK = 65_536;

function scalar(text: string, line: number, endLine = line): Node {
  const trimmed = text.trim();
  return { kind: "scalar", type: typeOfLoose(trimmed), text: trimmed, line, endLine };
}

function nodeOf(draft: Draft): Node {
  const { attributes, children, line, endLine } = draft;
  if (attributes.length === 0 && children.length === 0) return scalar(draft.text, line, endLine);
  const entries: Entry[] = [...attributes];
  for (const group of grouped(children)) entries.push(...entriesOf(group));
  if (draft.text.trim() !== "")
    entries.push({ key: "text", keyLine: line, value: scalar(draft.text, line, endLine) });
  return { kind: "map", entries, line, endLine };
}

/** Elements of one name, in the order of their first. */
function grouped(children: readonly Draft[]): readonly (readonly Draft[])[] {
  const groups = new Map<string, Draft[]>();
  for (const child of children) {
    const group = groups.get(child.tag);
    if (group === undefined) groups.set(child.tag, [child]);
    else group.push(child);
  }
  return [...groups.values()];
}

function entriesOf(group: readonly Draft[]): readonly Entry[] {
  const settings = group.map(settingOf);
  if (settings.every((one) => one !== null)) return settings.flat();
  const first = group[0];
  if (first === undefined) return [];
  const items = group.map(nodeOf);
  const only = items.length === 1 && !group.some(hasName) ? items[0] : undefined;
  const last = group[group.length - 1] ?? first;
  const list: Node = { kind: "list", items, line: first.line, endLine: last.endLine };
  return [{ key: first.tag, keyLine: first.line, value: only ?? list }];
}

const NAMING = ["name", "key", "id"];
/** What may stand beside a name and a value: `dfs.replication.final` of `dfs.replication`. */
const BESIDE = new Set(["description", "final", "type"]);

const hasName = (draft: Draft): boolean =>
  fieldsOf(draft).some(({ key }) => NAMING.includes(key.toLowerCase()));

/** A value by its name, with what stands beside it; `null` for an element that says more. */
function settingOf(draft: Draft): readonly Entry[] | null {
  const fields = fieldsOf(draft);
  if (fields.length < 2 || fields.length < draft.attributes.length + draft.children.length)
    return null;
  const names = fields.filter(({ key }) => NAMING.includes(key.toLowerCase()));
  const values = fields.filter(({ key }) => key.toLowerCase() === "value");
  const beside = fields.filter(({ key }) => BESIDE.has(key.toLowerCase()));
  const [name, value] = [names[0]?.value, values[0]?.value];
  if (names.length + values.length !== 2 || beside.length !== fields.length - 2) return null;
  if (name?.kind !== "scalar" || name.text === "" || value === undefined) return null;
  return [
    { key: name.text, keyLine: draft.line, value },
    ...beside.map((one) => ({ ...one, key: `${name.text}.${one.key}` })),
  ];
}

/** Attributes and elements that hold one text each. */
const fieldsOf = ({ attributes, children }: Draft): readonly Entry[] => [
  ...attributes,
  ...children.flatMap((child) =>
    child.attributes.length === 0 && child.children.length === 0
      ? [
          {
            key: child.tag,
            keyLine: child.line,
            value: scalar(child.text, child.line, child.endLine),
          },
        ]
      : [],
  ),
];
