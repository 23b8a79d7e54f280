// SPDX-License-Identifier: Apache-2.0

/** The pages of the navigation; `g` and the letter go there. */
export const PAGES = [
  { path: "/", name: "Home", letter: "h", says: "what waits for you" },
  { path: "/queue", name: "Queue", letter: "q", says: "changes and their decisions" },
  { path: "/incidents", name: "Incidents", letter: "i", says: "what is wrong in production" },
  { path: "/documents", name: "Documents", letter: "d", says: "write a change document" },
  { path: "/runs", name: "Runs", letter: "r", says: "documents and remedies that are carried out" },
  { path: "/rollouts", name: "Rollouts", letter: "o", says: "changes on their way to cells" },
  { path: "/remedies", name: "Remedies", letter: "m", says: "what one person may do alone" },
  { path: "/ledger", name: "Ledger", letter: "l", says: "what was recorded, and its proof" },
  { path: "/people", name: "People", letter: "p", says: "persons, accounts, proposals" },
  { path: "/keys", name: "Keys", letter: "k", says: "your passkeys, sessions and tokens" },
] as const;

/** Pages beside one of the navigation, which links to them; palette and keys go there as well. */
const BESIDE = [
  {
    path: "/waivers",
    name: "Waivers",
    letter: "w",
    says: "waivers and break-glass, in force or not",
  },
  { path: "/debts", name: "Debts", letter: "b", says: "what break-glass left to be reviewed" },
  {
    path: "/control-plane",
    name: "Control plane",
    letter: "c",
    says: "targets, systems, config sets and signals, as two people signed",
  },
  { path: "/unwinds", name: "Unwinds", letter: "u", says: "what rollouts wrote, taken away again" },
  { path: "/identity", name: "Identity", letter: "y", says: "sign-in elsewhere, SCIM, runs of CI" },
] as const;

export const ALL_PAGES = [...PAGES, ...BESIDE] as const;
export type PagePath = (typeof ALL_PAGES)[number]["path"];

/** Acts by the names that people look for, and the page where each is done. */
export const ACTS = [
  {
    path: "/incidents",
    name: "Open or close an incident",
    says: "something is wrong in production",
  },
  { path: "/queue", name: "Break the glass, or waive a rule", says: "on the page of the change" },
  { path: "/documents", name: "Write a change document", says: "from a template" },
  { path: "/runs", name: "Confirm a step", says: "as the second person of a run" },
  { path: "/rollouts", name: "Halt a rollout", says: "on its page; anybody may" },
  { path: "/rollouts", name: "Unwind what a rollout wrote", says: "on its page, once it is over" },
  { path: "/remedies", name: "Prepare a run of a remedy", says: "its values and its command" },
  { path: "/debts", name: "Review a debt", says: "what went forward by break-glass" },
  { path: "/identity", name: "Propose a token for SCIM", says: "people come from a provider" },
  { path: "/keys", name: "Make a token", says: "for a hook or a pipeline" },
  { path: "/keys", name: "End a session", says: "yours, in another browser" },
] as const;
