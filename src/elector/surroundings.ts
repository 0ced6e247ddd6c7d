/** What the elector knows of its director: links, source addresses, addresses present, and whose they are. */
import type { IpAddress } from "../net/ip.ts";
import { armKey, type NodeView } from "../vrrp/node.ts";
import type { VirtualAddress } from "../vrrp/settings.ts";

type Arm = Pick<VirtualAddress, "interface" | "address">;

export class Surroundings implements NodeView {
  readonly #linksUp = new Set<string>();
  readonly #sources = new Map<string, IpAddress>();
  readonly #present = new Set<string>();
  readonly #ours = new Set<string>();
  #ready = false;

  linkUp(interfaceName: string): boolean {
    return this.#linksUp.has(interfaceName);
  }

  sourceOf(interfaceName: string): IpAddress | undefined {
    return this.#sources.get(interfaceName);
  }

  present(arm: Arm): boolean {
    return this.#present.has(armKey(arm));
  }

  ours(arm: Arm): boolean {
    return this.#ours.has(armKey(arm));
  }

  ready(): boolean {
    return this.#ready;
  }

  becomeReady(): void {
    this.#ready = true;
  }

  addJournal(keys: ReadonlySet<string>): void {
    for (const key of keys) this.#ours.add(key);
  }

  addOurs(arms: readonly Arm[]): void {
    for (const arm of arms) this.#ours.add(armKey(arm));
  }

  /** Each setter answers whether anything changed. */
  setLink(interfaceName: string, up: boolean): boolean {
    const changed = this.linkUp(interfaceName) !== up;
    if (up) this.#linksUp.add(interfaceName);
    else this.#linksUp.delete(interfaceName);
    return changed;
  }

  setSource(interfaceName: string, address: IpAddress | undefined): boolean {
    const changed = this.sourceOf(interfaceName) !== address;
    if (address === undefined) this.#sources.delete(interfaceName);
    else this.#sources.set(interfaceName, address);
    return changed;
  }

  setPresent(arm: Arm, present: boolean): boolean {
    const changed = this.present(arm) !== present;
    if (present) this.#present.add(armKey(arm));
    else this.#present.delete(armKey(arm));
    return changed;
  }
}
