/**
 * Whether somebody else than root could change what root is about to run: any directory on the way, the links in it,
 * and the file itself.
 */
import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { join } from "node:path";
import { refusalIn } from "../linux/refusal.ts";

const GROUP_WRITE = 0o020;
const OTHERS_WRITE = 0o002;
const STICKY = 0o1000;
const EXECUTE = 0o111;
/** As the kernel's own limit for one path. */
const MOST_LINKS = 40;

/** What is wrong with a program that root would run; `undefined` when it is safe. */
export function unsafeProgram(path: string): string | undefined {
  try {
    return walk(path, 0);
  } catch (error) {
    const refusal = refusalIn(error);
    if (refusal === undefined) throw error;
    return refusal.text;
  }
}

function walk(path: string, links: number): string | undefined {
  if (links > MOST_LINKS) return `${path}: too many symbolic links`;
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  let here = "/";
  let stats = lstatSync(here);
  let problem = changeable(here, stats);
  for (const [index, part] of parts.entries()) {
    if (problem !== undefined) return problem;
    const next = join(here, part);
    stats = lstatSync(next);
    problem = changeable(next, stats);
    if (stats.isSymbolicLink() && problem === undefined) {
      const target = readlinkSync(next);
      const rest = parts.slice(index + 1).join("/");
      return walk(`${target.startsWith("/") ? "" : here}/${target}/${rest}`, links + 1);
    }
    here = next;
  }
  if (problem !== undefined) return problem;
  if (!stats.isFile()) return `${here} is no regular file`;
  return (stats.mode & EXECUTE) === 0 ? `${here} is not executable` : undefined;
}

/** In a sticky directory, as /tmp is, only the owner of a file can replace it. A link's own mode means nothing. */
function changeable(path: string, stats: Stats): string | undefined {
  if (stats.uid !== 0) return `${path} does not belong to root`;
  if (stats.isSymbolicLink() || (stats.isDirectory() && (stats.mode & STICKY) !== 0)) return undefined;
  if ((stats.mode & OTHERS_WRITE) !== 0) return `${path} can be written by everybody`;
  const byGroup = (stats.mode & GROUP_WRITE) !== 0 && stats.gid !== 0;
  return byGroup ? `${path} can be written by a group that is not root's` : undefined;
}
