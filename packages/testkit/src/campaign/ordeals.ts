// SPDX-License-Identifier: Apache-2.0
/** What happens to the servers of a campaign. */
import { setTimeout as pause } from "node:timers/promises";
import type { Around, Ordeal } from "./campaign.ts";
import { diceOf } from "./dice.ts";
import { FAULTS, type FaultyLine } from "./faulty-line.ts";
import type { Seat } from "./site.ts";

/** How long the pauses and cuts of a long campaign last, in milliseconds. */
const BAD_MS = 3_000;

/** Kills, pauses, cuts and restarts at random points, at each server and the database by themselves. */
export const anythingFor =
  (ms: number): Ordeal =>
  async (site, around) => {
    const end = Date.now() + ms;
    const loop = async (n: number, oneThing: (around: Around) => Promise<void>) => {
      const own = { ...around, dice: diceOf(around.dice.below(2 ** 31) + n) };
      while (Date.now() < end) {
        await pause(own.dice.below(2_000));
        await oneThing(own);
      }
    };
    const atSeat = (seat: Seat) => async (own: Around) => {
      const what = own.dice.below(10);
      if (what < 6) await killed(seat, own);
      else if (what < 7) await paused(seat, own);
      else await cut(seat, own);
    };
    const atDatabase = async (own: Around) => {
      await pause(own.dice.below(20_000));
      await crashed(own);
    };
    await Promise.all([
      ...site.seats.map((seat, n) => loop(n, atSeat(seat))),
      loop(site.seats.length, atDatabase),
    ]);
  };

/** Each of the things that can happen, once, and some work in between. */
export const eachOnce: Ordeal = async ({ seats }, around) => {
  const [one, other] = seats;
  if (one === undefined || other === undefined) throw new Error("it takes two servers");
  await pause(500);
  await killed(one, around);
  await paused(other, around);
  for (const fault of FAULTS) await cut(fault === "stall" ? one : other, around, fault);
  await crashed(around);
  await Promise.all([killed(one, around), killed(other, around)]);
  await pause(500);
};

/** The server dies at once, and is started again. */
export async function killed(seat: Seat, { count }: Around): Promise<void> {
  await seat.kill();
  count("servers killed");
  await seat.start();
}

/** The server stands still in whatever it was doing, perhaps with the ledger's head locked. */
export async function paused(seat: Seat, { dice, count }: Around): Promise<void> {
  seat.running()?.signal("SIGSTOP");
  await pause(200 + dice.below(BAD_MS));
  seat.running()?.signal("SIGCONT");
  count("servers paused");
}

/** The line to the database fails for a while, in one of its ways. */
export async function cut(
  { line }: Seat,
  { dice, count }: Around,
  fault = dice.among(FAULTS),
): Promise<void> {
  line?.suffer(fault);
  await pause(100 + dice.below(BAD_MS));
  line?.mend();
  count(`lines: ${fault}`);
}

/** Postgres dies at once, is away for a moment, and comes back. */
export async function crashed({ cluster, dice, count }: Around): Promise<void> {
  if (cluster === null) return;
  if (dice.chance(0.5)) {
    cluster.restart();
    count("databases restarted at once");
    return;
  }
  await cluster.kill();
  await pause(dice.below(BAD_MS));
  cluster.start();
  count("databases killed");
}

/** How long a kill waits for the moment that it wants, in milliseconds. */
const MOMENT_MS = 4_000;

/**
 * Kills servers until it has been often enough, or the time is over: on Postgres just before the
 * COMMIT of a transaction arrives or just after it was carried out, of every kind that comes; on the
 * embedded database at any moment. Half of the servers are there at any time, so that people go on and
 * there is something to kill at.
 */
export const killsUntil =
  ({ kills, ms }: { readonly kills: number; readonly ms: number }): Ordeal =>
  async ({ seats }, around) => {
    const end = Date.now() + ms;
    const met = new Map<string, number>();
    let left = kills;
    const away = room(Math.max(1, Math.floor(seats.length / 2)));
    await Promise.all(
      seats.map(async (seat, n) => {
        const own = { ...around, dice: diceOf(around.dice.below(2 ** 31) + n) };
        while (left > 0 && Date.now() < end) {
          left -= 1;
          const leave = await away();
          if (seat.line === null) await pause(own.dice.below(1_500));
          else await momentIn(seat, seat.line, { own, met });
          await killed(seat, own);
          leave();
        }
      }),
    );
    around.count("kinds of transactions killed at", met.size);
  };

/** Lets so many in at a time, in the order in which they came; each leaves by what it was given. */
function room(places: number): () => Promise<() => void> {
  const waiting: (() => void)[] = [];
  let free = places;
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return async () => {
    if (free > 0) free -= 1;
    else await new Promise<void>((come) => waiting.push(come));
    return leave;
  };
}

/** Waits for a COMMIT, a kind that was met seldom before others, and ends the server at it. */
async function momentIn(
  seat: Seat,
  line: FaultyLine,
  { own, met }: { readonly own: Around; readonly met: Map<string, number> },
): Promise<void> {
  const at = own.dice.chance(0.5) ? "before" : "after";
  const times = (writes: string): number => met.get(`${at} ${writes}`) ?? 0;
  const found = new Promise<string>((stopped) => {
    const wants = (writes: string): boolean => own.dice.chance(4 / (4 + times(writes) ** 2));
    line.stopAt({ at, wants, stopped });
  });
  const writes = await Promise.race([found, pause(MOMENT_MS, null)]);
  line.stopAt(null);
  seat.running()?.signal("SIGKILL");
  if (writes === null) return;
  own.count(`killed ${at} COMMIT`);
  met.set(`${at} ${writes}`, times(writes) + 1);
}
