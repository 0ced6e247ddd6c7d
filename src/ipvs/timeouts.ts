/** After how long without a packet the kernel forgets a connection (linux/ip_vs.h, IPVS_CMD_ATTR_TIMEOUT_). */
import type { Message, Request } from "../netlink/message.ts";
import { commandRequest, decodeAnswer } from "./command.ts";

const ATTRIBUTES = { tcp: 4, tcp_fin: 5, udp: 6 } as const;

/** Established TCP, TCP whose end has begun, and UDP. */
export type TimeoutName = keyof typeof ATTRIBUTES;

export const TIMEOUT_NAMES = ["tcp", "tcp_fin", "udp"] as const satisfies readonly TimeoutName[];

/** Whole seconds. */
export type Timeouts = Readonly<Record<TimeoutName, number>>;

/** Those that are absent, or 0, stay as they are. EINVAL for what the kernel's clock cannot count. */
export function setTimeouts(familyId: number, timeouts: Partial<Timeouts>): Request {
  return commandRequest(familyId, "IPVS_CMD_SET_CONFIG", (out) => {
    for (const name of TIMEOUT_NAMES) {
      const seconds = timeouts[name];
      if (seconds !== undefined) out.u32(ATTRIBUTES[name], seconds);
    }
  });
}

export function getTimeouts(familyId: number): Request {
  return commandRequest(familyId, "IPVS_CMD_GET_CONFIG");
}

/** `undefined` for another message, or a malformed one. */
export function decodeTimeouts(message: Message): Timeouts | undefined {
  const attributes = decodeAnswer(message, "IPVS_CMD_SET_CONFIG");
  const [tcp, finished, udp] = TIMEOUT_NAMES.map((name) => attributes?.u32(ATTRIBUTES[name]));
  if (tcp === undefined || finished === undefined || udp === undefined) return undefined;
  return { tcp, tcp_fin: finished, udp };
}
