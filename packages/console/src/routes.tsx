// SPDX-License-Identifier: Apache-2.0
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
} from "@tanstack/react-router";
import { z } from "zod";
import { NotHere, PageFailed } from "./pages/not-here.tsx";
import { SignInPage } from "./pages/sign-in.tsx";
import { Shell } from "./shell/shell.tsx";

const root = createRootRoute({ component: Outlet, notFoundComponent: NotHere });

/** What a queue shows is in its address: a link to it shows another person the same. */
const QUEUE_SEARCH = z.object({
  show: z.enum(["waiting", "held", "all"]).optional().catch(undefined),
  order: z.enum(["risk"]).optional().catch(undefined),
  repository: z.string().max(400).optional().catch(undefined),
  target: z.string().max(1_000).optional().catch(undefined),
});

/** Lists show what is open; the address says when they show all. */
const STATE_SEARCH = z.object({ show: z.enum(["all"]).optional().catch(undefined) });

const LEDGER_SEARCH = z.object({
  entry: z.coerce.number().int().min(0).optional().catch(undefined),
});

const UNWIND_SEARCH = z.object({
  change: z.string().max(200).optional().catch(undefined),
  system: z.string().max(200).optional().catch(undefined),
  way: z.enum(["undo", "redo"]).optional().catch(undefined),
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: z.object({ back: z.string().max(2_000).optional().catch(undefined) }),
  component: SignInPage,
});

const setUp = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  component: lazyRouteComponent(() => import("./setup/set-up.tsx"), "SetUpPage"),
});

const join = createRoute({
  getParentRoute: () => root,
  path: "/join",
  component: lazyRouteComponent(() => import("./setup/join.tsx"), "JoinPage"),
});

/** Pages for whoever is signed in; each is loaded when it is first asked for. */
const shell = createRoute({ getParentRoute: () => root, id: "shell", component: Shell });

const home = createRoute({
  getParentRoute: () => shell,
  path: "/",
  component: lazyRouteComponent(() => import("./pages/home.tsx"), "HomePage"),
});

const queue = createRoute({
  getParentRoute: () => shell,
  path: "/queue",
  validateSearch: QUEUE_SEARCH,
  component: lazyRouteComponent(() => import("./pages/queue.tsx"), "QueuePage"),
});

const change = createRoute({
  getParentRoute: () => shell,
  path: "/changes/$id",
  component: lazyRouteComponent(() => import("./pages/change.tsx"), "ChangePage"),
});

const incidents = createRoute({
  getParentRoute: () => shell,
  path: "/incidents",
  validateSearch: STATE_SEARCH,
  component: lazyRouteComponent(() => import("./pages/incidents.tsx"), "IncidentsPage"),
});

const waivers = createRoute({
  getParentRoute: () => shell,
  path: "/waivers",
  validateSearch: STATE_SEARCH,
  component: lazyRouteComponent(() => import("./pages/waivers.tsx"), "WaiversPage"),
});

const debts = createRoute({
  getParentRoute: () => shell,
  path: "/debts",
  validateSearch: STATE_SEARCH,
  component: lazyRouteComponent(() => import("./pages/debts.tsx"), "DebtsPage"),
});

const identity = createRoute({
  getParentRoute: () => shell,
  path: "/identity",
  component: lazyRouteComponent(() => import("./pages/identity.tsx"), "IdentityPage"),
});

const ID = z.string().max(64).optional().catch(undefined);

const documents = createRoute({
  getParentRoute: () => shell,
  path: "/documents",
  validateSearch: z.object({ change: ID }),
  component: lazyRouteComponent(() => import("./pages/documents.tsx"), "DocumentsPage"),
});

/** A new one begins with the template of its kind. */
const document = createRoute({
  getParentRoute: () => shell,
  path: "/documents/$draft",
  validateSearch: z.object({ kind: ID, change: ID }),
  component: lazyRouteComponent(() => import("./pages/document.tsx"), "DocumentPage"),
});

const runs = createRoute({
  getParentRoute: () => shell,
  path: "/runs",
  component: lazyRouteComponent(() => import("./pages/runs.tsx"), "RunsPage"),
});

