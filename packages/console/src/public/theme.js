// SPDX-License-Identifier: Apache-2.0
// Before the first paint, so that a dark screen never flashes white; `shell/theme.ts` writes it.
const chosen = localStorage.getItem("interlock.theme");
if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
