// SPDX-License-Identifier: Apache-2.0
// Writes a batch to a `files` target and kills itself before the STEPth step on the disk.
//   node files-writer.mjs SETTINGS BATCH STEP
import { openFiles } from "../../dist/files/files.js";

const [settings, batch, step] = process.argv.slice(2);
let steps = 0;
const opened = await openFiles("disk", { settings: JSON.parse(settings), named: new Set() }, () => {
  steps += 1;
  if (steps === Number(step)) process.kill(process.pid, "SIGKILL");
});
if (!opened.ok) throw new Error(opened.failure.message);
const { items, ...rest } = JSON.parse(batch);
const decoded = items.map((item) => ({
  ...item,
  value: item.value === null ? null : Buffer.from(item.value, "utf8"),
}));
process.stdout.write(JSON.stringify(await opened.value.write({ ...rest, items: decoded })));
