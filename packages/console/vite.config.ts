// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const packages = fileURLToPath(new URL("..", import.meta.url));

/** From the sources, so that no build of another package can be stale; `#hash` without `node:crypto`. */
const alias = [
  { find: /^zod$/, replacement: `${packages}console/src/api/zod.ts` },
  { find: /^#hash$/, replacement: `${packages}digest/src/hash.ts` },
  ...readdirSync(packages).map((name) => ({
    find: new RegExp(`^@interlock/${name}$`),
    replacement: `${packages}${name}/src/index.ts`,
  })),
];

export default defineConfig({
  root: `${packages}console/src`,
  publicDir: `${packages}console/src/public`,
  plugins: [react()],
  resolve: { alias },
  build: {
    outDir: `${packages}console/dist`,
    emptyOutDir: true,
    target: ["chrome125", "firefox128", "safari18"],
    // A data: URL of a font or script is nothing that the policy of the page allows.
    assetsInlineLimit: 0,
    // A test holds the budget, after compression.
    chunkSizeWarningLimit: 1_000,
    rolldownOptions: {
      treeshake: {
        // Our packages do nothing when they are loaded; what a page does not use is left out.
        moduleSideEffects: (id) =>
          !id.startsWith(packages) || id.startsWith(`${packages}console/`) || /\.css$/.test(id),
      },
    },
  },
});
