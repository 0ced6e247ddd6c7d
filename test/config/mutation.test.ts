import assert from "node:assert/strict";
import { it } from "node:test";
import { loadCluster } from "../../src/config/load.ts";
import { renderIssues } from "../../src/config/render.ts";
import { settingsFor } from "../../src/config/settings.ts";
import { Random } from "../../src/sim/random.ts";
import { filesUnder, readSource } from "../support/modules.ts";

const INPUTS = 400;
const SEED = 1;
const FRAGMENTS = [
  "=",
  '"',
  "[",
  "]",
  "{",
  "}",
  "\n",
  ".",
  "-1",
  "nan",
  "true",
  "__proto__",
  "[[a]]\n",
  "\u0000",
  "\ud800",
  "é",
  "x = 1\n",
  "255",
  '"::1"',
];

function mutate(text: string, random: Random): string {
  let result = text;
  for (let left = random.whole(1, 3); left > 0; left--) {
    const at = random.whole(0, result.length);
    const removed = random.whole(0, random.pick([0, 1, 5, 40]));
    const put = random.chance(0.7) ? random.pick(FRAGMENTS) : result.slice(at, at + random.whole(1, 60));
    result = result.slice(0, at) + put + result.slice(at + removed);
  }
  return result;
}

it(`${INPUTS} damaged files are read or refused, and never thrown at anyone`, (context) => {
  const random = new Random(SEED);
  const files = filesUnder(["examples"], /\.toml$/).map(readSource);
  let refused = 0;
  for (let index = 0; index < INPUTS; index++) {
    const text = mutate(random.pick(files), random);
    const result = loadCluster(text, "f");
    const issues = result.kind === "ok" ? result.warnings : result.issues;
    for (const shown of renderIssues(issues, text)) assert.match(shown, /^f(:\d+:\d+)?: (error|warning): ./);
    if (result.kind === "bad") {
      refused++;
      assert(
        issues.some(({ severity }) => severity === "error"),
        text,
      );
    } else {
      for (const director of Object.keys(result.cluster.directors)) settingsFor(result.cluster, director);
    }
  }
  context.diagnostic(`${refused} refused`);
  assert(refused > INPUTS / 4 && refused < INPUTS, `${refused} refused`);
});
