/** Network namespaces, and files that are other ones in each of them. */
import { constants } from "node:fs";
import { native } from "./native.ts";
import { checked } from "./system-error.ts";

const FLAGS = { read: constants.O_RDONLY, write: constants.O_WRONLY } as const;

/**
 * A descriptor of a file that is there already, opened by a thread in that namespace: for `/proc/sys/net/…` and
 * `/proc/thread-self/net/…`, which are those of whoever opens them. The caller closes it. Throws SystemError, of the namespace
 * (EINVAL: it is none) or of the file. @param namespace a path as in SocketOptions
 */
export function openInNamespace(file: string, access: keyof typeof FLAGS, namespace: string): number {
  const descriptor = native.openFile(file, FLAGS[access], namespace);
  checked(descriptor, "open", `${file} in ${namespace}`);
  return descriptor;
}

/**
 * Of a network namespace (SO_NETNS_COOKIE): no other one of this boot ever gets it, as happens to the number of its file.
 * Throws SystemError: ENOPROTOOPT before Linux 5.14.
 */
export function namespaceCookie(namespace: string): number {
  const cookie = native.namespaceCookie(namespace);
  checked(cookie, "getsockopt", `SO_NETNS_COOKIE of ${namespace}`);
  return cookie;
}
