/** Asks the kernel for its GUE ports, and changes them, over generic netlink. */
import {
  addGuePort,
  decodeGuePort,
  deleteGuePort,
  FOU_FAMILY,
  type GuePort,
  getPorts,
} from "../../netlink/fou.ts";
import { decodeFamily, getFamily } from "../../netlink/generic.ts";
import type { KernelRefusal } from "../../netlink/refusal.ts";
import { NetlinkChannel } from "./netlink-channel.ts";

const NETLINK_GENERIC = 16;

/** None where the module is not loaded; asking would load it. Throws SystemError. */
export function guePorts(): GuePort[] {
  return withFamily((channel, family) => channel.list(getPorts(family), decodeGuePort));
}

export function openGuePort(port: GuePort): KernelRefusal | undefined {
  return withFamily((channel, family) => channel.ask([addGuePort(family, port)])[0]?.refusal);
}

export function closeGuePort(port: GuePort): KernelRefusal | undefined {
  return withFamily((channel, family) => channel.ask([deleteGuePort(family, port)])[0]?.refusal);
}

/** Finding the family loads its module. Throws SystemError: ENOENT when there is none. */
function withFamily<T>(act: (channel: NetlinkChannel, family: number) => T): T {
  const channel = new NetlinkChannel({ protocol: NETLINK_GENERIC });
  try {
    const [family = 0] = channel.list(getFamily(FOU_FAMILY), decodeFamily);
    return act(channel, family);
  } finally {
    channel.close();
  }
}
