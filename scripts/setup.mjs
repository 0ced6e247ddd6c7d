// Installs what is missing for the tests (`test`) or the demonstration (`demo`): Debian packages, npm packages, the build.
// It needs Node.js only, says each command before it runs it, starts and enables no service, and does nothing that is done.
// @ts-check
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");

/**
 * A Debian package, a file or command that proves it is there, and what goes without it.
 * @typedef {{ name: string, proof: string, purpose: string, units?: string[] }} DebianPackage
 */

/** @type {DebianPackage[]} */
const COMPILER = [
  { name: "gcc", proof: "gcc", purpose: "compiles dgram-extras: nothing works without it" },
  { name: "libc6-dev", proof: "/usr/include/stdio.h", purpose: "the headers for it" },
  ...(hasNodeHeaders()
    ? []
    : [{ name: "libnode-dev", proof: "/usr/include/node/node_api.h", purpose: "node_api.h for it" }]),
];

/** @type {DebianPackage[]} */
const NAMESPACES = [
  { name: "iproute2", proof: "ip", purpose: "network namespaces: every lab and interop test" },
  { name: "procps", proof: "sysctl", purpose: "kernel settings inside the namespaces" },
];

/** @type {DebianPackage[]} */
const LAB = [
  { name: "kmod", proof: "modprobe", purpose: "loads the kernel's ip_vs: the IPVS tests" },
  {
    name: "keepalived",
    proof: "keepalived",
    purpose: "the other side of the interop tests",
    units: ["keepalived"],
  },
  {
    name: "frr",
    proof: "/usr/lib/frr/vrrpd",
    purpose: "another one's VRRP in the interop tests",
    units: ["frr"],
  },
  { name: "nftables", proof: "nft", purpose: "firewalls of strangers in the lab" },
  { name: "ipvsadm", proof: "ipvsadm", purpose: "a second opinion in the IPVS tests", units: ["ipvsadm"] },
  { name: "nginx-light", proof: "nginx", purpose: "real servers in the lab", units: ["nginx"] },
  { name: "dnsmasq-base", proof: "dnsmasq", purpose: "real DNS servers in the lab" },
  { name: "tcpdump", proof: "tcpdump", purpose: "captures that a human can read" },
  { name: "user-mode-linux", proof: "linux.uml", purpose: "a kernel with IPVS where the host has none" },
  ...(process.arch === "x64"
    ? [{ name: "qemu-system-x86", proof: "qemu-system-x86_64", purpose: "boots one that has nftables, too" }]
    : []),
];
/** Of the kernel that it boots; the package names that of the day. */
const KERNEL_PACKAGE = "linux-image-cloud-amd64";

const DEMO = LAB.filter(({ name }) => ["kmod", "nginx-light", "user-mode-linux"].includes(name));

const PACKAGES = { test: [...COMPILER, ...NAMESPACES, ...LAB], demo: [...COMPILER, ...NAMESPACES, ...DEMO] };

const goal = process.argv[2];
if (goal !== "test" && goal !== "demo") fail("usage: node scripts/setup.mjs test|demo");
installDebianPackages(PACKAGES[goal].filter(({ proof }) => !isThere(proof)));
if (goal === "test") provideKernel(join(root, "build/kernel"));
if (!npmPackagesAreCurrent()) installNpmPackages();
run(process.execPath, [join(root, "scripts/build.mjs")]);

/** @param {DebianPackage[]} missing */
function installDebianPackages(missing) {
  if (missing.length === 0) return;
  const command = quietInstall(missing.map(({ name }) => name));
  if (process.getuid?.() !== 0 || !isThere("apt-get")) refuse(missing, command);
  if (!aptKnows(missing)) run("apt-get", ["update"]);
  say(command);
  if (spawnSync(command[0] ?? "", command.slice(1), installation()).status !== 0) {
    // The package lists may be older than what the mirror still serves.
    run("apt-get", ["update"]);
    run(command[0] ?? "", command.slice(1), installation());
  }
  disableUnits(missing.flatMap(({ units = [] }) => units));
}

/**
 * Denies service starts to this one call without leaving a file behind, even when it is killed:
 * in a mount namespace of its own, what a package's scripts would start a service with does nothing.
 * @param {string[]} names
 */
function quietInstall(names) {
  const starters = ["/usr/sbin/invoke-rc.d", "/usr/bin/deb-systemd-invoke"];
  const script = [
    ...starters.map((file) => `mount --bind /bin/true ${file}`),
    `exec apt-get install --yes --no-install-recommends ${names.join(" ")}`,
  ];
  return ["unshare", "--mount", "sh", "-c", script.join(" && ")];
}

