/** Network namespaces made and removed by a test, and processes' way in: paths for the `namespace` option. */
import { execFileSync } from "node:child_process";
import { after } from "node:test";

/** The reason to skip, or `false`. */
export const needsNamespaces: string | false = probe();

const CARRIER_MS = 30_000;

let count = 0;

function probe(): string | false {
  if (process.getuid?.() !== 0) return "needs root to make network namespaces";
  const name = `kl-${process.pid}-probe`;
  try {
    ip("netns", "add", name);
    ip("netns", "del", name);
    return false;
  } catch (error) {
    return `cannot make network namespaces: ${error instanceof Error ? error.message : error}`;
  }
}

export function ip(...words: string[]): string {
  return execFileSync("ip", words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** Two namespaces joined by a veth pair: `eth0` on either side, 192.0.2.1/2 and 2001:db8::1/2. */
export interface Wire {
  readonly left: string;
  readonly right: string;
  readonly leftPath: string;
  readonly rightPath: string;
}

export function makeWire(): Wire {
  const left = makeNamespace();
  const right = makeNamespace();
  ip("-n", left, "link", "add", "name", "eth0", "type", "veth", "peer", "name", "eth0", "netns", right);
  for (const [namespace, host] of [
    [left, "1"],
    [right, "2"],
  ] as const) {
    ip("-n", namespace, "addr", "add", `192.0.2.${host}/24`, "dev", "eth0");
    ip("-n", namespace, "addr", "add", `2001:db8::${host}/64`, "dev", "eth0", "nodad");
    ip("-n", namespace, "link", "set", "eth0", "up");
  }
  for (const namespace of [left, right]) awaitCarrier(namespace);
  return { left, right, leftPath: path(left), rightPath: path(right) };
}

/** Until the kernel has noticed that `eth0` has a carrier, which it does a little later: what is sent before, it drops. */
export function awaitCarrier(namespace: string): void {
  const deadline = performance.now() + CARRIER_MS;
  while (!ip("-n", namespace, "link", "show", "eth0").includes("state UP"))
    if (performance.now() > deadline)
      throw new Error(`no carrier of eth0 in ${namespace} within ${CARRIER_MS} ms`);
}

/** Removed when the test file ends. */
export function makeNamespace(): string {
  const name = `kl-${process.pid}-${count++}`;
  ip("netns", "add", name);
  after(() => ip("netns", "del", name));
  ip("-n", name, "link", "set", "lo", "up");
  return name;
}

export function path(namespace: string): string {
  return `/run/netns/${namespace}`;
}
