// Runs the tests: all of them, or the suites named on the command line.
// Node 20's runner takes neither globs nor folders of .ts files, so they are found here.
// @ts-check
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

/** What shares the machine well runs two at a time; what measures wires and kernels runs alone. */
const SUITES = {
  rules: { folders: ["test/rules"], concurrency: 2 },
  unit: {
    folders: [
      ..."net netlink vrrp ipvs checks notify elector balance config host channel linux probes delivery control log examples"
        .split(" ")
        .map((name) => `test/${name}`),
      "packages/dgram-extras/test",
    ],
    concurrency: 2,
  },
  sim: { folders: ["test/sim"], concurrency: 2 },
  fuzz: { folders: ["test/fuzz"], concurrency: 2 },
  lab: { folders: ["test/lab", "test/interop"], concurrency: 1 },
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(SUITES, name));
if (unknown.length > 0) {
  console.error(`unknown suite: ${unknown.join(", ")} (known: ${Object.keys(SUITES).join(", ")})`);
  process.exit(2);
}

if (wanted.length === 0) run("npm", ["run", "check"]);
for (const [name, suite] of Object.entries(SUITES)) {
  if (wanted.length === 0 ? name === "rules" : !wanted.includes(name)) continue;
  const files = suite.folders.flatMap((folder) => testFiles(folder));
  if (files.length === 0) continue;
  console.log(`\n# ${name}: ${files.length} files`);
  const flags = [
    "-C",
    "source",
    "--expose-gc",
    "--import",
    "tsx",
    // Says again at its end what failed, where a build server that keeps only the end still shows it.
    "--test-reporter=spec",
    "--test",
    `--test-concurrency=${suite.concurrency}`,
  ];
  run(process.execPath, [...flags, ...files]);
}

/** @param {string} folder @returns {string[]} */
function testFiles(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => join(folder, file))
    .sort();
}

/** @param {string} command @param {string[]} args */
function run(command, args) {
  const { status, signal } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(signal === null ? (status ?? 1) : 1);
}
