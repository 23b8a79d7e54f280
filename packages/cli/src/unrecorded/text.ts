// SPDX-License-Identifier: Apache-2.0
/** What nothing explains, as a terminal shows it. */
import { writerText } from "@interlock/core";
import type { UnrecordedShown } from "@interlock/protocol";
import { duration } from "../rollouts/text.ts";

const short = (id: string | null): string => (id === null ? "nothing" : id.slice(0, 12));
const time = (at: number): string => new Date(at).toISOString();

/** `now` in milliseconds since 1970; ends with a line break. */
export function unrecordedText(list: UnrecordedShown, now: number): string {
  const open = list.keys.filter(({ closedAt }) => closedAt === null);
  const closed = list.keys.filter(({ closedAt }) => closedAt !== null);
  const lines = [
    ...part("keys of targets that nothing explains", open.map(keyLine)),
    ...part("over", closed.map(keyLine)),
    ...part("movements of refs that nothing allowed", list.changes.map(refLine)),
    ...part(
      "strangers: keys that no config set knows",
      list.strangers.map(({ target, cell, key }) => `  · ${target}/${cell}  ${key}`),
    ),
    ...part(
      "cells",
      list.cells.map((one) => cellLine(one, now)),
    ),
  ];
  return lines.length === 0
    ? "nothing is watched, and nothing moved past the gate\n"
    : `${lines.join("\n")}\n`;
}

const part = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [title, ...lines];

function keyLine(one: UnrecordedShown["keys"][number]): string {
  const { target, cell, key, before, after, because, version, writer, how, at, index } = one;
  const told = [
    `  ${how === null ? "✗" : "✓"} ${time(at)}  ${target}/${cell}  ${key}: ${short(before)} → ${short(after)}`,
    ...(because === "stranger" ? ["no config set knows it"] : []),
    ...(version === null ? [] : [`version ${version}`]),
    ...(how === null ? [] : [how]),
    `entry ${index}`,
  ];
  const by = writer === null ? [] : [`      written by ${writerText(writer)}${whenOf(writer)}`];
  return [told.join("  "), ...by].join("\n");
}

const whenOf = ({ at }: { readonly at?: number | undefined }): string =>
  at === undefined ? "" : `, ${time(at)}`;

const refLine = ({
  at,
  repository,
  ref,
  old,
  new: fresh,
  because,
  index,
}: UnrecordedShown["changes"][number]): string =>
  `  ✗ ${time(at)}  ${ref} of ${repository}: ${short(old)} → ${short(fresh)}  ${because}  entry ${index}`;

function cellLine(one: UnrecordedShown["cells"][number], now: number): string {
  const { target, cell, seenAt, says, keys, strangers } = one;
  const seen = seenAt === null ? "never seen" : `seen ${duration(now - seenAt)} ago`;
  const mark = says === null && seenAt !== null ? "✓" : "?";
  const held = seenAt === null ? "" : `  ${keys} keys, ${strangers} strangers`;
  return `  ${mark} ${target}/${cell}  ${seen}${held}${says === null ? "" : `  ${says}`}`;
}
