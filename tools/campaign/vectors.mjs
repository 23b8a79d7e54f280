// SPDX-License-Identifier: Apache-2.0
// Checks `tlog` against what others have published, in a checkout that is the argument: the vectors of
// github.com/transparency-dev/merkle, or the log of github.com/transparency-dev/tessera. The files are
// those projects' and are not kept here.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  compareHeads,
  openCheckpoint,
  parseVerifierKey,
  proveConsistency,
  readEntries,
  tileReader,
  verifyConsistency,
  verifyInclusion,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
} from "../../packages/tlog/dist/index.js";

const bytes = (text) => new Uint8Array(Buffer.from(text ?? "", "base64"));
const hashes = (list) => (list ?? []).map(bytes);

const inclusion = (v) => ({
  leafHash: bytes(v.leafHash),
  index: v.leafIdx,
  root: bytes(v.root),
  proof: hashes(v.proof),
});

const VERIFIERS = {
  inclusion: (v) => verifyInclusion({ ...inclusion(v), size: v.treeSize }),
  consistency: (v) =>
    verifyConsistency({
      from: v.size1,
      to: v.size2,
      fromRoot: bytes(v.root1),
      toRoot: bytes(v.root2),
      proof: hashes(v.proof),
    }),
  subtreeinclusion: (v) => verifySubtreeInclusion({ ...inclusion(v), start: v.start, end: v.end }),
  subtreeconsistency: (v) =>
    verifySubtreeConsistency({
      start: v.start,
      end: v.end,
      size: v.size,
      subtreeRoot: bytes(v.root1),
      root: bytes(v.root2),
      proof: hashes(v.proof),
    }),
};

/** One line of a kind of vectors, and how many there are and are not as expected. */
function runMerkle(folders, [folder, verify]) {
  const files = readdirSync(join(folders, folder), { recursive: true })
    .filter((file) => file.endsWith(".json"))
    .sort();
  let right = 0;
  for (const file of files) {
    const vector = JSON.parse(readFileSync(join(folders, folder, file), "utf8"));
    const outcome = verify(vector);
    if (outcome.ok === !vector.wantErr) right += 1;
    else process.stdout.write(`WRONG ${folder}/${file}: ${outcome.failure?.code ?? "accepted"}\n`);
  }
  process.stdout.write(`${folder}: ${right} of ${files.length} as expected\n`);
  return { right, all: files.length };
}

// From testdata/build_log.sh of that project.
const TESSERA_KEY =
  "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";

function taken(outcome) {
  if (!outcome.ok) throw new Error(`${outcome.failure.code}: ${outcome.failure.message}`);
  return outcome.value;
}

/** Every checkpoint of the log: its signature, its tiles, its entries, and its growth from each before. */
async function runLog(folder) {
  const key = taken(parseVerifierKey(TESSERA_KEY));
  const fetch = async (path) => {
    const file = join(folder, path);
    return existsSync(file) ? new Uint8Array(readFileSync(file)) : null;
  };
  const names = readdirSync(folder).filter((name) => /^checkpoint\.[0-9]+$/.test(name));
  const heads = await Promise.all(
    names.map(async (name) => {
      const bytes = new Uint8Array(readFileSync(join(folder, name)));
      return taken(await openCheckpoint(bytes, [key])).checkpoint;
    }),
  );
  heads.sort((a, b) => a.size - b.size);
  const counts = { entries: 0, pairs: 0 };
  for (const head of heads) {
    const tree = { size: head.size, root: head.root, fetch };
    for await (const checked of readEntries(tree)) counts.entries += taken(checked).entries.length;
    for (const old of heads.filter(({ size }) => size > 0 && size <= head.size)) {
      const proof = taken(await proveConsistency(old.size, head.size, tileReader(tree).hashes));
      const claim = { from: old.size, fromRoot: old.root, to: head.size, toRoot: head.root, proof };
      taken(verifyConsistency(claim));
      const relation = taken(await compareHeads(tree, old));
      if (relation !== (old === head ? "same" : "grown")) throw new Error(`it is ${relation}`);
      counts.pairs += 1;
    }
  }
  process.stdout.write(
    `log: ${heads.length} checkpoints, ${counts.entries} entries read, ${counts.pairs} pairs consistent\n`,
  );
}

const [given] = process.argv.slice(2);
if (given === undefined) {
  process.stderr.write(
    "error: no folder is given\n  help: npm run campaign:vectors -- CHECKOUT (of transparency-dev/merkle or /tessera)\n",
  );
  process.exit(64);
}
const folder = join(given, "testdata");
const found = existsSync(folder) ? readdirSync(folder) : [];
if (found.includes("log")) {
  await runLog(join(folder, "log"));
} else if (Object.keys(VERIFIERS).every((name) => found.includes(name))) {
  const counts = Object.entries(VERIFIERS).map((kind) => runMerkle(folder, kind));
  const right = counts.reduce((sum, count) => sum + count.right, 0);
  const all = counts.reduce((sum, count) => sum + count.all, 0);
  process.stdout.write(`${right} of ${all} vectors as expected\n`);
  process.exitCode = right === all && all > 0 ? 0 : 1;
} else {
  process.stderr.write(
    `error: \`${folder}\` holds neither vectors nor a log\n  help: give a checkout of transparency-dev/merkle or of transparency-dev/tessera\n`,
  );
  process.exitCode = 64;
}
