// SPDX-License-Identifier: Apache-2.0
// Asks the gate as fast as it answers, or at a rate: `load.mjs URL CONNECTIONS SECONDS RATE` (0: no
// rate), with the question on standard input. Each is about another content (`DIGEST`) in another commit
// (`COMMIT`). Prints JSON.
import { Agent, request } from "node:http";

const [url = "", connections = "16", seconds = "10", rate = "0"] = process.argv.slice(2);
let text = "";
for await (const chunk of process.stdin) text += chunk;
const parts = text.split(/(DIGEST|COMMIT)/);
const agent = new Agent({ keepAlive: true, maxSockets: Number(connections) });
const end = performance.now() + Number(seconds) * 1_000;
const pause = Number(rate) === 0 ? 0 : (Number(connections) * 1_000) / Number(rate);
const times = [];
const failures = new Map();
let asked = Date.now() * 1_000;

function ask() {
  const digest = (++asked).toString(16).padStart(64, "0");
  const named = { DIGEST: digest, COMMIT: digest.slice(24) };
  const body = parts.map((part) => named[part] ?? part).join("");
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    authorization: "Bearer gate",
  };
  return new Promise((done, fail) => {
    const sent = request(url, { method: "POST", agent, headers }, (answer) => {
      answer.resume();
      answer.on("end", () => done(answer.statusCode));
    });
    sent.on("error", fail);
    sent.end(body);
  });
}

async function connection(n) {
  // Spread over the interval, so that a rate is one.
  let next = performance.now() + (pause * n) / Number(connections);
  while (performance.now() < end) {
    const wait = next - performance.now();
    if (wait > 0) await new Promise((done) => setTimeout(done, wait));
    // From when it was due, not from when it was sent: a stall counts for all that it held up.
    const start = pause === 0 ? performance.now() : next;
    next += pause;
    const status = await ask();
    if (status === 200) times.push(performance.now() - start);
    else failures.set(status, (failures.get(status) ?? 0) + 1);
  }
}

await Promise.all(Array.from({ length: Number(connections) }, (_, n) => connection(n)));
times.sort((a, b) => a - b);
const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
process.stdout.write(
  JSON.stringify({
    perSecond: times.length / Number(seconds),
    p50: at(0.5),
    p99: at(0.99),
    failures: Object.fromEntries(failures),
  }),
);
agent.destroy();
