// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { checkLicence } from "../checks/licence.ts";
import { filesOf } from "./files.ts";

const GOOD = "// SPDX-License-Identifier: Apache-2.0\n";

test("catches a missing, a late and another licence", () => {
  const files = filesOf({
    "packages/a/src/missing.ts": "export {};\n",
    "packages/a/src/late.ts": `\n${GOOD}`,
    "packages/a/src/other.ts": "// SPDX-License-Identifier: MIT\n",
    "tools/empty.mjs": "",
    ".ci/run": "#!/usr/bin/env bash\necho\n",
  });
  expect(checkLicence(files).map(({ path }) => path)).toEqual(files.map(({ path }) => path));
});

test("accepts it first, or second after an interpreter, and asks it of code only", () => {
  const files = filesOf({
    "packages/a/src/good.ts": GOOD,
    "tools/good.mjs": `#!/usr/bin/env node\n${GOOD}`,
    ".ci/run": `#!/usr/bin/env bash\n#${GOOD.slice(2)}`,
    "README.md": "# Readme\n",
    "packages/a/test/fixtures/bad.ts": "export {};\n",
  });
  expect(checkLicence(files)).toEqual([]);
});
