/**
 * What we created on this host, written down before it is created, so that a later run knows its own leftovers.
 *
 * It holds for one boot of one network namespace: after a reboot the kernel has forgotten everything, and so do we.
 */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readIfThere, writeDurably } from "./state-files.ts";

const JOURNAL_FILE = "journal.json";

const journalShape = z.object({
  boot: z.string(),
  namespace: z.string(),
  /** `armKey`s of addresses. */
  addresses: z.array(z.string()),
  /** Identities of IPVS services and destinations. */
  table: z.array(z.string()),
});

export class Journal {
  readonly #path: string;
  readonly #here: { readonly boot: string; readonly namespace: string };
  #addresses: ReadonlySet<string> = new Set();
  #table: ReadonlySet<string> = new Set();

  constructor(stateDir: string) {
    this.#path = join(stateDir, JOURNAL_FILE);
    this.#here = {
      boot: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
      namespace: String(statSync("/proc/self/ns/net").ino),
    };
    this.#read();
  }

  get addresses(): ReadonlySet<string> {
    return this.#addresses;
  }

  get table(): ReadonlySet<string> {
    return this.#table;
  }

  /** Throws the file system's error when it cannot be written down; then it is as it was. */
  setAddresses(keys: Iterable<string>): void {
    this.#set(new Set(keys), this.#table);
  }

  /** As `setAddresses`. */
  setTable(keys: Iterable<string>): void {
    this.#set(this.#addresses, new Set(keys));
  }

  #set(addresses: ReadonlySet<string>, table: ReadonlySet<string>): void {
    if (same(addresses, this.#addresses) && same(table, this.#table)) return;
    const content = { ...this.#here, addresses: [...addresses], table: [...table] };
    writeDurably(this.#path, `${JSON.stringify(content)}\n`);
    this.#addresses = addresses;
    this.#table = table;
  }

  #read(): void {
    const parsed = journalShape.safeParse(parseJson(readIfThere(this.#path)));
    if (!parsed.success) return;
    const { boot, namespace, addresses, table } = parsed.data;
    if (boot !== this.#here.boot || namespace !== this.#here.namespace) return;
    this.#addresses = new Set(addresses);
    this.#table = new Set(table);
  }
}

function same(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  return left.size === right.size && Array.from(left).every((key) => right.has(key));
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
