/** The Ethernet II header: 14 bytes, as AF_PACKET sockets send and deliver it (no VLAN tag, no check sequence). */
import type { NetworkReader, NetworkWriter } from "./bytes.ts";
import { type MacAddress, macBytes, macFromBytes } from "./mac.ts";

export const ETHERNET_SIZE = 14;
/** The shortest frame without its check sequence; anything less is padded with zeros. */
export const ETHERNET_MIN_SIZE = 60;
export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_ARP = 0x0806;
export const ETHERTYPE_IPV6 = 0x86dd;

const MAC_SIZE = 6;

interface EthernetHeader {
  readonly destination: MacAddress;
  readonly source: MacAddress;
  readonly type: number;
}

export function writeEthernet(writer: NetworkWriter, header: EthernetHeader): void {
  writer.bytes(macBytes(header.destination)).bytes(macBytes(header.source)).u16(header.type);
}

export function readEthernet(reader: NetworkReader): EthernetHeader {
  const [destination, source] = [readMac(reader), readMac(reader)];
  return { destination, source, type: reader.u16() };
}

export function readMac(reader: NetworkReader): MacAddress {
  return macFromBytes(reader.take(MAC_SIZE));
}
