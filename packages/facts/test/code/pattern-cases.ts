// biome-ignore-all lint/suspicious/noTemplateCurlyInString: expressions of other languages
import type { Language } from "../../src/code/language.ts";

export type PatternCase = {
  readonly pattern: string;
  readonly language: Language;
  readonly bad: string;
  readonly line: number;
  readonly before?: string;
  readonly path?: string;
  readonly good?: readonly string[];
};

const py = (
  pattern: string,
  line: number,
  bad: string,
  good: readonly string[] = [],
): PatternCase => ({ pattern, language: "python", line, bad, good });
const js = (
  pattern: string,
  line: number,
  bad: string,
  good: readonly string[] = [],
): PatternCase => ({ pattern, language: "javascript", line, bad, good });
const go = (
  pattern: string,
  line: number,
  body: string,
  good: readonly string[] = [],
): PatternCase => ({
  pattern,
  language: "go",
  line: line + 3,
  bad: `package a\n\nfunc f() error {\n${body}\n}\n`,
  good: good.map((one) => `package a\n\nfunc f() error {\n${one}\n}\n`),
});
const java = (
  pattern: string,
  line: number,
  body: string,
  good: readonly string[] = [],
): PatternCase => ({
  pattern,
  language: "java",
  line: line + 1,
  bad: `class A {\n${body}\n}\n`,
  good: good.map((one) => `class A {\n${one}\n}\n`),
});
const method = (text: string): string => `void f() { ${text} }`;

