#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The first day, done as a newcomer would: the command as built, a browser with three people's passkeys,
// a repository behind the hook. Writes docs/walk-through.md with what it saw. `npm run walk-through`.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ROOT, setUp } from "./setup.mjs";

setUp();
const { chromium } = await import("playwright-core");

const MAIN = join(ROOT, "packages/cli/dist/bundle/interlock.js");
const PICTURES = join(ROOT, "docs/walk-through");
const top = mkdtempSync(join(tmpdir(), "interlock-walk-"));
const data = join(top, "data");
const VERIFY = ["ledger", "verify", "--policy", "trust.txt"];
const FOUNDERS = ["Ana", "Bo", "Cy"];
const POLICY = `policy: shop
version: 1
mode: enforce
rules:
  - id: two-people
    title: Two people besides the authors sign with a passkey
    when: "true"
    covers: true
    require: { approvals: { count: 2, from: owners, via: passkey } }
    motive: nobody ships alone
`;

const fence = (text) => `\`\`\`console\n${text.trim()}\n\`\`\`\n`;
const page_ = [];
const say = (text) => page_.push(`${text}\n`);
const tidy = (text) =>
  // Colours, and names that are made anew by every run.
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are control characters
    .replace(/\u001b\[[0-9;]*m/g, "")
    .replaceAll(top, "~")
    .replace(/:\d{5}\b/g, ":8410")
    .replace(/^(remote: ?.*?)\s+$/gm, "$1");

const server = await serve();
const browser = await chromium.launch({
  executablePath: chromiumHere(),
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
try {
  await foundTheOrganisation();
  const shop = await protectARepository();
  const change = await pushAndBeRefused(shop);
  await twoPeopleSign(change);
  await pushAgain(shop);
  const files = await takeTheReceipt(change);
  await server.stop();
  verifyOffline(files);
  await tamperAndAudit(files);
} finally {
  await browser.close();
  await server.stop();
  rmSync(top, { recursive: true, force: true });
}
writeFileSync(
  join(ROOT, "docs/walk-through.md"),
  `# The first day\n\nMade by \`npm run walk-through\`, which does all of this with the command as built, a real browser and a real repository; what the terminal and the pages show is what they showed. Keys, ids and ports differ each time.\n\n${page_.join("")}`,
);
process.stdout.write("docs/walk-through.md is written\n");

async function foundTheOrganisation() {
  say("## Found the organisation\n\nThe first start of the server prints a link:\n");
  say(fence(`$ npm start\n${tidy(server.printed())}`));
  const host = await person("host");
  await host.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await host.page.goto(server.setUp);
  await host.page.getByLabel("Organisation").fill("Example Shop");
  for (const [i, name] of FOUNDERS.entries()) {
    await host.page.getByLabel("Name").nth(i).fill(name);
    await host.page.getByLabel("Accounts").nth(i).fill(`${name.toLowerCase()}@example.com`);
  }
  await host.page.getByRole("button", { name: "Make a link for each founder" }).click();
  await host.page.getByText("Waiting for Ana, Bo and Cy").waitFor();
  await picture(
    host.page,
    "set-up",
    "Three people found it together; each gets a link of their own",
  );
  for (const name of FOUNDERS) {
    await host.page.getByRole("button", { name: `Copy the link of ${name}` }).click();
    await host.page.getByText("copied").first().waitFor();
    const link = await host.page.evaluate("navigator.clipboard.readText()");
    const { page } = await person(name);
    await page.goto(link);
    await page.getByRole("button", { name: "Make a passkey on this device" }).click();
    await page.getByText("one passkey").first().waitFor();
    if (name === "Ana") await picture(page, "join", "Each makes a passkey in their own browser");
  }
  await host.page.getByRole("button", { name: "Found Example Shop" }).click({ timeout: 60_000 });
  await host.page.getByText("Example Shop exists").first().waitFor();
  for (const name of FOUNDERS) {
    const { page } = await person(name);
    await page.goto(server.origin);
    await page.getByRole("button", { name: "Sign in with your passkey" }).click();
    await page.getByRole("heading", { name: "Home", level: 1 }).waitFor();
  }
}

async function protectARepository() {
  const [work, bare] = [join(top, "shop"), join(top, "shop.git")];
  mkdirSync(work);
  run(work, "git", "init", "-q", "-b", "main");
  mkdirSync(join(work, "interlock"));
  const people = FOUNDERS.map((name) => name.toLowerCase());
  const persons = people
    .map((id) => `  - { id: ${id}, accounts: [${id}@example.com], teams: [payments] }\n`)
    .join("");
  writeFileSync(join(work, "CODEOWNERS"), "* @payments\n");
  writeFileSync(join(work, "interlock/policy.yaml"), POLICY);
  writeFileSync(join(work, "interlock/people.yaml"), `persons:\n${persons}`);
  writeFileSync(join(work, "rates.txt"), "standard 1.00\nexpress 2.50\n");
  commit(work, "start");
  run(top, "git", "clone", "-q", "--bare", work, bare);
  run(work, "git", "remote", "add", "origin", bare);
  const facts = JSON.parse(run(work, process.execPath, MAIN, "facts", "HEAD").out);
  const { page } = await person("Bo");
  await page.goto(`${server.origin}/keys`);
  await page.getByRole("button", { name: "Make a token" }).click();
  await page.getByLabel("What it is for").fill("the hook of shop.git");
  await page.getByRole("textbox", { name: "Repository" }).fill(facts.change.repository);
  await page.getByRole("button", { name: "Make a token for 90 days" }).click();
  await page.locator("code.secret").waitFor();
  writeFileSync(join(top, "token"), await page.locator("code.secret").textContent());
  say("## Protect a repository\n\nThe policy in the repository asks for two people:\n");
  say(`\`\`\`yaml\n${POLICY}\`\`\`\n`);
  say("Bo makes a token for the hook on the page of keys, and installs it:\n");
  const args = ["hook", "install", "--server", server.origin, "--token-file", join(top, "token")];
  const { out, err } = run(bare, process.execPath, MAIN, ...args);
  say(
    fence(
      `$ interlock hook install --server ${tidy(server.origin)} --token-file ~/token\n${tidy(out + err)}`,
    ),
  );
  return { work, bare };
}

async function pushAndBeRefused({ work }) {
  writeFileSync(join(work, "rates.txt"), "standard 1.00\nexpress 0.25\n");
  commit(work, "lower the express rate");
  const pushed = push(work);
  if (pushed.status !== 1) throw new Error(`the push was not refused: ${pushed.err}`);
  say("## Push, and be refused\n\nAna pushes a change that she wrote:\n");
  say(fence(`$ git push origin main\n${tidy(pushed.err)}`));
  const id = /\/changes\/([0-9a-f]{20})/.exec(pushed.err)?.[1];
  if (id === undefined) throw new Error(`no link: ${pushed.err}`);
  const { page } = await person("Ana");
  await page.goto(`${server.origin}/changes/${id}`);
  await page.getByText("You cannot approve it").first().waitFor();
  await picture(
    page,
    "author",
    "The page says what is missing and who can supply it; its author cannot",
  );
  return id;
}

async function twoPeopleSign(id) {
  say("## Two others sign\n");
  for (const [name, file, says] of [
    ["Bo", "approve", "Bo reads exactly what he signs; his browser made the digest again from it"],
    [
      "Cy",
      "signed",
      "Cy is the second; his approval is an entry of the ledger before the page says so",
    ],
  ]) {
    const { page } = await person(name);
    await page.goto(`${server.origin}/changes/${id}`);
    await page.getByText("this browser made the digest again").waitFor();
    if (name === "Bo") await picture(page, file, says);
    await page.getByRole("button", { name: /^Approve .* …$/ }).click();
    await page.getByText("I approve exactly this content").waitFor();
    if (name === "Bo")
      await picture(page, "statement", "The statement, whole, before the passkey is asked");
    await page.getByRole("button", { name: /^Approve [^…]*$/ }).click();
    await page.getByText("your approval is entry").first().waitFor();
    if (name === "Cy") await page.getByText("Whoever pushed it pushes again").first().waitFor();
    if (name === "Cy") await picture(page, file, says);
  }
}

async function pushAgain({ work, bare }) {
  const pushed = push(work);
  if (pushed.status !== 0) throw new Error(`the push was refused again: ${pushed.err}`);
  const [here, there] = [work, bare].map((dir) => run(dir, "git", "rev-parse", "main").out);
  if (here !== there) throw new Error("it did not land");
  say("## Push again\n\nThe same commit goes through:\n");
  say(fence(`$ git push origin main\n${tidy(pushed.err)}`));
}

async function takeTheReceipt(id) {
  const files = join(top, "elsewhere");
  mkdirSync(files);
  const { page } = await person("Bo");
  await page.goto(`${server.origin}/ledger`);
  await page.getByRole("row").filter({ hasText: "decision" }).first().getByRole("link").click();
  await page.getByRole("list", { name: "steps of the receipt" }).waitFor();
  await picture(
    page,
    "ledger",
    "The decision's entry, verified in the reader's browser, step by step",
  );
  for (const what of ["receipt", "keys", "site"]) {
    const name = { receipt: "receipt.json", keys: "trust.txt", site: "site.json" }[what];
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page
        .getByRole("link", { name: `Download the ${what}` })
        .or(page.getByRole("button", { name: `Download the ${what}` }))
        .click(),
    ]);
    await download.saveAs(join(files, name));
  }
  if (!page.url().includes("/ledger") || id === "") throw new Error("another page came up");
  return files;
}

function verifyOffline(files) {
  const { out, err, status } = run(
    files,
    process.execPath,
    MAIN,
    ...VERIFY,
    "receipt.json",
    "--site",
    "site.json",
  );
  if (status !== 0) throw new Error(`the receipt does not verify: ${err}`);
  say(
    "## Verify the receipt without the server\n\nThe server is stopped; three files are on another machine:\n",
  );
  say(
    fence(
      `$ interlock ledger verify receipt.json --policy trust.txt --site site.json\n${tidy(out + err)}`,
    ),
  );
}

async function tamperAndAudit(files) {
  const audit = async () => {
    const again = await serve(new URL(server.origin).port);
    const log = ["--log", `${server.origin}/log`, "--remember", join(files, "seen")];
    const done = run(files, process.execPath, MAIN, ...VERIFY, ...log);
    await again.stop();
    return done;
  };
  const before = await audit();
  if (before.status !== 0) throw new Error(`the log does not verify: ${before.err}`);
  await rewriteAnEntry();
  const after = await audit();
  if (after.status !== 1) throw new Error(`nobody noticed: ${after.out}${after.err}`);
  say(
    "## Tamper with the database\n\nSomebody who owns the database disables its triggers and turns an approval into a rejection. Whoever audited the log once finds it:\n",
  );
  const command = `$ interlock ledger verify --log ${tidy(server.origin)}/log --policy trust.txt --remember seen`;
  say(fence(`${command}\n${tidy(after.out + after.err)}`));
}

async function rewriteAnEntry() {
  const { openStore } = await import("@interlock/store");
  const { sql } = await import("kysely");
  const opened = await openStore({ directory: join(data, "database") });
  if (!opened.ok) throw new Error(opened.failure.message);
  const { db, close } = opened.value;
  await sql`alter table ledger_entry disable trigger all`.execute(db);
  await sql`update ledger_entry set leaf = convert_to(replace(convert_from(leaf, 'UTF8'),
    '"kind":"approval"', '"kind":"rejection"'), 'UTF8') where kind = 'approval'`.execute(db);
  await sql`alter table ledger_entry enable trigger all`.execute(db);
  await close();
}

/** One browser context a person, with an authenticator of their own. */
async function person(name) {
  const known = people().get(name);
  if (known !== undefined) return known;
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    reducedMotion: "reduce",
    acceptDownloads: true,
  });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("WebAuthn.enable");
  await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const made = { context, page };
  people().set(name, made);
  return made;
}

