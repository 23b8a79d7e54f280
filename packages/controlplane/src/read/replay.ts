// SPDX-License-Identifier: Apache-2.0
import { allowFields, isRaw, report } from "@interlock/policy";
import type { FieldLimits, Replay } from "../description.ts";
import { FIELD_LIMITS, REPLAY } from "../json-schema.ts";
import {
  type At,
  itemsAt,
  LIMITS,
  mappingAt,
  numberAt,
  pointerAt,
  refuseTwice,
  shareAt,
  textAt,
} from "./fields.ts";

/** How a set is replayed, or `null` where nothing is said about it. */
export function replayAt(at: At): Replay | null {
  const below = mappingAt(at, "replay", Object.keys(REPLAY));
  if (below === null) return null;
  const items = itemsAt(below, "fields", LIMITS.fields);
  refuseTwice(items, "at", "limit for");
  return {
    by: readerAt(below),
    fields: items.map(fieldOf),
    changedPpm: shareAt(below, "changed", 1_000_000),
    newErrorsPpm: shareAt(below, "newErrors", 0),
  };
}

function readerAt(at: At): Replay["by"] {
  const { r, raw, path } = at;
  const run: unknown = raw["run"];
  if ((run === undefined) === (raw["url"] === undefined))
    report(
      r,
      "FIELD_INVALID",
      path,
      "a replay has either `run` or `url`",
      "write `run: [node, promise.js]`, or `url: http://localhost:8080/promise`",
    );
  if (run === undefined) {
    const url = raw["url"] === undefined ? "" : textAt(at, "url", 2_000);
    if (url !== "" && !/^https?:\/\/[^\s/@]+(?:\/\S*)?$/.test(url))
      report(
        r,
        "FIELD_INVALID",
        [...path, "url"],
        `\`${url}\` is no address`,
        "write `http://HOST/PATH`, without a name and a password",
      );
    return { kind: "http", url };
  }
  const fits =
    Array.isArray(run) &&
    run.length > 0 &&
    run.length <= LIMITS.arguments &&
    run.every((one) => typeof one === "string" && one.length <= LIMITS.text);
  if (!fits)
    report(
      r,
      "FIELD_INVALID",
      [...path, "run"],
      `\`run\` is no list of at most ${LIMITS.arguments} texts`,
      "write `run: [node, promise.js]`; no shell reads it",
    );
  return { kind: "program", argv: fits ? run.map(String) : [] };
}

function fieldOf(at: At): FieldLimits {
  allowFields(at.r, at.raw, at.path, Object.keys(FIELD_LIMITS));
  const changed =
    isRaw(at.raw) && at.raw["changed"] !== undefined ? shareAt(at, "changed") : undefined;
  const [mean, max] = [numberAt(at, "meanShift"), numberAt(at, "maxShift")];
  if (changed === undefined && mean === undefined && max === undefined)
    report(
      at.r,
      "FIELD_MISSING",
      at.path,
      "it limits nothing",
      "add `changed`, `meanShift` or `maxShift`",
    );
  return {
    at: pointerAt(at, "at"),
    ...(changed === undefined ? {} : { changedPpm: changed }),
    ...(mean === undefined ? {} : { meanShift: mean }),
    ...(max === undefined ? {} : { maxShift: max }),
  };
}
