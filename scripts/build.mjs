// Builds everything that is not in git: dgram-extras (one compiler call, and its TypeScript), then the program.
// @ts-check
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
const addon = join(root, "packages/dgram-extras");
const sources = readdirSync(join(addon, "native")).map((name) => join(addon, "native", name));
const binary = join(addon, "dist/dgram_extras.node");

buildAddon();
run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-b", addon]);
await bundle();

function buildAddon() {
  const changedMs = Math.max(...sources.map((source) => statSync(source).mtimeMs));
  if (existsSync(binary) && statSync(binary).mtimeMs > changedMs) return;
  const compiler = process.env["CC"] ?? "cc";
  if (spawnSync(compiler, ["--version"]).error !== undefined) {
    fail(`no C compiler (${compiler}): install the Debian packages gcc and libc6-dev, then run this again`);
  }
  const headers = headerFolder();
  mkdirSync(dirname(binary), { recursive: true });
  const unfinished = `${binary}.${process.pid}`; // never seen by a process that loads the binary just now
  run(compiler, [
    "-std=gnu11",
    "-O2",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-fPIC",
    "-shared",
    "-pthread",
    `-I${headers}`,
    ...sources.filter((source) => source.endsWith(".c")),
    "-o",
    unfinished,
  ]);
  renameSync(unfinished, binary);
}

/**
 * Into few files: to find and open hundreds of modules takes Node.js longer than to compile them. What loads late in a
 * daemon keeps its name: a newer version may have been installed by then.
 */
async function bundle() {
  // Complete before it takes the place of the last one, which a director may be running from.
  const unfinished = join(root, `dist.new.${process.pid}`);
  const outdated = join(root, `dist.old.${process.pid}`);
  const { metafile } = await build({
    absWorkingDir: root,
    metafile: true,
    entryPoints: ["src/cli.ts", "src/balancer.ts", "src/probes/http.ts", "src/delivery/webhook.ts"],
    outdir: unfinished,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    // The last two are CommonJS, and ask for modules of Node.js by `require`.
    external: ["dgram-extras", "pino", "undici"],
    plugins: [{ name: "english", setup: leaveOutLocales }],
    logLevel: "warning",
  });
  writeFileSync(join(unfinished, "LICENSES"), licensesOf(Object.keys(metafile.inputs)));
  if (existsSync(join(root, "dist"))) renameSync(join(root, "dist"), outdated);
  renameSync(unfinished, join(root, "dist"));
  rmSync(outdated, { recursive: true, force: true });
}

/** Of the packages that are part of what was built. @param {string[]} files */
function licensesOf(files) {
  const packages = files.flatMap(
    (file) => /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? [],
  );
  const texts = [...new Set(packages)].toSorted().map((name) => {
    const folder = join(root, "node_modules", name);
    const license = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
    if (license === undefined) fail(`${name} has no license beside its package.json`);
    return `${name}\n\n${readFileSync(join(folder, license), "utf8")}`;
  });
  return texts.join("\n\n");
}

/** Of zod: its messages in sixty languages, which nobody sees. @param {import("esbuild").PluginBuild} build */
function leaveOutLocales(build) {
  build.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({ contents: "" }));
}

/** Where node_api.h and uv.h are: as npm says, beside the running node, or the system's. */
function headerFolder() {
  const named = process.env["npm_config_nodedir"];
  const candidates = [
    ...(named === undefined ? [] : [join(named, "include/node")]),
    join(dirname(process.execPath), "../include/node"),
    "/usr/include/node",
  ];
  const found = candidates.find(
    (folder) => existsSync(join(folder, "node_api.h")) && existsSync(join(folder, "uv.h")),
  );
  if (found === undefined)
    fail(
      `no Node.js headers in ${candidates.join(", ")}: install the Debian package libnode-dev, or set npm_config_nodedir`,
    );
  return found;
}

/** @param {string} command @param {string[]} args */
function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (error !== undefined) fail(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(`build: ${message}`);
  process.exit(1);
}
