// SPDX-License-Identifier: Apache-2.0
/** Templates with every question answered, as somebody who knows the system would. */
import { TEMPLATES, type TemplateKind } from "@interlock/document";

const ANSWERS: Readonly<Record<string, string>> = {
  do: "set `pool.max` to 200 in cell eu-1",
  expect: "the pool shows 200 connections",
  verify: "the page https://graphs.example.com/pool shows 200 connections",
  undo: "set `pool.max` to 100 in cell eu-1",
  abortIf: "more than 1 % of requests fail for 2 minutes",
  abort: "above 1 % for 2 minutes",
  normal: "0.1 % to 0.3 %",
  where: "https://graphs.example.com/pool",
  name: "share of failed requests",
  how: "bo writes the old value with the same command; nothing has to be restarted",
  operator: "ana",
  second: "bo",
  systems: "checkout",
  cells: "eu-1",
  why: "300 of 10,000 orders an hour wait for a connection; after it none does",
  title: "raise the connection limit of checkout from 100 to 200",
  contains: "200",
  run: "kubectl",
  mayRun: "payments",
  by: "cy",
};
const PLAIN: Readonly<Record<string, string>> = {
  systems: "1",
  cells: "1",
  trafficShare: "5%",
  ordersPerMinute: "100",
  takes: "10m",
  at: "2030-01-10",
};

/** A template with every question answered. */
export function filledTemplate(kind: TemplateKind): string {
  const lines = TEMPLATES[kind].split("\n").map((line) => {
    const key = /([A-Za-z]+): *[[{"]?/.exec(line)?.[1] ?? "";
    const quoted = line.replace(/(?:([A-Za-z]+): \[?)?"FILL: [^"]*"/g, (whole, own?: string) => {
      const answer = JSON.stringify(ANSWERS[own ?? key] ?? "with the figure 5 and its place");
      return whole.replace(/"FILL: [^"]*"/, answer);
    });
    return quoted
      .replace(/(\w+): FILL$/, (_, own: string) => `${own}: ${PLAIN[own] ?? "?"}`)
      .replace(/^FILL: .*$/, "The pool was measured on 2030-01-08 with 180 connections.");
  });
  return lines.join("\n");
}

/** When the rehearsal of the filled templates is a few days old. */
export const FILLED_AT = Date.UTC(2030, 0, 20);
