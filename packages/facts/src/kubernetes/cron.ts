// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import { at, child, isTrue, lineOf, textOf } from "./node.ts";
import type { KubeObject } from "./object.ts";
import type { Pair } from "./pair.ts";
import { deltaOf, fieldDelta } from "./report.ts";
import type { Scene } from "./scene.ts";

/** Jobs that may pile up on themselves, and jobs that all start at the same minute. */
export function cronDeltas(pair: Pair, scene: Scene): readonly Delta[] {
  const object = pair.after;
  if (object === null || object.kind !== "CronJob") return [];
  const policy = (of: KubeObject | null) => at(of?.root, "spec", "concurrencyPolicy");
  return [
    ...unbounded(pair, object),
    ...fieldDelta(pair, {
      aspect: "cronjob-concurrency",
      key: "concurrencyPolicy",
      before: policy(pair.before),
      after: policy(object),
      line: lineOf(object.root, "spec"),
    }),
    ...collision(pair, object, scene),
  ];
}

function unbounded(pair: Pair, object: KubeObject): readonly Delta[] {
  if (isBounded(object) || (pair.before !== null && !isBounded(pair.before))) return [];
  return [
    deltaOf(pair, {
      aspect: "cronjob-deadline",
      key: "schedule",
      op: pair.before === null ? "added" : "removed",
      line: lineOf(child(object.root, "spec"), "schedule"),
      says: { before: "", after: scheduleOf(object) },
    }),
  ];
}

/** One run at a time, or a time after which a run ends or is not started late. */
function isBounded(object: KubeObject): boolean {
  const spec = child(object.root, "spec");
  if (isTrue(child(spec, "suspend"))) return true;
  if (/^(?:Forbid|Replace)$/.test(textOf(child(spec, "concurrencyPolicy")))) return true;
  const limits = [
    child(spec, "startingDeadlineSeconds"),
    at(spec, "jobTemplate", "spec", "activeDeadlineSeconds"),
    at(spec, "jobTemplate", "spec", "template", "spec", "activeDeadlineSeconds"),
  ];
  return limits.some((limit) => limit !== undefined);
}

function collision(pair: Pair, object: KubeObject, scene: Scene): readonly Delta[] {
  const schedule = scheduleOf(object);
  if (schedule === "" || (pair.before !== null && scheduleOf(pair.before) === schedule)) return [];
  const start = moment(schedule);
  const jobs = scene.around.filter((other) => other.kind === "CronJob");
  const together = jobs.filter((other) => moment(scheduleOf(other)) === start).length;
  if (together < 2) return [];
  const found = deltaOf(pair, {
    aspect: "cronjob-collision",
    key: "schedule",
    op: "added",
    line: lineOf(child(object.root, "spec"), "schedule"),
    says: { before: "", after: schedule },
  });
  return [{ ...found, afterCount: together }];
}

const scheduleOf = (object: KubeObject): string =>
  textOf(at(object.root, "spec", "schedule")).trim();

const NAMED: { readonly [name: string]: string } = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};

/** Minute and hour: two schedules that agree on both start together on some day. */
function moment(schedule: string): string {
  const [minute = "", hour = ""] = (NAMED[schedule] ?? schedule).split(/\s+/);
  return `${minute} ${hour}`;
}
