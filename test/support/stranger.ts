/** A host of the lab that says in VRRP whatever a test wants: any bytes, in anybody's name. IPv4, as whole frames. */
import { setImmediate as turn } from "node:timers/promises";
import { interfaceIndex, monotonicMicros, PacketSocket } from "dgram-extras";
import { gratuitousArp } from "../../src/net/arp.ts";
import { NetworkWriter } from "../../src/net/bytes.ts";
import { internetChecksum } from "../../src/net/checksum.ts";
import { writeEthernet } from "../../src/net/ethernet.ts";
import { type IpAddress, ipBytes, isMulticast } from "../../src/net/ip.ts";
import { type MacAddress, parseMac } from "../../src/net/mac.ts";
import { seconds } from "../../src/net/time.ts";
import { type Advert, encodeAdvert, MULTICAST_GROUPS, PROTOCOL_VRRP } from "../../src/vrrp/advert.ts";
import type { Lab } from "./lab.ts";
import { NODES, type NodeName, portOf, VIP } from "./topology.ts";

const ETHERTYPE_IP4 = 0x0800;
const HEADER_SIZE = 20;
const BATCH = 32;
const GROUP_MAC = mac("01:00:5e:00:00:12");

interface Words {
  readonly bytes: Uint8Array;
  /** The stranger's own address, unless it lies. */
  readonly source?: IpAddress;
  readonly destination?: IpAddress;
  readonly ttl?: number;
}

interface Wrapping {
  readonly source?: IpAddress;
  readonly destination?: IpAddress;
  readonly password?: string;
}

/** On the node `r1`. */
export function openStranger(scope: { after(undo: () => void): void }, lab: Lab): Stranger {
  const stranger = new Stranger(lab, "r1");
  scope.after(() => stranger.close());
  return stranger;
}

class Stranger {
  readonly address: IpAddress;
  readonly #mac: MacAddress;
  readonly #socket: PacketSocket;
  readonly #index: number;

  constructor(lab: Lab, node: NodeName) {
    const { address, mac, interface: name } = portOf(node, "outer");
    this.address = address;
    this.#mac = mac;
    this.#socket = new PacketSocket({ protocol: 0, namespace: lab.namespacePathOf(node) });
    this.#index = interfaceIndex(name, lab.namespacePathOf(node));
  }

  say(words: Words): void {
    this.#socket.send(this.#frame(words), this.#index);
  }

  /** Claims an address, by gratuitous ARP. */
  claim(address: IpAddress): void {
    this.#socket.send(gratuitousArp(this.#mac, address), this.#index);
  }

  /** The same over and over, evenly, until `count` were said. How long it took, in microseconds. */
  async flood(
    words: Words,
    { perSecond, count }: { readonly perSecond: number; readonly count: number },
  ): Promise<number> {
    const frame = { bytes: this.#frame(words), interfaceIndex: this.#index };
    const begun = monotonicMicros();
    for (let said = 0; said < count; ) {
      const due = Math.min(count, Math.floor(((monotonicMicros() - begun) / 1e6) * perSecond));
      const batch = Math.min(due - said, BATCH);
      this.#socket.sendAll(Array.from({ length: batch }, () => frame));
      said += batch;
      await turn();
    }
    return monotonicMicros() - begun;
  }

  /** An advert of the lab's router with these differences. */
  advert(
    differences: Partial<Advert> = {},
    { source = this.address, destination = GROUP, password }: Wrapping = {},
  ): Uint8Array {
    const form = password === undefined ? {} : { password };
    return encodeAdvert({ ...ADVERT, ...differences }, { source, destination }, form);
  }

  close(): void {
    this.#socket.close();
  }

  #frame({ bytes, source = this.address, destination = GROUP, ttl = 255 }: Words): Uint8Array {
    const frame = new NetworkWriter(new Uint8Array(14 + HEADER_SIZE + bytes.length));
    writeEthernet(frame, { destination: macOf(destination), source: this.#mac, type: ETHERTYPE_IP4 });
    return frame
      .bytes(header(source, destination, ttl, bytes.length))
      .bytes(bytes)
      .finish();
  }
}

const GROUP = MULTICAST_GROUPS[4];
const ADVERT: Advert = { version: 3, vrid: 51, priority: 1, interval: seconds(1), addresses: [VIP] };

/** RFC 791 §3.1. */
function header(source: IpAddress, destination: IpAddress, ttl: number, payload: number): Uint8Array {
  const write = (checksum: number) =>
    new NetworkWriter(new Uint8Array(HEADER_SIZE))
      .u8(0x45)
      .u8(0xc0)
      .u16(HEADER_SIZE + payload)
      .zeros(4)
      .u8(ttl)
      .u8(PROTOCOL_VRRP)
      .u16(checksum)
      .bytes(ipBytes(source))
      .bytes(ipBytes(destination))
      .finish();
  return write(internetChecksum(write(0)));
}

function macOf(destination: IpAddress): MacAddress {
  if (isMulticast(destination)) return GROUP_MAC;
  const owner = NODES.find((node) => portOf(node, "outer").address === destination);
  if (owner === undefined) throw new Error(`nobody in the lab has ${destination}`);
  return portOf(owner, "outer").mac;
}

function mac(text: string): MacAddress {
  const address = parseMac(text);
  if (address === undefined) throw new Error(`not a MAC address: ${text}`);
  return address;
}
