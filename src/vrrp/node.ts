/** What a virtual router asks about the director it lives on; the engine answers. */
import type { IpAddress } from "../net/ip.ts";
import type { VirtualAddress } from "./settings.ts";

export interface NodeView {
  linkUp(interfaceName: string): boolean;
  /** The address that adverts leave from. */
  sourceOf(interfaceName: string): IpAddress | undefined;
  /** The address is on its interface now. */
  present(address: VirtualAddress): boolean;
  /** We put it there: in this run, or in an earlier one by the journal's word. */
  ours(address: VirtualAddress): boolean;
  /** The balancer serves; until then nobody is preempted. */
  ready(): boolean;
}

/** Names one address on one interface. */
export function armKey(arm: Pick<VirtualAddress, "interface" | "address">): string {
  return `${arm.interface} ${arm.address}`;
}