export const CASES: readonly PatternCase[] = [
  py("python-requests", 2, "import requests\nr = requests.get(url, headers=h)\n", [
    "import requests\nr = requests.get(url, timeout=3)\n",
    "import requests\nr = requests.get(url, **options)\n",
  ]),
  py("python-disabled", 2, "import httpx\nc = httpx.AsyncClient(timeout=None)\n", [
    "import httpx\nc = httpx.AsyncClient(timeout=5)\n",
  ]),
  py("python-urlopen", 2, "import urllib.request\nx = urllib.request.urlopen(url)\n", [
    "import urllib.request\nx = urllib.request.urlopen(url, timeout=2)\n",
  ]),
  py("python-connection", 2, "import smtplib\ns = smtplib.SMTP(host)\n", [
    "import smtplib\ns = smtplib.SMTP(host, timeout=4)\n",
  ]),
  py("python-psycopg", 2, "import psycopg2\nc = psycopg2.connect(host=h)\n", [
    "import psycopg2\nc = psycopg2.connect(host=h, connect_timeout=3)\n",
  ]),
  py("python-redis", 2, "import redis\nr = redis.Redis(host=h)\n", [
    "import redis\nr = redis.Redis(host=h, socket_timeout=1)\n",
  ]),
  js(
    "js-fetch",
    2,
    "export async function price() {\n  return await fetch(`https://prices.example.com/${id}`);\n}\n",
    [
      "export const price = () => fetch(url, { signal: AbortSignal.timeout(500) });\n",
      "export const price = (options) => fetch(url, options);\n",
      "export const price = () => Promise.race([fetch(url), late(500)]);\n",
      "export const page = () => fetch('/api/cart');\n",
    ],
  ),
  js(
    "js-axios",
    2,
    "import axios from 'axios';\nconst r = await axios.get(url, { headers: h });\n",
    [
      "import axios from 'axios';\nconst r = await axios.get(url, { timeout: 500 });\n",
      "import axios from 'axios';\naxios.defaults.timeout = 500;\nconst r = await axios.get(url);\n",
    ],
  ),
  js("js-got", 2, "import got from 'got';\nconst r = await got(url, { json: body });\n", [
    "import got from 'got';\nconst r = await got(url, { timeout: { request: 500 } });\n",
  ]),
  js(
    "js-node-http",
    2,
    "import https from 'node:https';\nhttps.get(url, (res) => res.resume());\n",
    ["import https from 'node:https';\nhttps.get(url, { timeout: 500 }, (res) => res.resume());\n"],
  ),
  js("js-pg", 2, "import { Pool } from 'pg';\nconst p = new Pool({ host });\n", [
    "import { Pool } from 'pg';\nconst p = new Pool({ host, connectionTimeoutMillis: 500 });\n",
  ]),
  js("js-disabled", 2, "import axios from 'axios';\nconst c = axios.create({ timeout: 0 });\n", [
    "import axios from 'axios';\nconst c = axios.create({ timeout: 10 });\n",
  ]),
  go("go-http-default", 1, "\tr, err := http.Get(url)\n\treturn err", [
    "\tr, err := client.Get(url)\n\treturn err",
  ]),
  go("go-http-default-do", 1, "\tr, err := http.DefaultClient.Do(req)\n\treturn err", [
    "\treq, _ := http.NewRequestWithContext(ctx, m, u, nil)\n\tr, err := http.DefaultClient.Do(req)\n\treturn err",
  ]),
  go("go-http-client", 1, "\tc := &http.Client{Transport: t}\n\treturn nil", [
    "\tc := &http.Client{Timeout: 3 * time.Second}\n\treturn nil",
  ]),
  go("go-http-client-zero", 1, "\tc := &http.Client{Timeout: 0}\n\treturn nil"),
  go("go-net-dial", 1, '\tc, err := net.Dial("tcp", addr)\n\treturn err', [
    '\tc, err := net.DialTimeout("tcp", addr, time.Second)\n\treturn err',
    '\tc, err := net.Dial("udp", addr)\n\treturn err',
  ]),
  java("java-url-stream", 1, method("InputStream in = url.openStream();")),
  java("java-http-client", 1, method("HttpRequest r = HttpRequest.newBuilder().uri(u).build();"), [
    method("HttpRequest r = HttpRequest.newBuilder().uri(u).timeout(d).build();"),
  ]),
  java("java-rest-template", 1, method("RestTemplate t = new RestTemplate();"), [
    method("RestTemplate t = new RestTemplate(factory);"),
  ]),
  java("java-apache-client", 1, method("CloseableHttpClient c = HttpClients.createDefault();")),
  java("java-okhttp-zero", 1, method("b.readTimeout(0, TimeUnit.SECONDS);"), [
    method("b.readTimeout(10, TimeUnit.SECONDS);"),
  ]),
  java("java-jdbc", 1, method("Connection c = DriverManager.getConnection(url);"), [
    method('Connection c = DriverManager.getConnection("jdbc:x?socketTimeout=5");'),
  ]),
  java("java-socket", 1, method("Socket s = new Socket(host, port);")),

  py(
    "python-tenacity-no-stop",
    2,
    "from tenacity import retry, wait_random_exponential\n@retry(wait=wait_random_exponential())\ndef f():\n    pass\n",
    [
      "from tenacity import retry, stop_after_attempt\n@retry(stop=stop_after_attempt(3))\ndef f():\n    pass\n",
    ],
  ),
  py(
    "python-retrying-no-stop",
    2,
    "from retrying import retry\n@retry(wait_fixed=2)\ndef f():\n    pass\n",
  ),
  py(
    "python-backoff-no-max",
    2,
    "import backoff\n@backoff.on_exception(backoff.expo, OSError)\ndef f():\n    pass\n",
    [
      "import backoff\n@backoff.on_exception(backoff.expo, OSError, max_tries=4)\ndef f():\n    pass\n",
    ],
  ),
  js("js-retry-forever", 1, "await retry(load, { forever: true });\n"),
  java("java-retry-forever", 1, "@Retryable(maxAttempts = Integer.MAX_VALUE) void f() { }", [
    "@Retryable(maxAttempts = 3) void f() { }",
  ]),
  go(
    "go-retry-forever",
    2,
    "\tb := backoff.NewExponentialBackOff()\n\tb.MaxElapsedTime = 0\n\treturn nil",
  ),
  py(
    "python-tenacity-no-jitter",
    2,
    "from tenacity import retry, stop_after_attempt, wait_fixed\n@retry(stop=stop_after_attempt(3), wait=wait_fixed(2))\ndef f():\n    pass\n",
    [
      "from tenacity import retry, stop_after_attempt, wait_fixed, wait_random\n@retry(stop=stop_after_attempt(3), wait=wait_fixed(2) + wait_random(0, 1))\ndef f():\n    pass\n",
    ],
  ),
  py(
    "python-backoff-no-jitter",
    2,
    "import backoff\n@backoff.on_exception(backoff.expo, OSError, max_tries=3, jitter=None)\ndef f():\n    pass\n",
  ),
  js("js-no-randomize", 1, "await retry(load, { retries: 3, randomize: false });\n"),
  java("java-fixed-backoff", 1, "@Retryable(backoff = @Backoff(delay = 100)) void f() { }", [
    "@Retryable(backoff = @Backoff(delay = 100, random = true)) void f() { }",
  ]),
  go("go-no-randomization", 1, "\tb := backoff.NewConstantBackOff(time.Second)\n\treturn nil"),
  py(
    "python-nested-retry",
    2,
    "from tenacity import retry, stop_after_attempt\n@retry(stop=stop_after_attempt(3))\ndef f():\n    s = HTTPAdapter(max_retries=3)\n",
    [
      "from tenacity import retry, stop_after_attempt\n@retry(stop=stop_after_attempt(3))\ndef f():\n    return load()\n",
    ],
  ),
  js("js-nested-retry", 1, "await pRetry(() => got(url), { retries: 3 });\n", [
    "await pRetry(() => load(url), { retries: 3 });\n",
  ]),
  go("go-nested-retry", 1, "\treturn backoff.Retry(func() error { return retry.Do(call) }, b)"),
  java(
    "java-nested-retry",
    1,
    "@Retryable(maxAttempts = 3) void f() { retryTemplate.execute(c -> g()); }",
  ),
  py(
    "python-retry-post",
    2,
    "from tenacity import retry, stop_after_attempt\n@retry(stop=stop_after_attempt(3))\ndef f():\n    requests.post(url, json=order, timeout=3)\n",
    [
      "from tenacity import retry, stop_after_attempt\n@retry(stop=stop_after_attempt(3))\ndef f():\n    requests.post(url, json=order, timeout=3, headers={'Idempotency-Key': key})\n",
    ],
  ),
  py("python-retry-any-method", 1, "r = Retry(total=3, allowed_methods=None)\n", [
    "r = Retry(total=3, allowed_methods=['GET'])\n",
  ]),
  py("python-retry-client-errors", 1, "r = Retry(total=3, status_forcelist=[400, 403, 502])\n", [
    "r = Retry(total=3, status_forcelist=[429, 502, 503])\n",
  ]),
  js("js-retry-post", 1, "await pRetry(() => api.post('/charge', order), { retries: 3 });\n", [
    "await pRetry(() => api.post('/charge', order, { headers: { 'Idempotency-Key': k } }), { retries: 3 });\n",
  ]),
  js("js-retry-any", 1, "axiosRetry(client, { retryCondition: () => true });\n", [
    "axiosRetry(client, { retryCondition: isNetworkError });\n",
  ]),
  java(
    "java-retry-post",
    1,
    "@Retryable(maxAttempts = 3) void f() { rest.postForObject(u, o, T.class); }",
  ),
  go(
    "go-retry-post",
    1,
    "\treturn backoff.Retry(func() error { _, err := c.Post(url); return http.Post(url) }, b)",
  ),

  py("python-queue", 2, "import queue\nq = queue.Queue()\n", [
    "import queue\nq = queue.Queue(100)\n",
    "import queue\nq = queue.Queue(maxsize=100)\n",
  ]),
  py(
    "python-cache",
    2,
    "from functools import lru_cache\n@lru_cache(maxsize=None)\ndef price(sku):\n    return load(sku)\n",
    [
      "from functools import lru_cache\n@lru_cache(maxsize=None)\ndef settings():\n    return load()\n",
      "from functools import lru_cache\n@lru_cache(maxsize=500)\ndef price(sku):\n    return load(sku)\n",
    ],
  ),
  java("java-queue", 1, "Queue<Order> q = new LinkedBlockingQueue<>();", [
    "Queue<Order> q = new LinkedBlockingQueue<>(1000);",
  ]),
  java("java-cache", 1, "Cache<K, V> c = Caffeine.newBuilder().build();", [
    "Cache<K, V> c = Caffeine.newBuilder().maximumSize(100).build();",
  ]),
  js("js-queue", 1, "const q = new PQueue();\n", ["const q = new PQueue({ concurrency: 4 });\n"]),
  go("go-cache", 1, "\tc := cache.New(cache.NoExpiration, time.Minute)\n\treturn nil"),

  js("js-empty-catch", 3, "function f() {\n  try { g(); }\n  catch (e) {}\n}\n", [
    "try { g(); } catch (e) { log(e); }\n",
    "try { g(); } catch { /* the file may be gone */ }\n",
  ]),
  py("python-except-pass", 3, "try:\n    f()\nexcept Exception:\n    pass\n", [
    "try:\n    f()\nexcept KeyError:\n    pass\n",
    "try:\n    f()\nexcept Exception as e:\n    log(e)\n",
  ]),
  java("java-empty-catch", 1, method("try { g(); } catch (Exception e) { }"), [
    method("try { g(); } catch (Exception ignored) { }"),
    method("try { g(); } catch (Exception e) { log(e); }"),
  ]),
  go("go-empty-branch", 2, "\terr := g()\n\tif err != nil {\n\t}\n\treturn nil", [
    "\terr := g()\n\tif err != nil {\n\t\treturn err\n\t}\n\treturn nil",
  ]),
  go("go-error-to-nil", 2, "\terr := g()\n\tif err != nil {\n\t\treturn nil\n\t}\n\treturn h()", [
    "\terr := g()\n\tif err != nil {\n\t\treturn err\n\t}\n\treturn nil",
  ]),
  go("go-blank", 1, "\t_ = store.Save(order)\n\treturn nil", ["\t_ = file.Close()\n\treturn nil"]),
  go("go-parse-blank", 1, "\tcfg, _ := config.LoadFile(path)\n\treturn nil", [
    "\tcfg, err := config.LoadFile(path)\n\treturn err",
  ]),
  go("go-parse-dropped", 1, "\tjson.Unmarshal(data, &cfg)\n\treturn nil", [
    "\treturn json.Unmarshal(data, &cfg)",
  ]),
  js("js-parse-asserted", 1, "const limit = loadConfig(path)!;\n"),
  java("java-optional-get", 1, method("User u = repo.findById(id).get();"), [
    method("User u = repo.findById(id).orElseThrow();"),
  ]),
  js("js-must-exit", 1, "process.on('uncaughtException', () => {});\n"),

  js("js-find-deref", 1, "const name = users.find((u) => u.id === id)!.name;\n", [
    "const name = users.find((u) => u.id === id)?.name;\n",
  ]),
  js("js-find-direct", 1, "const name = users.find((u) => u.id === id).name;\n", [
    "const name = users.find((u) => u.id === id)?.name;\n",
  ]),
  js("js-match-index", 1, "const id = text.match(/a(b)/)[1];\n", [
    "const id = text.match(/a(b)/)?.[1];\n",
  ]),
  py("python-match-group", 2, "import re\nx = re.match(r'a(b)', s).group(1)\n"),
  py("python-get-deref", 1, "x = config.get('limits')['max']\n", [
    "x = config.get('limits', {})['max']\n",
    "x = requests.get('u', timeout=1).json()\n",
  ]),
  java("java-map-deref", 1, method('String s = System.getenv("REGION").trim();'), [
    method('String s = System.getProperty("a", "b").trim();'),
  ]),

  py("python-year", 1, "d = today.replace(year=today.year + 1)\n"),
  py("python-date-constructor", 1, "d = date(today.year + 1, today.month, today.day)\n"),
  js("js-year", 1, "d.setFullYear(d.getFullYear() + 1);\n"),
  go(
    "go-year",
    1,
    "\td := time.Date(t.Year()+1, t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)\n\treturn nil",
  ),
  java(
    "java-year",
    1,
    method("LocalDate d = LocalDate.of(t.getYear() + 1, t.getMonth(), t.getDayOfMonth());"),
  ),
  py("python-wall-clock", 2, "import time\nwhile time.time() - start < 5:\n    poll()\n"),
  js("js-wall-clock", 1, "while (Date.now() - start < 500) poll();\n"),
  java(
    "java-wall-clock",
    1,
    method("while (System.currentTimeMillis() - start < 500) { poll(); }"),
  ),
];
