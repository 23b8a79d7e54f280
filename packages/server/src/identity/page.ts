// SPDX-License-Identifier: Apache-2.0

/**
 * The page to which an identity provider sends a browser. It goes on by itself, because a redirect
 * that began on another site would not bring our strict cookie along (RFC 6265bis section 5.2).
 */
export const signedInPage = (): string =>
  page("Signed in", `<meta http-equiv="refresh" content="0;url=/">`, `<a href="/">Go on</a>`);

/** The same for a sign-in that came to nothing: the sign-in page says why, and this one where there is none. */
export const notSignedInPage = (message: string, help: string): string =>
  page(
    "Not signed in",
    `<meta http-equiv="refresh" content="0;url=/sign-in">`,
    `<p>${escaped(message)}.</p><p>${escaped(help)}.</p><a href="/sign-in">Back</a>`,
  );

function page(title: string, head: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8">${head}<title>${title}</title><h1>${title}</h1>${body}</html>\n`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (one) => ENTITIES[one] ?? "");
