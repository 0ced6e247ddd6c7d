/**
 * Looks at the file that routers track: at once when something happens in its directory, and now and then.
 *
 * A file system may hang, and a thread of the pool with it. So network file systems, FUSE and those of the kernel are
 * refused by name, one look at a time is under way, and what does not end in time is a failure with a reason.
 */
import { constants, type FSWatcher, watch } from "node:fs";
import { open, stat, statfs } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { Reading } from "../../checks/steady.ts";
import type { FileWatch } from "../../checks/watch.ts";
import { refusalIn, refusalOf } from "../refusal.ts";
import { Bell, keepLooking, type Tell } from "./looking.ts";

const DEADLINE_MS = 1_000;
/** A number with its sign, and white space around it. */
const MOST_BYTES = 64;
/** As large as a weight; the priority is kept in its limits in any case. */
const LARGEST = 254;

/** `f_type` of statfs(2), as in linux/magic.h. */
const REFUSED_FILE_SYSTEMS: Readonly<Record<number, string>> = {
  [0x6969]: "NFS",
  [0x517b]: "SMB",
  [0xff53_4d42]: "CIFS",
  [0xfe53_4d42]: "SMB2",
  [0x00c3_6400]: "Ceph",
  [0x5346_414f]: "AFS",
  [0x0102_1997]: "9p",
  [0x6573_5546]: "FUSE",
  [0x9fa0]: "proc",
  [0x6265_6572]: "sysfs",
  [0x6462_6720]: "debugfs",
  [0x7472_6163]: "tracefs",
  [0x7363_6673]: "securityfs",
  [0x27_e0eb]: "cgroup",
  [0x6367_7270]: "cgroup2",
  [0x1cd1]: "devpts",
  [0x1980_0202]: "mqueue",
  [0x6265_6570]: "configfs",
};

/** Until `signal`; never rejects. */
export async function watchFile(settings: FileWatch, tell: Tell, signal: AbortSignal): Promise<void> {
  const bell = new Bell();
  const folder = new Folder(settings.path, bell);
  let looking: Promise<Reading> | undefined;
  const look = async () => {
    looking ??= lookAt(settings, folder).finally(() => {
      looking = undefined;
    });
    return inTime(looking, settings.path);
  };
  await keepLooking(look, settings, { bell, tell, signal });
  folder.close();
}

/** Never rejects. */
async function inTime(looking: Promise<Reading>, path: string): Promise<Reading> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Reading>((resolve) => {
    timer = setTimeout(() => resolve(down(`the file system of ${path} hangs`)), DEADLINE_MS);
  });
  const reading = await Promise.race([looking, late]);
  clearTimeout(timer);
  return reading;
}

/** Never rejects. */
async function lookAt({ path, upWhen }: FileWatch, folder: Folder): Promise<Reading> {
  try {
    await folder.heed();
    const refused = await refusedFileSystem(dirname(path), path);
    if (refused !== undefined) return down(refused);
    if (upWhen === "zero") return readingOf(path, await readSmall(path));
    await stat(path);
    return { up: upWhen === "present", detail: `${path} is there` };
  } catch (error) {
    const refusal = refusalIn(error);
    if (refusal === undefined) throw error;
    if (!["ENOENT", "ENOTDIR"].includes(refusal.code)) return down(refusal.text);
    if (upWhen === "zero") return readingOf(path, "");
    return { up: upWhen === "absent", detail: `${path} is not there` };
  }
}

async function refusedFileSystem(...paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const kind = REFUSED_FILE_SYSTEMS[(await statfs(path)).type];
    if (kind !== undefined) return `${path} is on ${kind}, where it is not read`;
  }
  return undefined;
}

/** `undefined`: what is no regular file, or too long. */
async function readSmall(path: string): Promise<string | undefined> {
  if (!(await stat(path)).isFile()) return undefined;
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(MOST_BYTES + 1), 0, MOST_BYTES + 1, 0);
    return bytesRead > MOST_BYTES ? undefined : buffer.toString("latin1", 0, bytesRead).trim();
  } finally {
    await handle.close();
  }
}

/** @param text empty: there is no file, or nothing in it */
function readingOf(path: string, text: string | undefined): Reading {
  const value = text !== undefined && /^[+-]?\d{0,3}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value) || Math.abs(value) > LARGEST)
    return down(`${path} holds no number from -${LARGEST} to ${LARGEST}`);
  const detail = text === "" ? `${path} holds nothing, which counts as 0` : `${path} holds ${value}`;
  return { up: value === 0, value, detail };
}

function down(detail: string): Reading {
  return { up: false, detail };
}

/** The directory of a file, which may be missing, or be another one in a moment. */
class Folder {
  readonly #path: string;
  readonly #name: string;
  readonly #bell: Bell;
  #watcher: FSWatcher | undefined;
  #inode: number | undefined;
  #closed = false;

  constructor(path: string, bell: Bell) {
    this.#path = dirname(path);
    this.#name = basename(path);
    this.#bell = bell;
  }

  /** From now on what happens to the file there rings; without that the slow looks remain. */
  async heed(): Promise<void> {
    const { ino } = await stat(this.#path);
    if (this.#closed || (this.#watcher !== undefined && this.#inode === ino)) return;
    this.#watcher?.close();
    this.#inode = ino;
    this.#watcher = undefined;
    // A host has so many watches and no more.
    refusalOf(() => {
      this.#watcher = watch(this.#path, (_, name) => {
        if (name === null || name === this.#name) this.#bell.ring();
      });
      this.#watcher.on("error", () => this.#forget());
    });
  }

  close(): void {
    this.#closed = true;
    this.#forget();
  }

  #forget(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
