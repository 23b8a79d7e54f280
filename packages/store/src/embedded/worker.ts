// SPDX-License-Identifier: Apache-2.0
import { parentPort, workerData } from "node:worker_threads";
import { serveDirectory } from "./serve.ts";

// Only `startThread` starts this file, with a directory as its data.
const { directory } = workerData as { readonly directory: string };
if (parentPort === null) throw new Error("this file is the body of a thread");
await serveDirectory(parentPort, directory);
