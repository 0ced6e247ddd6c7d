/** A director's part of the cluster file, as it lies on the disk and as the elector goes by it; and the journal beside it. */
import type { IpAddress } from "../net/ip.ts";
import { armKey } from "../vrrp/node.ts";
import type { RouterSettings } from "../vrrp/settings.ts";

interface Owner {
  readonly router: string;
  readonly interface: string;
}

export class ClusterPart {
  /** The file that the run began with. */
  readonly first: readonly RouterSettings[];
  #file: readonly RouterSettings[];
  #settings: readonly RouterSettings[];
  #journal: ReadonlySet<string> = new Set();
  /** By every file so far. */
  readonly #owners = new Map<IpAddress, Owner>();

  constructor(routers: readonly RouterSettings[]) {
    this.first = routers;
    this.#file = routers;
    this.#settings = routers;
    this.#noteOwners();
  }

  /** What the next start reads, or the reload that is on its way. */
  get file(): readonly RouterSettings[] {
    return this.#file;
  }

  /** Those that the elector goes by. */
  get settings(): readonly RouterSettings[] {
    return this.#settings;
  }

  get journal(): ReadonlySet<string> {
    return this.#journal;
  }

  ownerOf(address: IpAddress): Owner | undefined {
    return this.#owners.get(address);
  }

  isOf(router: string, address: IpAddress): boolean {
    return this.#owners.get(address)?.router === router;
  }

  wants(address: IpAddress): boolean {
    return this.#file.some(({ addresses }) => addresses.some((one) => one.address === address));
  }

  change(routers: readonly RouterSettings[]): void {
    this.#file = routers;
    this.#noteOwners();
    if (this.#journal.size > 0) this.write();
  }

  /** Into the journal, before any address is created. */
  write(): void {
    const keys = this.#file.flatMap(({ addresses }) => addresses.map(armKey));
    this.#journal = new Set([...this.#journal, ...keys]);
  }

  /** The machine was started again. */
  forgetJournal(): void {
    this.#journal = new Set();
  }

  /** `true` when the elector had another one. */
  adopt(routers: readonly RouterSettings[]): boolean {
    const isNew = routers !== this.#settings;
    this.#settings = routers;
    return isNew;
  }

  #noteOwners(): void {
    for (const { name: router, addresses } of this.#file)
      for (const { address, interface: own } of addresses)
        this.#owners.set(address, { router, interface: own });
  }
}
