// SPDX-License-Identifier: Apache-2.0
// Checks `tlog` against the test vectors of github.com/transparency-dev/merkle: its folder `testdata`,
// or any checkout of it, is the argument. The files are another project's and are not kept here.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
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

const [given] = process.argv.slice(2);
if (given === undefined) {
  process.stderr.write(
    "error: no folder is given\n  help: npm run campaign:vectors -- A_CHECKOUT_OF_transparency-dev/merkle\n",
  );
  process.exit(64);
}
const folders = readdirSync(given).includes("testdata") ? join(given, "testdata") : given;
let wrong = 0;
let all = 0;
for (const [folder, verify] of Object.entries(VERIFIERS)) {
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
  all += files.length;
  wrong += files.length - right;
  process.stdout.write(`${folder}: ${right} of ${files.length} as expected\n`);
}
process.stdout.write(`${all - wrong} of ${all} vectors as expected\n`);
process.exit(wrong === 0 && all > 0 ? 0 : 1);
