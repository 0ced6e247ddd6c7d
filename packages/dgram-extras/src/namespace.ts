/** Files that are other ones in each network namespace. */
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
