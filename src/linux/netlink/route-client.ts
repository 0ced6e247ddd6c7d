/** Asks the kernel for interfaces and addresses, and changes addresses, over rtnetlink. */
import {
  type AddressInfo,
  type AddressKey,
  addAddress,
  decodeAddress,
  deleteAddress,
  getAddresses,
  type NewAddress,
} from "../../netlink/address.ts";
import { EADDRNOTAVAIL, ENODEV } from "../../netlink/errno.ts";
import {
  addMacvlan,
  decodeLink,
  deleteLink,
  getLinks,
  type LinkInfo,
  type NewMacvlan,
  setLinkDown,
  setLinkUp,
} from "../../netlink/link.ts";
import type { Request } from "../../netlink/message.ts";
import type { KernelRefusal } from "../../netlink/refusal.ts";
import { getRouteOf, leadsHere } from "../../netlink/route.ts";
import { NetlinkChannel } from "./netlink-channel.ts";

const NETLINK_ROUTE = 0;

/** `undefined` for done. */
type Outcome = KernelRefusal | undefined;

export class RouteClient {
  readonly #channel: NetlinkChannel;

  /** `namespace` is a path such as /run/netns/x. Throws SystemError. */
  constructor(namespace?: string) {
    const options = namespace === undefined ? {} : { namespace };
    this.#channel = new NetlinkChannel({ protocol: NETLINK_ROUTE, ...options });
  }

  links(): LinkInfo[] {
    return this.#channel.list(getLinks(), decodeLink);
  }

  /** Of both families, in the kernel's order: an interface's primary address comes first. */
  addresses(): AddressInfo[] {
    return this.#channel.list(getAddresses(), decodeAddress);
  }

  /** Adds them, or renews their lifetimes; one outcome for each. */
  addAddresses(addresses: readonly NewAddress[]): Outcome[] {
    return this.#channel.ask(addresses.map(addAddress)).map(({ refusal }) => refusal);
  }

  /** One outcome for each; an address that is gone already is a success. */
  deleteAddresses(addresses: readonly AddressKey[]): Outcome[] {
    return this.#channel.ask(addresses.map(deleteAddress)).map(({ refusal }) => {
      const gone = refusal?.errno === EADDRNOTAVAIL || refusal?.errno === ENODEV;
      return gone ? undefined : refusal;
    });
  }

  /** Whether this host takes what neighbours send to them there; one answer for each. */
  serves(addresses: readonly AddressKey[]): boolean[] {
    const requests = addresses.map((one) => getRouteOf(one.address, one.interfaceIndex));
    return this.#channel.ask(requests).map(({ messages }) => messages.some(leadsHere));
  }

  /** One outcome for each. */
  ask(requests: readonly Request[]): Outcome[] {
    return this.#channel.ask(requests).map(({ refusal }) => refusal);
  }

  /** Down. EEXIST when its name is taken. */
  addMacvlan(macvlan: NewMacvlan): Outcome {
    return this.ask([addMacvlan(macvlan)])[0];
  }

  setLinkUp(index: number): Outcome {
    return this.ask([setLinkUp(index)])[0];
  }

  setLinkDown(index: number): Outcome {
    return this.ask([setLinkDown(index)])[0];
  }

  /** One that is gone already is a success. */
  deleteLink(index: number): Outcome {
    const [refusal] = this.ask([deleteLink(index)]);
    return refusal?.errno === ENODEV ? undefined : refusal;
  }

  close(): void {
    this.#channel.close();
  }
}
