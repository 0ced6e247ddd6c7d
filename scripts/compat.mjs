// Runs test suites under other versions of Node.js: `npm run compat -- 22 24` (all suites), or `-- 22 --suites unit,sim`.
// Each version comes from the npm registry into a folder of its own, which is removed at the end.
// @ts-check
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parseArgs } from "node:util";

const root = join(import.meta.dirname, "..");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { suites: { type: "string", default: "unit,sim,fuzz,lab,guests" } },
});
if (positionals.length === 0) {
  console.error("usage: npm run compat -- VERSION… [--suites unit,sim,fuzz,lab,guests]");
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), "keelson-compat-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const version of positionals) {
  const prefix = join(folder, version);
  run("npm", ["install", "--no-save", "--prefix", prefix, `node@${version}`], process.env);
  const binaries = join(prefix, "node_modules/.bin");
  // First in the path: `bin/keelson` asks for `node`, whoever starts it.
  const env = { ...process.env, PATH: `${binaries}${delimiter}${process.env["PATH"] ?? ""}` };
  run(join(binaries, "node"), ["--version"], env);
  run(join(binaries, "node"), [join(root, "scripts/test.mjs"), ...values.suites.split(",")], env);
}

/** @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} env */
function run(command, args, env) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit", env });
  if (error !== undefined) console.error(`compat: ${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}
