/**
 * Which network namespace's IPVS is kept: that of this process, or the one that the cluster file names. Whoever asks the kernel
 * for something that belongs to the table asks here.
 */
import { interfaceIndex } from "dgram-extras";
import { noIpvs } from "../../host/no-ipvs.ts";
import { MARK_TABLE } from "../../netlink/mark-table.ts";
import type { Request } from "../../netlink/message.ts";
import type { KernelRefusal } from "../../netlink/refusal.ts";
import { lastingNamespaceId, namespaceId, namespaceProblem } from "../namespace.ts";
import { IpvsClient } from "../netlink/ipvs-client.ts";
import { askNetfilter, readMarkTable } from "../netlink/netfilter.ts";
import { watchTable } from "../netlink/table-watch.ts";
import { refusalOf } from "../refusal.ts";
import type { Journal } from "../state/journal.ts";
import { readSysctl, writeSysctl } from "../sysctls.ts";

type Book = Pick<Journal, "tablePlace" | "setTablePlace">;

interface Keepers {
  /** The table of the new place. */
  open(): KernelRefusal | undefined;
  /** What an earlier run has changed in the old place, beside its table, is put back. */
  leave(): void;
  /** The namespace is another one of the same name. */
  renewed(namespace: string): void;
}

export class TablePlace {
  readonly #journal: Book;
  readonly #keepers: Keepers;
  #namespace: string | undefined;
  /** Of that namespace, as it was seen last; `undefined` while it is gone: the next one may have its number. */
  #id: string | undefined;
  #isChosen = false;

  /** Where an earlier run has kept a table, until another place is chosen. What was in a namespace that is gone is gone. */
  constructor(journal: Book, keepers: Keepers) {
    this.#journal = journal;
    this.#keepers = keepers;
    const noted = journal.tablePlace;
    if (noted === undefined) return;
    this.#id = namespaceId(noted.namespace);
    // Earlier versions have written down the first of the two.
    const ids = [this.#id, lastingNamespaceId(noted.namespace)];
    if (ids.includes(noted.id)) this.#namespace = noted.namespace;
    else this.#note(undefined);
  }

  /** A path; `undefined`: that of this process. */
  get namespace(): string | undefined {
    return this.#namespace;
  }

  /** Opens the table before the first service. It stays there as long as this process lives. The answer is why not. */
  choose(namespace: string | undefined): string | undefined {
    if (this.#isChosen) return namespace === this.#namespace ? undefined : STAYS;
    const problem = namespace === undefined ? undefined : namespaceProblem(namespace);
    if (problem !== undefined) return problem;
    if (namespace !== this.#namespace) this.#keepers.leave();
    this.#note(namespace);
    const refusal = this.#keepers.open();
    if (refusal !== undefined) return noIpvs(refusal);
    this.#isChosen = true;
    return undefined;
  }

  /** Throws SystemError where the namespace cannot be entered. */
  connect(): IpvsClient {
    this.#look();
    return new IpvsClient(this.#namespace, () => this.#look());
  }

  readSysctl(path: string): string | undefined {
    this.#look();
    return readSysctl(path, this.#namespace);
  }

  /** Throws as `writeSysctl` of sysctls.ts. */
  writeSysctl(path: string, value: string): void {
    writeSysctl(path, value, this.#namespace);
  }

  /** `undefined` when there is no such interface. */
  interfaceIndex(name: string): number | undefined {
    let index: number | undefined;
    refusalOf(() => {
      index = interfaceIndex(name, this.#namespace);
    });
    return index;
  }

  /** As `readMarkTable`, `askNetfilter` and `watchTable`. */
  get marks() {
    return {
      read: () => readMarkTable(this.#namespace),
      write: (requests: readonly Request[]) => askNetfilter(requests, this.#namespace),
      watch: (changed: () => void) => watchTable(MARK_TABLE, changed, this.#namespace),
    };
  }

  #look(): void {
    if (this.#namespace === undefined) return;
    const id = namespaceId(this.#namespace);
    if (id === this.#id) return;
    this.#id = id;
    if (id === undefined) return;
    this.#note(this.#namespace);
    this.#keepers.renewed(this.#namespace);
  }

  /** A journal that cannot be written says of another place what is ours; nothing of that is there. */
  #note(namespace: string | undefined): void {
    this.#namespace = namespace;
    this.#id = namespace === undefined ? undefined : namespaceId(namespace);
    const id = namespace === undefined ? undefined : lastingNamespaceId(namespace);
    const place = namespace === undefined || id === undefined ? undefined : { namespace, id };
    refusalOf(() => this.#journal.setTablePlace(place));
  }
}

const STAYS =
  "[ipvs] has another `namespace`, and the table of a running Keelson stays where it is: restart it; `on_stop` in force says what becomes of the table";
