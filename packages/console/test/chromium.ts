// SPDX-License-Identifier: Apache-2.0
/** One browser for a file of tests, and in it a context for each person with an authenticator of their own. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { SoftAuthenticator } from "@interlock/testkit";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { onTestFinished } from "vitest";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

function program(): string {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const found = folders
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new Error("Chromium is not installed: `node tools/chromium.mjs` says how to get it");
}

let counter = 0;
const nextCount = (): number => {
  counter += 1_000;
  return counter;
};

export type Driven = {
  /** A browser of one person: nothing of another person's is in it. */
  readonly person: (look?: Look) => Promise<PersonDriven>;
  readonly close: () => Promise<void>;
};

export type Look = { readonly dark?: boolean; readonly width?: number };

export type PersonDriven = {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page complained about: errors, and what its policy refused. */
  readonly complaints: readonly string[];
  /** Puts a passkey into this person's authenticator. */
  readonly hold: (key: SoftAuthenticator, rpId?: string) => Promise<void>;
  /** Whether the authenticator's owner agrees when they are asked. */
  readonly agree: (yes: boolean) => Promise<void>;
};

/** Starts the browser with a new profile. */
export async function driven(): Promise<Driven> {
  const profile = mkdtempSync(join(tmpdir(), "interlock-chromium-"));
  const browser = await chromium.launch({
    executablePath: program(),
    args: [...FLAGS, `--crash-dumps-dir=${profile}`],
    env: { ...strings(process.env), HOME: profile },
  });
  return {
    person: (look = {}) => personIn(browser, look),
    close: async () => {
      await browser.close();
      // The last of the browser's own processes may still be writing there.
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function personIn(browser: Browser, { dark, width }: Look): Promise<PersonDriven> {
  const context = await browser.newContext({
    colorScheme: dark === true ? "dark" : "light",
    reducedMotion: "reduce",
    viewport: { width: width ?? 1_280, height: 800 },
  });
  onTestFinished(() => context.close());
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // A refusal of the API is an answer; the browser prints each one all the same.
    if (message.type() === "error" && !/^Failed to load resource/.test(message.text()))
      complaints.push(message.text());
  });
  const session = await context.newCDPSession(page);
  await session.send("WebAuthn.enable");
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      ...{ protocol: "ctap2", transport: "internal", hasResidentKey: true },
      ...{ hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
    },
  });
  return {
    ...{ page, context, complaints },
    hold: async (key, rpId = "localhost") => {
      await session.send("WebAuthn.addCredential", {
        authenticatorId,
        credential: {
          credentialId: base64(key.credentialId),
          isResidentCredential: true,
          rpId,
          privateKey: base64(key.privateKey()),
          userHandle: base64(key.userHandle),
          // A counter never goes back, also when the key moves from one browser to the next (WA10).
          signCount: nextCount(),
        },
      });
    },
    agree: async (yes) => {
      await session.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: yes });
    },
  };
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

const strings = (given: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
