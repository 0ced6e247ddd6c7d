import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertNone, filesUnder, type Module, parseModule, readModule } from "../support/modules.ts";
import type { Token } from "../support/tokens.ts";

const CORE = ["net", "netlink", "vrrp", "ipvs", "checks", "notify", "elector", "balance", "config"];
const EDGES = ["channel", "linux", "probes", "delivery", "control", "log"];

/** Which folders of `src` each folder may import, beside itself. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  net: [],
  netlink: ["net"],
  vrrp: ["net", "netlink"],
  ipvs: ["net", "netlink"],
  checks: ["net", "netlink"],
  notify: ["net", "netlink", "vrrp", "ipvs", "checks", "balance"],
  elector: ["net", "netlink", "vrrp"],
  balance: ["net", "netlink", "ipvs", "checks"],
  config: CORE,
  host: CORE,
  sim: CORE,
  ...Object.fromEntries(EDGES.map((edge) => [edge, [...CORE, "host", ...EDGES]])),
  control: [...CORE, "host", ...EDGES, "sim"],
};

const PURE = new Set([...CORE, "host", "sim"]);

/** The packages a pure folder may import. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  config: ["zod", "smol-toml", "toml/lib/parser.js", "toml/lib/compiler.js"],
};

/** Clock, randomness, timers, process, output, promises: the core gets them as arguments, or not at all. */
const BANNED = new Set(
  [
    "Date performance process console globalThis crypto fetch Buffer",
    "setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate queueMicrotask",
    "async await Promise",
  ].flatMap((words) => words.split(" ")),
);

function folderOf(file: string): string | undefined {
  return /^src\/([^/]+)\//.exec(file)?.[1];
}

/** Imports that go against the arrows; modules at the top of `src` are roots: they import all and nobody imports them. */
function wrongArrows(module: Module): string[] {
  const folder = folderOf(module.file);
  if (folder === undefined) return [];
  const allowed = ARROWS[folder];
  if (allowed === undefined) return [`${module.file}: the folder ${folder} is not in the table of arrows`];
  return module.imports
    .filter(({ file }) => file !== undefined && file !== "packages/dgram-extras/src/index.ts")
    .filter(({ file = "" }) => {
      const other = folderOf(file);
      return other === undefined || (other !== folder && !allowed.includes(other));
    })
    .map(({ from, line }) => `${module.file}:${line} imports ${from}: ${folder} may not`);
}

function impurities(module: Module): string[] {
  const folder = folderOf(module.file) ?? "";
  if (!PURE.has(folder)) return [];
  const imports = module.imports
    .filter(({ from }) => !from.startsWith(".") && !PACKAGES[folder]?.includes(from))
    .map(({ from, line }) => `${module.file}:${line} imports ${from}`);
  const globals = module.tokens
    .filter((token, index) => isBannedGlobal(module.tokens, token, index))
    .map(({ text, line }) => `${module.file}:${line} uses ${text}`);
  return [...imports, ...globals];
}

function isBannedGlobal(tokens: readonly Token[], token: Token, index: number): boolean {
  if (token.kind !== "word") return false;
  const [before, next] = [tokens[index - 1]?.text ?? "", tokens[index + 1]?.text];
  if (token.text === "random") return before === "." && tokens[index - 2]?.text === "Math";
  if (!BANNED.has(token.text) || before === "." || before === "?.") return false;
  if (isDeclared(tokens, token.text)) return false;
  const isKey = next === ":" && ["{", ",", ";", "readonly"].includes(before);
  return !isKey;
}

/** A file may have a name of its own that sounds like a global. */
function isDeclared(tokens: readonly Token[], name: string): boolean {
  return tokens.some(
    ({ text }, index) => text === name && ["const", "let"].includes(tokens[index - 1]?.text ?? ""),
  );
}

describe("the arrows of src", () => {
  const modules = filesUnder(["src"], /\.ts$/).map(readModule);

  it("point from the edges to the core, and in the core from the elector and the balancer to net", () => {
    assertNone(
      modules.flatMap(wrongArrows),
      "net ← netlink ← vrrp | ipvs | checks ← elector | balance ← config; edges import the core.\n" +
        "Move the shared noun down to the folder both may import, or hand it over as an argument.",
    );
  });

  it("and the pure folders ask nobody for time, chance or I/O", () => {
    assertNone(
      modules.flatMap(impurities),
      "Take it as an argument, or return it as an action, for the edge to perform.",
    );
  });
});

describe("the rules see", () => {
  const violations = (file: string, source: string) => {
    const module = parseModule(file, source);
    return wrongArrows(module).length + impurities(module).length;
  };
  const cases: [string, string, string, number][] = [
    ["an import upwards", "src/net/a.ts", `import { x } from "../vrrp/x.ts";`, 1],
    ["an import of types upwards", "src/net/a.ts", `import type { X } from "../netlink/x.ts";`, 1],
    ["an import between neighbours", "src/vrrp/a.ts", `import { x } from "../ipvs/x.ts";`, 1],
    ["a re-export upwards", "src/vrrp/a.ts", `export { x } from "../elector/x.ts";`, 1],
    ["an import of an edge", "src/elector/a.ts", `import { x } from "../linux/x.ts";`, 1],
    ["an import of a root", "src/linux/a.ts", `import { x } from "../daemon.ts";`, 1],
    ["an import out of src", "src/linux/a.ts", `import { x } from "../../test/support/x.ts";`, 1],
    ["a new folder", "src/misc/a.ts", "", 1],
    ["an import downwards", "src/elector/a.ts", `import { x } from "../net/x.ts";`, 0],
    ["the native package at an edge", "src/linux/a.ts", `import { x } from "dgram-extras";`, 0],
    ["the native package in the core", "src/vrrp/a.ts", `import { x } from "dgram-extras";`, 1],
    ["node: in the core", "src/vrrp/a.ts", `import { x } from "node:net";`, 1],
    ["zod in config", "src/config/a.ts", `import { z } from "zod";`, 0],
    ["zod elsewhere in the core", "src/checks/a.ts", `import { z } from "zod";`, 1],
    ["a clock", "src/vrrp/a.ts", "const now = Date.now();", 1],
    ["chance", "src/sim/a.ts", "const x = Math.random();", 1],
    ["chance that was handed over", "src/sim/a.ts", "const x = this.random();", 0],
    ["a timer", "src/checks/a.ts", "setTimeout(f, 1);", 1],
    ["a promise", "src/checks/a.ts", "async function f() {}", 1],
    ["a key that only sounds like a global", "src/checks/a.ts", "const x = { process: 1 }; x.process++;", 0],
    ["a global in a comment or a string", "src/checks/a.ts", `// Date\nconst x = "console";`, 0],
    ["a name of its own", "src/sim/a.ts", "const process = new Process(); process.start();", 0],
    ["a clock at an edge", "src/linux/a.ts", "performance.now();", 0],
  ];
  for (const [name, file, source, count] of cases) {
    it(name, () => assert.equal(violations(file, source), count));
  }
});
