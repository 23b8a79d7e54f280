// SPDX-License-Identifier: Apache-2.0
/** Counts that some HTTP API gives as JSON, found by JSON pointers (RFC 6901). */
import type { SignalOf } from "../settings.ts";
import { type AskTerms, askJson } from "./asking.ts";
import {
  type Counted,
  countOf,
  failedToSample,
  type Sampled,
  type Slot,
  type Source,
  type Span,
} from "./source.ts";

/** Requests of one question, so that nobody is flooded. */
const REQUESTS_MAX = 60;

type Got = { readonly ok: true; readonly value: Counted | null } | { ok: false; says: string };

/** Asks once a slot, or once a slot and cell where the URL has `{cell}` in it. */
export function httpSource(signal: SignalOf<"http">, terms: Omit<AskTerms, "headers">): Source {
  const asking = { ...terms, headers: signal.settings.headers };
  return {
    sample: (span) => sampled(signal, asking, span),
    close: () => Promise.resolve(),
  };
}

async function sampled(signal: SignalOf<"http">, asking: AskTerms, span: Span): Promise<Sampled> {
  const { settings } = signal;
  const byCell = settings.url.includes("{cell}");
  const each = byCell ? span.cells.length : 1;
  const most = Math.max(1, Math.floor(REQUESTS_MAX / Math.max(1, each)));
  const slots: Slot[] = [];
  const last = Math.min(span.to, span.from + most * span.slotMs);
  for (let start = span.from; start < last; start += span.slotMs) {
    const counted: Record<string, Counted> = {};
    let body: unknown;
    for (const [i, cell] of span.cells.entries()) {
      if (byCell || i === 0) {
        const url = urlOf(settings.url, { cell, start, end: start + span.slotMs });
        if (url === null) return failedToSample("the cell would change the host of the URL");
        const asked = await askJson(asking, url);
        if (!asked.ok) return asked;
        body = asked.body;
      }
      const got = countsIn(signal, body, { cell, end: start + span.slotMs });
      if (!got.ok) return got;
      if (got.value !== null) counted[cell] = got.value;
    }
    slots.push({ start, cells: counted });
  }
  return { ok: true, slots };
}

/** `null` where what was put in would lead to another host than the one that was described. */
function urlOf(
  template: string,
  { cell, start, end }: { readonly cell: string; readonly start: number; readonly end: number },
): URL | null {
  const values: Readonly<Record<string, string>> = {
    cell,
    from: String(start),
    to: String(end),
    fromIso: new Date(start).toISOString(),
    toIso: new Date(end).toISOString(),
  };
  const text = template.replace(/\{(cell|from|to|fromIso|toIso)\}/g, (_, name: string) =>
    encodeURIComponent(values[name] ?? ""),
  );
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  return url.origin === new URL(template).origin ? url : null;
}

function countsIn(
  { measures, settings }: SignalOf<"http">,
  body: unknown,
  { cell, end }: { readonly cell: string; readonly end: number },
): Got {
  const at = (pointer: string): unknown => valueAt(body, pointer, cell);
  if (settings.wholeUntil !== undefined) {
    const whole = timeOf(at(settings.wholeUntil));
    if (whole === null || whole < end) return { ok: true, value: null };
  }
  const wanted =
    measures === "latency"
      ? at(settings.buckets ?? "")
      : measures === "errors"
        ? [at(settings.count), at(settings.of ?? "")]
        : [at(settings.count)];
  if (!Array.isArray(wanted)) return { ok: true, value: null };
  if (wanted.every((one) => one === undefined || one === null)) return { ok: true, value: null };
  const counts = wanted.map(countOf);
  const known = counts.filter((n) => n !== null);
  const width = measures === "latency" ? (settings.edges?.length ?? 0) + 1 : wanted.length;
  if (known.length !== width || counts.length !== width)
    return failedToSample(`what stands there for \`${cell}\` is no count`);
  return { ok: true, value: known };
}

function timeOf(value: unknown): number | null {
  const time = typeof value === "string" ? Date.parse(value) : value;
  return typeof time === "number" && Number.isFinite(time) ? time : null;
}

/** What a JSON pointer with `{cell}` in it leads to; `undefined` where there is nothing. */
export function valueAt(body: unknown, pointer: string, cell: string): unknown {
  let value = body;
  for (const part of pointer.split("/").slice(1)) {
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~").replaceAll("{cell}", cell);
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name))
      return undefined;
    value = Reflect.get(value, name);
  }
  return value;
}
