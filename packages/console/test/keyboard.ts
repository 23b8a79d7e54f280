// SPDX-License-Identifier: Apache-2.0
/** What a person without a mouse does. */
import type { Page } from "playwright-core";

const FOCUSED = `(() => { const e = document.activeElement;
  return (e.getAttribute("aria-label") ?? e.labels?.[0]?.textContent ?? e.textContent).trim() })()`;
const MOST = 80;
const ROUNDS = 10;

/** Goes on by `Tab` alone until what has this name, or begins with it, has the focus. */
export async function tabTo(page: Page, name: string): Promise<void> {
  const met: string[] = [];
  // What is still being loaded is met in a later round.
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let presses = 0; presses < MOST; presses += 1) {
      await page.keyboard.press("Tab");
      const focused = String(await page.evaluate(FOCUSED));
      if (focused.startsWith(name)) return;
      met.push(focused);
    }
    await page.waitForTimeout(1_000);
  }
  throw new Error(`\`${name}\` is not reached by Tab: ${[...new Set(met)].join(" | ")}`);
}

/** Goes to a button or a link and presses it. */
export async function press(page: Page, name: string): Promise<void> {
  await tabTo(page, name);
  await page.keyboard.press("Enter");
}

/** Sent at once: a page waits for the second for a second and a half, and a busy machine may not. */
export async function chord(page: Page, first: string, second: string): Promise<void> {
  await Promise.all([page.keyboard.press(first), page.keyboard.press(second)]);
}

/** Goes to a field and types. */
export async function type(page: Page, field: string, text: string): Promise<void> {
  await tabTo(page, field);
  await page.keyboard.press("Control+a");
  await page.keyboard.type(text);
}
