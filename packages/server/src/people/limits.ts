// SPDX-License-Identifier: Apache-2.0

/** A bucket that holds `burst` tokens and gets one back every `everyMs`. */
export type Rate = { readonly burst: number; readonly everyMs: number };

export type Limits = {
  /** Of one address. */
  readonly each: Rate;
  /** Of all addresses together. */
  readonly all: Rate;
};

/**
 * An office stands behind one address and signs in at nine, two requests each; nobody guesses a
 * passkey, so that the limit only keeps one address from using the server up.
 */
export const LIMITS: Limits = {
  each: { burst: 100, everyMs: 500 },
  all: { burst: 200, everyMs: 50 },
};

/** Polling is part of signing in a terminal; many terminals may stand behind one address. */
export const DEVICE_LIMITS: Limits = {
  each: { burst: 60, everyMs: 1_000 },
  all: { burst: 400, everyMs: 20 },
};

/** Runs of CI come many at once, and often from one address. */
export const EXCHANGE_LIMITS: Limits = {
  each: { burst: 200, everyMs: 100 },
  all: { burst: 1_000, everyMs: 10 },
};

/** Beyond it the address that was quiet longest is forgotten, which gives it a full bucket again. */
const MOST_ADDRESSES = 10_000;

type Bucket = { tokens: number; at: number };

/**
 * Takes one token for an address and one of all; `null`, or after how many milliseconds to try
 * again. What one address is refused costs the others nothing (PX9). In memory: another server
 * counts for itself, and a restart forgets.
 */
export function limiter(
  { each, all }: Limits,
  now: () => number,
): (address: string) => number | null {
  const buckets = new Map<string, Bucket>();
  const whole: Bucket = { tokens: all.burst, at: now() };
  return (address) => {
    const key = networkOf(address);
    const own = buckets.get(key) ?? { tokens: each.burst, at: now() };
    // Put at the end, so that the first of the map is the quietest.
    buckets.delete(key);
    buckets.set(key, own);
    const [quietest] = buckets.keys();
    if (buckets.size > MOST_ADDRESSES && quietest !== undefined) buckets.delete(quietest);
    const wait = waitFor(own, each, now()) ?? waitFor(whole, all, now());
    if (wait !== null) return wait;
    own.tokens -= 1;
    whole.tokens -= 1;
    return null;
  };
}

/** Fills a bucket up to now; `null` when it has a token, else how long until it has. */
function waitFor(bucket: Bucket, { burst, everyMs }: Rate, now: number): number | null {
  const passed = Math.max(0, now - bucket.at);
  bucket.tokens = Math.min(burst, bucket.tokens + passed / everyMs);
  bucket.at = now;
  return bucket.tokens >= 1 ? null : Math.ceil((1 - bucket.tokens) * everyMs);
}

/** Of IPv6 the first 64 bits: whoever has one address has all of its network (RFC 4291 section 2.5.4). */
export function networkOf(address: string): string {
  const mapped = /^::ffff:([0-9.]{7,15})$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => "0");
  return [...before, ...zeros, ...after].slice(0, 4).join(":");
}
