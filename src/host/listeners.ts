/** Who listens on this host: the kernel's tables under /proc/net (proc_net_tcp.txt). */
import { type IpAddress, ipFromBytes } from "../net/ip.ts";

export interface Listener {
  readonly protocol: "tcp" | "udp";
  readonly address: IpAddress;
  readonly port: number;
}

/** TCP_LISTEN, and TCP_CLOSE, which is what a UDP socket without a peer is in. */
const LISTENING = { tcp: "0A", udp: "07" } as const;

/** @param text of /proc/net/tcp, tcp6, udp or udp6. Lines that are no sockets are passed over. */
export function listenersIn(text: string, protocol: Listener["protocol"]): Listener[] {
  return text.split("\n").flatMap((row): Listener[] => {
    const [, hex = "", port = "", state] =
      /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) /.exec(row) ??
      [];
    if (state !== LISTENING[protocol]) return [];
    return [{ protocol, address: addressFrom(hex), port: Number.parseInt(port, 16) }];
  });
}

/** 32-bit words in the order of a little-endian host. */
function addressFrom(hex: string): IpAddress {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) =>
    (word.match(/../g) ?? []).reverse().map((byte) => Number.parseInt(byte, 16)),
  );
  return ipFromBytes(Uint8Array.from(bytes));
}
