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

  setAddresses(keys: Iterable<string>): void {
    this.#addresses = new Set(keys);
    this.#write();
  }

  setTable(keys: Iterable<string>): void {
    const next = new Set(keys);
    if (next.size === this.#table.size && Array.from(next).every((key) => this.#table.has(key))) return;
    this.#table = next;
    this.#write();
  }

  #read(): void {
    const parsed = journalShape.safeParse(parseJson(readIfThere(this.#path)));
    if (!parsed.success) return;
    const { boot, namespace, addresses, table } = parsed.data;
    if (boot !== this.#here.boot || namespace !== this.#here.namespace) return;
    this.#addresses = new Set(addresses);
    this.#table = new Set(table);
  }

  #write(): void {
    const content = { ...this.#here, addresses: [...this.#addresses], table: [...this.#table] };
    writeDurably(this.#path, `${JSON.stringify(content)}\n`);
  }
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
