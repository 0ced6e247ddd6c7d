import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertNone, exists, type Module, readModule } from "../support/modules.ts";

/** What the process that sends adverts must not even load. */
const NOT_IN_ELECTOR = /^(zod|smol-toml|toml(\/.*)?|undici|node:https?)$|^src\/config\//;

/** Everything that loads when `root` does: files and packages, each with the chain that leads to it. */
function reach(root: string, load: (file: string) => Module): Map<string, string> {
  const chains = new Map([[root, root]]);
  for (const [file, chain] of chains) {
    if (!file.endsWith(".ts")) continue;
    for (const { kind, from, file: target = from } of load(file).imports) {
      if (kind === "static" && !chains.has(target)) chains.set(target, `${chain} → ${target}`);
    }
  }
  return chains;
}

function chainsTo(root: string, wanted: (target: string) => boolean): string[] {
  return [...reach(root, readExisting)].filter(([target]) => wanted(target)).map(([, chain]) => chain);
}

/** A file that is missing is the compiler's to report. */
function readExisting(file: string): Module {
  return exists(file) ? readModule(file) : { file, source: "", tokens: [], imports: [] };
}

describe("what loads at start", () => {
  it("the elector's process has no parser, no schema, no HTTP and no cluster file", () => {
    assertNone(
      chainsTo("src/daemon.ts", (target) => NOT_IN_ELECTOR.test(target)),
      "Whatever may take long belongs to the balancer: cut the chain at its last arrow, with `import type` or a message.",
    );
  });

  it("the command line answers --version and --help without any package", () => {
    assertNone(
      chainsTo("src/cli.ts", (target) => !target.startsWith("src/") && !target.startsWith("node:")),
      "Load the verb lazily: `await import(…)` in the branch that needs it.",
    );
  });

  it("is followed through files, but not through types and lazy imports", () => {
    const sources = new Map([
      ["src/a.ts", [`src/b.ts static`, `src/c.ts type`, `src/d.ts dynamic`]],
      ["src/b.ts", [`zod static`, `src/a.ts static`]],
    ]);
    const load = (file: string): Module => {
      const imports = (sources.get(file) ?? []).map((text) => {
        const [from = "", word] = text.split(" ");
        const kind = word === "static" || word === "type" ? word : "dynamic";
        return { from, file: from.includes("/") ? from : undefined, kind, names: [], line: 1 } as const;
      });
      return { file, source: "", tokens: [], imports };
    };
    assert.deepEqual(
      [...reach("src/a.ts", load)],
      [
        ["src/a.ts", "src/a.ts"],
        ["src/b.ts", "src/a.ts → src/b.ts"],
        ["zod", "src/a.ts → src/b.ts → zod"],
      ],
    );
  });
});