/** @returns {import("node:child_process").SpawnSyncOptions} */
function installation() {
  return { stdio: "inherit", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
}

/** Debian enables a service on installation; those that came with this call shall not run at the next boot.
 * @param {string[]} units */
function disableUnits(units) {
  if (units.length === 0) return;
  if (isThere("systemctl")) run("systemctl", ["disable", ...units.map((unit) => `${unit}.service`)]);
  else for (const unit of units) if (existsSync(`/etc/init.d/${unit}`)) run("update-rc.d", [unit, "disable"]);
}

/** @param {DebianPackage[]} missing @param {string[]} command @returns {never} */
function refuse(missing, command) {
  console.error("setup: these Debian packages are missing:");
  for (const { name, purpose } of missing) console.error(`  ${name.padEnd(16)}${purpose}`);
  console.error("As root, run");
  console.error(`  ${quoted(command)}`);
  console.error(`or \`node scripts/setup.mjs ${goal}\`, which does the same.`);
  fail(
    goal === "test"
      ? "`node scripts/test.mjs` runs what can run without them; the rest is skipped and says so"
      : "the demonstration needs all of them",
  );
}

/** @param {DebianPackage[]} missing */
function aptKnows(missing) {
  const lists = "/var/lib/apt/lists";
  if (!existsSync(lists) || !readdirSync(lists).some((file) => file.includes("_Packages"))) return false;
  return spawnSync("apt-get", ["install", "--simulate", ...missing.map(({ name }) => name)]).status === 0;
}

/** Unpacks one without installing it: this host boots what it did before. @param {string} folder */
function provideKernel(folder) {
  if (existsSync(folder) || !isThere("qemu-system-x86_64") || !isThere("apt-get")) return;
  mkdirSync(dirname(folder), { recursive: true });
  const unfinished = mkdtempSync(`${folder}-`);
  // The package lists may be older than what the mirror still serves.
  const isFetched = fetchKernel(unfinished) || (tried("apt-get", ["update"]) && fetchKernel(unfinished));
  if (isFetched) renameSync(unfinished, folder);
  else {
    rmSync(unfinished, { recursive: true });
    console.error(`setup: no ${KERNEL_PACKAGE} to be had: what boots it is skipped`);
  }
}

/** @param {string} folder */
function fetchKernel(folder) {
  const { stdout } = spawnSync("apt-cache", ["depends", KERNEL_PACKAGE], { encoding: "utf8" });
  const name = /Depends: (linux-image-\S+)/.exec(stdout ?? "")?.[1];
  if (name === undefined || !tried("apt-get", ["download", "--quiet", name], folder)) return false;
  const archives = readdirSync(folder).filter((file) => file.endsWith(".deb"));
  return archives.every((file) => tried("dpkg-deb", ["--extract", file, "."], folder));
}

/** @param {string} command @param {string[]} args */
function tried(command, args, cwd = root) {
  say([command, ...args]);
  return spawnSync(command, args, { stdio: "inherit", cwd }).status === 0;
}

/** Whether node_modules holds what package-lock.json names. npm keeps its own record of what it installed. */
function npmPackagesAreCurrent() {
  const record = join(root, "node_modules/.package-lock.json");
  if (!existsSync(record)) return false;
  const installed = packagesOf(record);
  return Object.entries(packagesOf(join(root, "package-lock.json"))).every(([path, locked]) => {
    const found = installed[path];
    // Optional packages are those of other platforms; the root itself is not in the record.
    if (found === undefined) return path === "" || locked.optional === true;
    return found.version === locked.version && found.integrity === locked.integrity;
  });
}

/**
 * @param {string} file
 * @returns {Record<string, { version?: string, integrity?: string, optional?: boolean }>}
 */
function packagesOf(file) {
  return JSON.parse(readFileSync(file, "utf8")).packages ?? {};
}

function installNpmPackages() {
  // Without scripts: no package of ours needs one, and our own build follows in any case.
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  const npm = process.env["npm_execpath"];
  if (npm === undefined) run("npm", args);
  else run(process.execPath, [npm, ...args]);
}

/** A command in the path (or where root's commands are), or an absolute file. @param {string} proof */
function isThere(proof) {
  if (proof.startsWith("/")) return existsSync(proof);
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.some((folder) => folder !== "" && existsSync(join(folder, proof)));
}

/** Every Node.js but the distribution's brings its headers along. */
function hasNodeHeaders() {
  const folder = process.env["npm_config_nodedir"] ?? join(dirname(process.execPath), "..");
  return existsSync(join(folder, "include/node/node_api.h"));
}

/** @param {string} command @param {string[]} args @param {import("node:child_process").SpawnSyncOptions} options */
function run(command, args, options = { stdio: "inherit" }) {
  if (command !== process.execPath) say([command, ...args]);
  const { status, error } = spawnSync(command, args, { cwd: root, ...options });
  if (error !== undefined) fail(`${command}: ${error.message}`);
  if (status !== 0) fail(`${command} ended with ${status ?? "a signal"}`);
}

/** @param {string[]} command */
function say(command) {
  console.error(`setup: ${quoted(command)}`);
}

/** @param {string[]} command */
function quoted(command) {
  return command.map((part) => (/^[\w./=-]+$/.test(part) ? part : `'${part}'`)).join(" ");
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(`setup: ${message}`);
  process.exit(1);
}