const run = createRoute({
  getParentRoute: () => shell,
  path: "/runs/$run",
  component: lazyRouteComponent(() => import("./pages/run.tsx"), "RunPage"),
});

const rollouts = createRoute({
  getParentRoute: () => shell,
  path: "/rollouts",
  validateSearch: STATE_SEARCH,
  component: lazyRouteComponent(() => import("./pages/rollouts.tsx"), "RolloutsPage"),
});

const rollout = createRoute({
  getParentRoute: () => shell,
  path: "/rollouts/$rollout",
  component: lazyRouteComponent(() => import("./pages/rollout.tsx"), "RolloutPage"),
});

const unwinds = createRoute({
  getParentRoute: () => shell,
  path: "/unwinds",
  component: lazyRouteComponent(() => import("./pages/unwinds.tsx"), "UnwindsPage"),
});

/** A digest is never called `plan`. */
const unwindPlan = createRoute({
  getParentRoute: () => shell,
  path: "/unwinds/plan",
  validateSearch: UNWIND_SEARCH,
  component: lazyRouteComponent(() => import("./pages/unwind-plan.tsx"), "UnwindPlanPage"),
});

const unwind = createRoute({
  getParentRoute: () => shell,
  path: "/unwinds/$plan",
  component: lazyRouteComponent(() => import("./pages/unwind.tsx"), "UnwindPage"),
});

const controlPlane = createRoute({
  getParentRoute: () => shell,
  path: "/control-plane",
  component: lazyRouteComponent(() => import("./pages/control-plane.tsx"), "ControlPlanePage"),
});

const remedies = createRoute({
  getParentRoute: () => shell,
  path: "/remedies",
  validateSearch: z.object({ register: ID }),
  component: lazyRouteComponent(() => import("./pages/remedies.tsx"), "RemediesPage"),
});

const remedy = createRoute({
  getParentRoute: () => shell,
  path: "/remedies/$remedy",
  component: lazyRouteComponent(() => import("./pages/remedy.tsx"), "RemedyPage"),
});

const ledger = createRoute({
  getParentRoute: () => shell,
  path: "/ledger",
  validateSearch: LEDGER_SEARCH,
  component: lazyRouteComponent(() => import("./pages/ledger.tsx"), "LedgerPage"),
});

const people = createRoute({
  getParentRoute: () => shell,
  path: "/people",
  component: lazyRouteComponent(() => import("./pages/people.tsx"), "PeoplePage"),
});

const person = createRoute({
  getParentRoute: () => shell,
  path: "/people/$person",
  component: lazyRouteComponent(() => import("./pages/person.tsx"), "PersonPage"),
});

const invite = createRoute({
  getParentRoute: () => shell,
  path: "/invite",
  component: lazyRouteComponent(() => import("./pages/invite.tsx"), "InvitePage"),
});

const proposal = createRoute({
  getParentRoute: () => shell,
  path: "/proposals/$proposal",
  component: lazyRouteComponent(() => import("./pages/proposal.tsx"), "ProposalPage"),
});

const device = createRoute({
  getParentRoute: () => shell,
  path: "/device",
  component: lazyRouteComponent(() => import("./pages/device.tsx"), "DevicePage"),
});

const keys = createRoute({
  getParentRoute: () => shell,
  path: "/keys",
  component: lazyRouteComponent(() => import("./pages/keys.tsx"), "KeysPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    setUp,
    join,
    shell.addChildren([
      ...[home, queue, change, ledger, people, person, invite, proposal, device, keys],
      ...[incidents, waivers, debts, identity],
      ...[documents, document, runs, run, remedies, remedy],
      ...[rollouts, rollout, unwinds, unwindPlan, unwind, controlPlane],
    ]),
  ]),
  defaultErrorComponent: PageFailed,
  // The server says what is stale; the router keeps nothing of its own.
  defaultPreloadStaleTime: 0,
});

declare module "@tanstack/react-router" {
  interface Register {
    readonly router: typeof router;
  }
}
