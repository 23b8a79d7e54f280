// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";

const PAGE = new URL("../../../docs/reference/control-plane.md", import.meta.url);

/** The example of the reference page. */
export const exampleText = (): string =>
  /```yaml\n(.*?)```/s.exec(readFileSync(PAGE, "utf8"))?.[1] ?? "";
