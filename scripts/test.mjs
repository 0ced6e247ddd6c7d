// Runs the tests: all of them, or the suites named on the command line.
// Node 20's runner takes neither globs nor folders of .ts files, so they are found here.
// @ts-check
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

/** They boot a kernel of their own where the host's has no IPVS, and compute on one processor. */
const GUESTS = ["demo", "ipvs", "marked-services", "user-mode-linux"].map(
  (name) => `test/lab/${name}.test.ts`,
);

/**
 * What shares the machine well runs two at a time; what measures wires runs alone.
 * @type {Record<string, { files: string[], concurrency: number }>}
 */
const SUITES = {
  rules: { files: testFiles("test/rules"), concurrency: 2 },
  unit: {
    files: [
      ..."net netlink vrrp ipvs checks notify elector balance config channel linux probes delivery control log examples"
        .split(" ")
        .flatMap((name) => testFiles(`test/${name}`)),
      ...testFiles("packages/dgram-extras/test"),
    ],
    concurrency: 2,
  },
  sim: { files: testFiles("test/sim"), concurrency: 2 },
  fuzz: { files: testFiles("test/fuzz"), concurrency: 2 },
  lab: {
    files: [...testFiles("test/lab"), ...testFiles("test/interop")].filter((file) => !GUESTS.includes(file)),
    concurrency: 1,
  },
  guests: { files: GUESTS, concurrency: 1 },
};

/** One after the other; what stands together runs together: the lab waits most of the time. */
const STAGES = [["rules"], ["unit"], ["sim"], ["fuzz"], ["lab", "guests"]];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(SUITES, name));
if (unknown.length > 0) {
  console.error(`unknown suite: ${unknown.join(", ")} (known: ${Object.keys(SUITES).join(", ")})`);
  process.exit(2);
}

if (wanted.length === 0) must([await run("npm", ["run", "check"], "inherit")]);
for (const stage of STAGES) {
  const names = stage.filter((name) => (wanted.length === 0 ? name !== "rules" : wanted.includes(name)));
  const endings = await Promise.all(
    names.map((name, index) => runSuite(name, index === 0 ? "inherit" : "pipe")),
  );
  // Not between the lines of the other: what failed stands at the end.
  for (const { text } of endings) process.stdout.write(text);
  must(endings);
}

/** @param {string} name @param {"inherit" | "pipe"} output shown as it comes, or collected */
async function runSuite(name, output) {
  const { files = [], concurrency } = SUITES[name] ?? {};
  const flags = [
    "-C",
    "source",
    "--expose-gc",
    "--import",
    "tsx",
    // Says again at its end what failed, where a build server that keeps only the end still shows it.
    "--test-reporter=spec",
    "--test",
    `--test-concurrency=${concurrency}`,
  ];
  const title = `\n# ${name}: ${files.length} files`;
  if (output === "inherit") console.log(title);
  const { status, text } = await run(process.execPath, [...flags, ...files], output);
  return { status, text: output === "inherit" ? "" : `${title}\n${text}` };
}

/** @param {string} folder @returns {string[]} */
function testFiles(folder) {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => join(folder, file))
    .sort();
}

/**
 * @param {string} command @param {string[]} args @param {"inherit" | "pipe"} output
 * @returns {Promise<{ status: number, text: string }>}
 */
function run(command, args, output) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ["inherit", output, output] });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (part) => {
        text += part;
      });
    }
    child.once("error", reject);
    child.once("close", (status) => resolve({ status: status ?? 1, text }));
  });
}

/** @param {readonly { status: number }[]} endings */
function must(endings) {
  const failed = endings.find(({ status }) => status !== 0);
  if (failed !== undefined) process.exit(failed.status);
}
