import { describe, expect, it } from "vitest";
import { CODE_SOURCE } from "../../src/code/source.ts";
import { changed, type Sides, world } from "./changed.ts";

type Case = {
  readonly case: string;
  readonly before?: Sides;
  readonly after: Sides;
  readonly finds: readonly string[];
};

async function find(before: Sides, after: Sides): Promise<readonly string[]> {
  const { deltas } = await CODE_SOURCE.read(changed(before, after), world(after));
  return deltas.map((one) => `${one.aspect} ${one.path}:${one.line}`).sort();
}

const PY_LOOP = (body: string) => ({ "app/a.py": `import time\n\ndef load():\n${body}` });
const loop = {
  unbounded:
    "    while True:\n        try:\n            return get()\n        except OSError:\n            time.sleep(2)\n",
  bounded:
    "    for attempt in range(3):\n        try:\n            return get()\n        except OSError:\n            time.sleep(2 * random.random())\n    raise Gone()\n",
  worker:
    "    while True:\n        try:\n            handle(queue.get())\n        except OSError:\n            log()\n",
};

const CASES: readonly Case[] = [
  {
    case: "an endless retry",
    after: PY_LOOP(loop.unbounded),
    finds: ["backoff-no-jitter app/a.py:4", "unbounded-retry app/a.py:4"],
  },
  { case: "a bounded retry with jitter", after: PY_LOOP(loop.bounded), finds: [] },
  { case: "a worker that goes on after an error", after: PY_LOOP(loop.worker), finds: [] },
  {
    case: "an endless retry in TypeScript",
    after: {
      "app/a.ts":
        "async function load() {\n  for (;;) {\n    try {\n      return await get();\n    } catch (e) {\n      await sleep(1000);\n    }\n  }\n}\n",
    },
    finds: ["backoff-no-jitter app/a.ts:2", "unbounded-retry app/a.ts:2"],
  },
  {
    case: "a retry in TypeScript that gives up",
    after: {
      "app/a.ts":
        "async function load() {\n  for (let attempt = 0; ; attempt++) {\n    try {\n      return await get();\n    } catch (e) {\n      if (attempt > 3) throw e;\n      await sleep(1000 * Math.random());\n    }\n  }\n}\n",
    },
    finds: [],
  },
  {
    case: "an endless retry in Go",
    after: {
      "app/a.go":
        "package a\n\nfunc load() T {\n\tfor {\n\t\tv, err := get()\n\t\tif err != nil {\n\t\t\ttime.Sleep(time.Second)\n\t\t\tcontinue\n\t\t}\n\t\treturn v\n\t}\n}\n",
    },
    finds: ["backoff-no-jitter app/a.go:4", "unbounded-retry app/a.go:4"],
  },
  {
    case: "a Go loop that ends with its context",
    after: {
      "app/a.go":
        "package a\n\nfunc load() error {\n\tfor {\n\t\tif err := get(); err == nil {\n\t\t\treturn nil\n\t\t}\n\t\tselect {\n\t\tcase <-ctx.Done():\n\t\t\treturn ctx.Err()\n\t\tcase <-time.After(jitter(d)):\n\t\t}\n\t}\n}\n",
    },
    finds: [],
  },
  {
    case: "an endless retry in Java",
    after: {
      "app/A.java":
        "class A {\n  T load() {\n    while (true) {\n      try {\n        return get();\n      } catch (IOException e) {\n        Thread.sleep(100);\n      }\n    }\n  }\n}\n",
    },
    finds: ["backoff-no-jitter app/A.java:3", "unbounded-retry app/A.java:3"],
  },
  {
    case: "a charge that is tried again",
    after: PY_LOOP(
      "    for attempt in range(3):\n        try:\n            return client.charge(card)\n        except OSError:\n            time.sleep(random.random())\n",
    ),
    finds: ["retry-non-idempotent app/a.py:4"],
  },
  {
    case: "code moved to another file is not new",
    before: { "app/a.py": "import requests\nr = requests.get(url)\n" },
    after: { "app/a.py": "x = 1\n", "lib/b.py": "import requests\nr = requests.get(url)\n" },
    finds: [],
  },
  {
    case: "an old offender that is edited is not new, one more is",
    before: { "app/a.py": "import requests\nr = requests.get(url)\n" },
    after: { "app/a.py": "import requests\nr = requests.get(other)\ns = requests.get(third)\n" },
    finds: ["no-timeout app/a.py:3"],
  },
  {
    case: "a timeout that is taken away",
    before: { "app/a.py": "import requests\nr = requests.get(\n    url,\n    timeout=3,\n)\n" },
    after: { "app/a.py": "import requests\nr = requests.get(\n    url,\n)\n" },
    finds: ["no-timeout app/a.py:2"],
  },
  {
    case: "a catastrophic literal in TypeScript",
    after: { "app/a.ts": "const spaces = /^(\\w+\\s?)*$/;\nconst fine = /^\\w+(\\s\\w+)*$/;\n" },
    finds: ["catastrophic-regex app/a.ts:1"],
  },
  {
    case: "catastrophic patterns in Python and Java calls",
    after: {
      "app/a.py": 'import re\nP = re.compile(r"^(a+)+$")\n',
      "app/A.java": 'class A {\n  boolean f(String s) { return s.matches("(a+)+"); }\n}\n',
    },
    finds: ["catastrophic-regex app/A.java:2", "catastrophic-regex app/a.py:2"],
  },
  {
    case: "a firewall rule with adjacent wide loops",
    before: { "waf/rules.json": '{ "rules": [{ "id": 1, "regex": "(?i)script" }] }\n' },
    after: {
      "waf/rules.json": '{ "rules": [{ "id": 1, "regex": "(?:\\\\s|-|~|!)*.*(?:.*=.*)" }] }\n',
    },
    finds: ["catastrophic-regex waf/rules.json:1"],
  },
  {
    case: "the same rule in YAML",
    after: { "waf/rules.yaml": "rules:\n  - id: 1\n    regex: '(?:\\s|-|~|!)*.*(?:.*=.*)'\n" },
    finds: ["catastrophic-regex waf/rules.yaml:3"],
  },
  {
    case: "a limit raised tenfold and a pool raised",
    before: {
      "app/a.go":
        "package a\n\nfunc f() {\n\tl := rate.NewLimiter(100, 20)\n\tdb.SetMaxOpenConns(20)\n}\n",
    },
    after: {
      "app/a.go":
        "package a\n\nfunc f() {\n\tl := rate.NewLimiter(1000, 20)\n\tdb.SetMaxOpenConns(90)\n}\n",
    },
    finds: ["limiter app/a.go:4", "pool app/a.go:5"],
  },
  {
    case: "a limiter's own options",
    before: { "app/a.ts": "app.use(rateLimit({ windowMs: 60_000, max: 100 }));\n" },
    after: { "app/a.ts": "app.use(rateLimit({ windowMs: 60_000, max: 5_000 }));\n" },
    finds: ["limiter app/a.ts:1"],
  },
  {
    case: "a limiter taken away from a route that stays",
    before: {
      "app/a.py": "@limiter.limit('10/minute')\ndef login(request):\n    return check(request)\n",
    },
    after: { "app/a.py": "def login(request):\n    return check(request)\n" },
    finds: ["limiter-removed app/a.py:1"],
  },
  {
    case: "a limiter that goes with its route",
    before: {
      "app/a.py":
        "@limiter.limit('10/minute')\ndef login(request):\n    return check(request)\n\ndef other():\n    pass\n",
    },
    after: { "app/a.py": "def other():\n    pass\n" },
    finds: [],
  },
  {
    case: "a second reader that is dropped",
    before: { "app/a.ts": "const cfg = readV2(id) ?? readV1(id);\n" },
    after: { "app/a.ts": "const cfg = readV2(id);\n" },
    finds: ["fallback-removed app/a.ts:1"],
  },
  {
    case: "a condition that is simplified",
    before: { "app/a.ts": "if (isOpen(x) || isNew(x)) go(x);\n" },
    after: { "app/a.ts": "if (isOpen(x)) go(x);\n" },
    finds: [],
  },
  {
    case: "a kill switch that is taken out",
    before: { "app/a.ts": "if (flags.killSwitch) return;\nserve(request);\n" },
    after: { "app/a.ts": "serve(request);\n" },
    finds: ["kill-switch-removed app/a.ts:1"],
  },
  {
    case: "a delete that now hits the parent",
    before: { "Clean.cs": "await snapshotDb.DeleteAsync(WaitUntil.Completed);\n" },
    after: { "Clean.cs": "await sqlServer.DeleteAsync(WaitUntil.Completed);\n" },
    finds: ["delete-call Clean.cs:1"],
  },
  {
    case: "a delete whose receiver is only renamed",
    before: { "clean.ts": "await snapshot.delete();\n" },
    after: { "clean.ts": "await oldSnapshot.delete();\n" },
    finds: ["delete-call clean.ts:1"],
  },
  {
    case: "a batch marked done at its end",
    after: {
      "jobs/mail.py":
        "def run(users):\n    for user in users:\n        send_mail(user)\n    mark_done(today)\n",
    },
    finds: ["batch-marks-done-at-end jobs/mail.py:2"],
  },
  {
    case: "a batch that marks each item",
    after: {
      "jobs/mail.py":
        "def run(users):\n    for user in users:\n        send_mail(user)\n        mark_done(user)\n    finish()\n",
    },
    finds: [],
  },
  {
    case: "a remote call while a module loads",
    after: {
      "app/settings.py":
        "import requests\n\nLIMITS = requests.get(URL, timeout=2).json()\n\ndef limit(name):\n    return LIMITS[name]\n",
    },
    finds: ["hard-dependency app/settings.py:3"],
  },
  {
    case: "a guarded remote call while a module loads",
    after: {
      "app/settings.py":
        "import requests\n\ntry:\n    LIMITS = requests.get(URL, timeout=2).json()\nexcept OSError:\n    LIMITS = DEFAULTS\n\ndef limit(name):\n    return LIMITS[name]\n",
    },
    finds: [],
  },
  {
    case: "an unwrap on loaded features in Rust",
    after: {
      "src/bot.rs":
        "fn load() -> Features {\n    let f = load_features(&path).unwrap();\n    f\n}\n",
    },
    finds: ["parse-unchecked src/bot.rs:2"],
  },
  {
    case: "a test that is skipped",
    before: { "app/test/cart.test.ts": "it('adds', () => {});\n" },
    after: { "app/test/cart.test.ts": "it.skip('adds', () => {});\n" },
    finds: ["test-skipped app/test/cart.test.ts:1"],
  },
  {
    case: "tests that are deleted",
    before: {
      "app/test/cart.test.ts": "it('adds', () => {});\nit('drops', () => {});\n",
      "app/cart.ts": "a\n",
    },
    after: { "app/cart.ts": "b\n" },
    finds: ["tests-removed app/test/cart.test.ts:1"],
  },
  {
    case: "tests that leave with their source",
    before: { "app/test/cart.test.ts": "it('adds', () => {});\n", "app/cart.ts": "a\n" },
    after: {},
    finds: [],
  },
  {
    case: "a try that may take longer than the whole",
    before: { "mesh/route.yaml": "timeout: 3s\nretries:\n  perTryTimeout: 1s\n" },
    after: { "mesh/route.yaml": "timeout: 3s\nretries:\n  perTryTimeout: 5s\n" },
    finds: ["timeout-over-deadline mesh/route.yaml:3"],
  },
  {
    case: "a back end slower than the gateway allows, in JSON",
    after: {
      "gateway.json":
        '{ "requestTimeoutMs": 2000,\n "backends": { "stock": {\n "timeoutMs": 9000 } } }\n',
    },
    finds: ["timeout-over-deadline gateway.json:3"],
  },
  {
    case: "timeouts in other units and of other things",
    after: {
      "app.yaml": "timeout: 3\nupstream:\n  readTimeout: 5s\njobs:\n  clean:\n    timeout: 1h\n",
    },
    finds: [],
  },
  {
    case: "a health check that takes longer than its interval",
    after: { "lb.yaml": "healthCheck:\n  interval: 5s\n  timeout: 10s\n" },
    finds: ["timeout-over-deadline lb.yaml:3"],
  },
  {
    case: "a client that waits longer than its context, in Go and Python",
    after: {
      "app/a.go":
        "package a\n\nfunc load(ctx context.Context) {\n\tctx, cancel := context.WithTimeout(ctx, 2*time.Second)\n\tc := http.Client{Timeout: 10 * time.Second}\n}\n",
      "app/a.py":
        "async def load():\n    return await asyncio.wait_for(client.get(url, timeout=10), timeout=2)\n",
    },
    finds: ["timeout-over-deadline app/a.go:3", "timeout-over-deadline app/a.py:2"],
  },
  {
    case: "alerts removed, loosened and renamed",
    before: {
      "alerts.yaml":
        "groups:\n- name: shop\n  rules:\n  - alert: Errors\n    expr: rate(errors[5m]) > 0.01\n    for: 5m\n    labels: { severity: page }\n  - alert: Slow\n    expr: latency > 2\n  - alert: Old\n    expr: up == 0\n",
    },
    after: {
      "alerts.yaml":
        "groups:\n- name: shop\n  rules:\n  - alert: Errors\n    expr: rate(errors[5m]) > 0.2\n    for: 5m\n    labels: { severity: page }\n  - alert: New\n    expr: up == 0\n",
    },
    finds: ["alert-loosened alerts.yaml:5", "alert-removed alerts.yaml:8"],
  },
  {
    case: "an alert made stricter and one moved",
    before: { "a.yaml": "- alert: Errors\n  expr: errors > 5\n- alert: Down\n  expr: up == 0\n" },
    after: {
      "a.yaml": "- alert: Errors\n  expr: errors > 1\n",
      "b.yaml": "- alert: Down\n  expr: up == 0\n",
    },
    finds: [],
  },
  {
    case: "an objective lowered",
    before: { "slo.yaml": "slos:\n  - name: availability\n    objective: 99.9\n" },
    after: { "slo.yaml": "slos:\n  - name: availability\n    objective: 95\n" },
    finds: ["alert-loosened slo.yaml:3"],
  },
  {
    case: "a flag removed while code reads it",
    before: {
      "config/flags.yaml": "new-cart:\n  enabled: true\nold-cart:\n  enabled: true\n",
      "app/a.ts": "if (flag('new-cart')) go();\n",
    },
    after: {
      "config/flags.yaml": "old-cart:\n  enabled: true\n",
      "app/a.ts": "if (flag('new-cart')) go();\n\n",
    },
    finds: ["flag-removed-while-read config/flags.yaml:1"],
  },
  {
    case: "a flag removed with its last reader",
    before: {
      "config/flags.yaml": "new-cart:\n  enabled: true\nold-cart:\n  enabled: true\n",
      "app/a.ts": "if (flag('new-cart')) go();\n",
    },
    after: { "config/flags.yaml": "old-cart:\n  enabled: true\n", "app/a.ts": "go();\n" },
    finds: [],
  },
  {
    case: "a flag with another meaning",
    before: { "deploy.yaml": "hosts: [a]\nflag_pp: {enabled: false, meaning: power-peg}\n" },
    after: { "deploy.yaml": "hosts: [a]\nflag_pp: {enabled: true, meaning: retail-liquidity}\n" },
    finds: ["flag-reused deploy.yaml:2"],
  },
  {
    case: "a flag whose wording is polished",
    before: {
      "flags.json":
        '{ "flags": { "new-cart": { "description": "shows the new cart to everybody" } } }\n',
    },
    after: {
      "flags.json":
        '{ "flags": { "new-cart": { "description": "shows the new cart to everybody now" } } }\n',
    },
    finds: [],
  },
  {
    case: "calls in tests are quiet",
    after: { "app/test/cart.test.ts": "const r = await fetch(url);\n" },
    finds: [],
  },
];

