/** Network namespaces, by their paths. Where none is given it is that of this process. */
import { closeSync, readFileSync, statSync } from "node:fs";
import { NetlinkSocket, namespaceCookie, openInNamespace } from "dgram-extras";
import { refusalOf } from "./refusal.ts";

const NETLINK_ROUTE = 0;

/** Two are one if these are the same, for as long as somebody keeps a socket there. `undefined` where there is none. */
export function namespaceId(path: string): string | undefined {
  let id: string | undefined;
  refusalOf(() => {
    const { dev, ino } = statSync(path);
    id = `${dev}:${ino}`;
  });
  return id;
}

/**
 * As `namespaceId`, and two are one also when nobody was there meanwhile: the kernel gives the number of a namespace that is
 * gone to the next one. Before Linux 5.14 it is no more than `namespaceId`.
 */
export function lastingNamespaceId(path: string): string | undefined {
  const id = namespaceId(path);
  let cookie = "";
  refusalOf(() => {
    cookie = `:${namespaceCookie(path)}`;
  });
  return id === undefined ? undefined : `${id}${cookie}`;
}

/** Why it cannot be entered, and what helps; `undefined` when it can. */
export function namespaceProblem(path: string): string | undefined {
  const refusal = refusalOf(() => new NetlinkSocket({ protocol: NETLINK_ROUTE, namespace: path }).close());
  switch (refusal?.code) {
    case undefined:
      return undefined;
    case "ENOENT":
      return `there is no network namespace ${path}: it has to be made before Keelson starts (ip netns add)`;
    case "EINVAL":
      return `${path} is no network namespace`;
    case "EPERM":
    case "EACCES":
      return `Keelson may not enter the network namespace ${path} (${refusal?.code}): it needs CAP_SYS_ADMIN for that`;
    default:
      return `the network namespace ${path} cannot be entered: ${refusal?.text}`;
  }
}

/**
 * A file that is another one in each network namespace, as that one has it.
 *
 * Throws the file system's error, or SystemError where the namespace cannot be entered.
 * @param act gets its path, or a descriptor
 */
export function withFile<T>(
  path: string,
  access: "read" | "write",
  namespace: string | undefined,
  act: (file: string | number) => T,
): T {
  if (namespace === undefined) return act(path);
  const descriptor = openInNamespace(path, access, namespace);
  try {
    return act(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Of /proc/net; `undefined` where there is none that can be read. */
export function readNetworkFile(name: string, namespace?: string): string | undefined {
  let text: string | undefined;
  refusalOf(() => {
    // Not that of the process: whoever enters a namespace is a thread.
    text = withFile(`/proc/thread-self/net/${name}`, "read", namespace, (file) => readFileSync(file, "utf8"));
  });
  return text;
}
