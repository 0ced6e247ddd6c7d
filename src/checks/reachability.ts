/** Whether a reply to an echo is one that was asked for, in this round, by nobody but us. */
import { decodeEchoReply } from "../net/icmp-echo.ts";
import { familyOf, type IpAddress } from "../net/ip.ts";

/** What is asked of every target at one time. */
export interface Round {
  readonly identifier: number;
  readonly sequence: number;
  /** Random: who has not seen the request cannot answer it. */
  readonly token: Uint8Array;
  readonly targets: readonly IpAddress[];
}

/** Why a reply does not count, in the order in which it is asked. */
export type EchoDrop =
  /** Too short, another type, or a wrong checksum. */
  | "no-echo-reply"
  /** From somebody who was not asked. */
  | "wrong-source"
  /** To somebody else on this host. */
  | "wrong-identifier"
  /** Of an earlier round. */
  | "late"
  /** It does not repeat what it was sent. */
  | "wrong-token";

export function dropOf(round: Round, source: IpAddress, message: Uint8Array): EchoDrop | undefined {
  const echo = decodeEchoReply(familyOf(source), message);
  if (echo === undefined) return "no-echo-reply";
  if (!round.targets.includes(source)) return "wrong-source";
  if (echo.identifier !== round.identifier) return "wrong-identifier";
  if (echo.sequence !== round.sequence) return "late";
  return isSame(echo.data, round.token) ? undefined : "wrong-token";
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