describe("code source", () => {
  it.each(CASES.map((one) => [one.case, one] as const))("%s", async (_, one) => {
    expect(await find(one.before ?? {}, one.after)).toEqual([...one.finds].sort());
    // Already bad: nothing is reported when the bad text stands on both sides.
    const touched = Object.fromEntries(
      Object.entries(one.after).map(([path, text]) => [path, `${text}\n`]),
    );
    expect(await find(one.after, touched)).toEqual([]);
  });

  it("says by tags how a delete grew", async () => {
    const { deltas } = await CODE_SOURCE.read(
      changed(
        { "a.cs": "snapshotDb.DeleteAsync(x);\n" },
        { "a.cs": "sqlServer.DeleteAsync(x);\n" },
      ),
      world({}),
    );
    expect(deltas[0]?.tags).toEqual(["level-rises", "parent"]);
  });

  it("reports what nobody wrote", async () => {
    const text = `a();\nx = ${"1;".repeat(3_000)}\nawait fetch(u);\n`;
    const { deltas, gaps } = await CODE_SOURCE.read(changed({}, { "a.ts": text }), world({}));
    expect(deltas.map((one) => `${one.aspect}:${one.line}`)).toEqual(["unread-code:2"]);
    expect(gaps).toEqual([]);
  });

  it("reports what it does not read", async () => {
    const long = changed({}, { "a.ts": `x = ${"1;".repeat(600_000)}` });
    expect((await CODE_SOURCE.read(long, world({}))).gaps.map((one) => one.code)).toEqual([
      "too-large",
    ]);
    const deep = changed({}, { "a.ts": `x = fetch${"(\n".repeat(5_000)}` });
    expect((await CODE_SOURCE.read(deep, world({}))).gaps.map((one) => one.code)).toEqual([
      "too-deep",
    ]);
  });
});
