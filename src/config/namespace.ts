/** A network namespace, as the cluster file and the command line call it. */
import { bad, ok, quoted, text } from "./values.ts";

/** Where `ip netns` keeps those that it has named. */
const FOLDER = "/run/netns";
const LONGEST_NAME = 255;
const LONGEST_PATH = 4_095;

/** Its path. `undefined` for what is neither a name nor an absolute path. */
export function namespacePath(written: string): string | undefined {
  const isPath = written.startsWith("/");
  if (/[\s\p{Cc}]/u.test(written) || written.length > (isPath ? LONGEST_PATH : LONGEST_NAME))
    return undefined;
  if (isPath) return written;
  return /^[^/]+$/.test(written) && !/^\.\.?$/.test(written) ? `${FOLDER}/${written}` : undefined;
}

export const networkNamespace = text<string>("^[^\\s]+$", ["lb", "/proc/1/ns/net"], (written) => {
  const path = namespacePath(written);
  return path === undefined
    ? bad(
        "bad-namespace",
        `${quoted(written)} is no network namespace`,
        'a name that `ip netns list` has, or a path that begins with "/"',
      )
    : ok(path);
});
