/** The first root file system of a guest's kernel: a cpio archive, format newc, which the kernel unpacks into memory. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { must } from "./processes.ts";

const FOLDER = 0o040755;
const FILE = 0o100755;
const ALIGNMENT = 4;
/** The fields of a header, eight hexadecimal digits each, are of no interest but for these. */
const FIELDS = 13;
const FIELD = { inode: 0, mode: 1, links: 4, size: 6, nameSize: 11 } as const;

export class Initramfs {
  readonly #parts: Uint8Array[] = [];
  readonly #names = new Set<string>();

  /** @param path absolute in the guest, as all of them */
  folder(path: string): void {
    this.#enter(path, FOLDER, "");
  }

  file(path: string, content: Uint8Array | string): void {
    this.#enter(path, FILE, content);
  }

  /** All files of a folder of the host; of a path that is a link, those behind it. */
  tree(path: string, source: string, isWanted: (name: string) => boolean = () => true): void {
    for (const entry of readdirSync(source, { withFileTypes: true })) {
      const [to, from] = [join(path, entry.name), join(source, entry.name)];
      if (entry.isDirectory()) this.tree(to, from, isWanted);
      else if (isWanted(entry.name)) this.file(to, readFileSync(from));
    }
  }

  /** The host's program and its libraries, where the host has them. */
  async program(path: string): Promise<void> {
    this.file(path, readFileSync(path));
    const libraries = await must(["ldd", path]);
    for (const [, library = ""] of libraries.matchAll(/(\/\S+) \(/g))
      this.file(library, readFileSync(library));
  }

  finish(): Buffer {
    this.#enter("/TRAILER!!!", 0, "");
    return Buffer.concat(this.#parts);
  }

  #enter(path: string, mode: number, content: Uint8Array | string): void {
    const name = path.slice(1);
    if (name === "" || this.#names.has(name)) return;
    this.folder(dirname(path));
    this.#names.add(name);
    const data = Buffer.from(content);
    const fields = new Array<number>(FIELDS).fill(0);
    fields[FIELD.inode] = this.#names.size;
    fields[FIELD.mode] = mode;
    fields[FIELD.links] = 1;
    fields[FIELD.size] = data.length;
    fields[FIELD.nameSize] = name.length + 1;
    const digits = fields.map((field) => field.toString(16).padStart(8, "0")).join("");
    this.#parts.push(padded(Buffer.from(`070701${digits}${name}\0`)), padded(data));
  }
}

function padded(data: Buffer): Buffer {
  const rest = data.length % ALIGNMENT;
  return rest === 0 ? data : Buffer.concat([data, Buffer.alloc(ALIGNMENT - rest)]);
}
