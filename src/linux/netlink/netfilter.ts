/** Asks the kernel's packet filter: a socket for each conversation, for there are few. */
import { SystemError } from "dgram-extras";
import { ENOENT } from "../../netlink/errno.ts";
import { MARK_QUESTIONS, type MarkListing } from "../../netlink/mark-table.ts";
import type { Message, Request } from "../../netlink/message.ts";
import { NETLINK_NETFILTER } from "../../netlink/nftables.ts";
import type { KernelRefusal } from "../../netlink/refusal.ts";
import { refusalIn, refusalOf } from "../refusal.ts";
import { NetlinkChannel } from "./netlink-channel.ts";

/** The first refusal. @param namespace as of `NetlinkChannel` */
export function askNetfilter(requests: readonly Request[], namespace?: string): KernelRefusal | undefined {
  let refused: KernelRefusal | undefined;
  const failed = refusalOf(() => {
    refused = conversation(namespace, (channel) => firstRefusal(channel, requests));
  });
  return failed ?? refused;
}

/** `undefined` where there is no such table. Throws SystemError. */
export function readMarkTable(namespace?: string): MarkListing | undefined {
  return conversation(namespace, (channel) => {
    const { parts, lists, elements } = MARK_QUESTIONS;
    const answers = channel.ask(parts);
    for (const { refusal } of answers)
      if (refusal !== undefined && refusal.errno !== ENOENT)
        throw new SystemError(refusal.errno, refusal.call, `(${refusal.text})`);
    if (answers[0]?.refusal !== undefined) return undefined;
    return {
      frame: [
        ...answers.flatMap(({ messages }) => messages),
        ...lists.flatMap((one) => listed(channel, one)),
      ],
      elements: elements.flatMap((one) => listed(channel, one)),
    };
  });
}

/** Nothing of what somebody has just removed. */
function listed(channel: NetlinkChannel, request: Request): Message[] {
  try {
    return channel.list(request, (message) => message);
  } catch (error) {
    if (refusalIn(error)?.errno === ENOENT) return [];
    throw error;
  }
}

function firstRefusal(channel: NetlinkChannel, requests: readonly Request[]): KernelRefusal | undefined {
  return channel.ask(requests).find(({ refusal }) => refusal !== undefined)?.refusal;
}

function conversation<T>(namespace: string | undefined, talk: (channel: NetlinkChannel) => T): T {
  const place = namespace === undefined ? {} : { namespace };
  const channel = new NetlinkChannel({ protocol: NETLINK_NETFILTER, ...place });
  try {
    return talk(channel);
  } finally {
    channel.close();
  }
}
