// SPDX-License-Identifier: Apache-2.0
import type { Complaint, TextFile } from "./complaint.ts";

const CODE = /^(?:packages|tools)\/.*\.(?:ts|tsx|mts|js|mjs|cjs)$|^\.ci\/|^[^/]+\.(?:ts|mjs)$/;
// Tests speak about sources; what is shipped or run is what carries the licence.
const EXEMPT = /\/(?:fixtures|test)\//;
const LICENCE = "SPDX-License-Identifier: Apache-2.0";

/** Complains about a source file whose first line, after a `#!`, does not name the licence. */
export function checkLicence(files: readonly TextFile[]): readonly Complaint[] {
  return files
    .filter(({ path }) => CODE.test(path) && !EXEMPT.test(path))
    .filter(({ text }) => {
      const [first = "", second = ""] = text.split("\n", 2);
      const line = first.startsWith("#!") ? second : first;
      return line !== `// ${LICENCE}` && line !== `# ${LICENCE}`;
    })
    .map(({ path }) => ({ path, line: 1, message: `the first line is not \`${LICENCE}\`` }));
}