function people() {
  people.all ??= new Map();
  return people.all;
}

async function picture(page, name, says) {
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  say(`${says}.\n\n![${says}](walk-through/${name}.png)\n`);
}

async function serve(wanted) {
  const port = wanted ?? (await freePort());
  const args = [MAIN, "serve", "--data", data, "--listen", `127.0.0.1:${port}`];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let printed = "";
  child.stderr.on("data", (chunk) => {
    printed += chunk;
  });
  const ended = new Promise((done) => child.on("exit", done));
  const wait = wanted === undefined ? /set up your organisation.*\n/ : /log key .*\n/;
  while (!wait.test(printed)) {
    if (child.exitCode !== null) throw new Error(printed);
    await pause(50);
  }
  return {
    origin: `http://localhost:${port}`,
    setUp: /(http\S+\/setup#\S+)/.exec(printed)?.[1],
    printed: () => printed,
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

function freePort() {
  return new Promise((done) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}

function environment() {
  return {
    ...{ PATH: process.env.PATH, HOME: top, LC_ALL: "C", GIT_CONFIG_NOSYSTEM: "1" },
    ...{ GIT_AUTHOR_NAME: "Ana", GIT_AUTHOR_EMAIL: "ana@example.com" },
    ...{ GIT_COMMITTER_NAME: "Ana", GIT_COMMITTER_EMAIL: "ana@example.com" },
  };
}

function run(cwd, file, ...args) {
  const { status, stdout, stderr } = spawnSync(file, args, {
    cwd,
    env: environment(),
    encoding: "utf8",
  });
  const expected = args.includes("verify") ? [0, 1] : [0];
  if (!expected.includes(status)) throw new Error(`${file} ${args.join(" ")}: ${stdout}${stderr}`);
  return { status, out: stdout.trim(), err: stderr };
}

function push(work) {
  const env = { ...environment(), REMOTE_USER: "ana@example.com" };
  const { status, stderr } = spawnSync("git", ["push", "origin", "main"], {
    cwd: work,
    env,
    encoding: "utf8",
  });
  return { status, err: stderr };
}

function commit(work, message) {
  run(work, "git", "add", "-A");
  run(work, "git", "commit", "-q", "-m", message);
}

function chromiumHere() {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = folders.map((folder) => join(folder, "chromium")).find((file) => existsSync(file));
  if (found === undefined) throw new Error("Chromium is missing: run `node tools/chromium.mjs`");
  return found;
}
