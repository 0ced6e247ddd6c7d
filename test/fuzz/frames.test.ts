import assert from "node:assert/strict";
import { decodeArp } from "../../src/net/arp.ts";
import { internetChecksum, pseudoHeaderSum } from "../../src/net/checksum.ts";
import { decodeEchoReply } from "../../src/net/icmp-echo.ts";
import { ipFromBytes } from "../../src/net/ip.ts";
import { decodeIp4 } from "../../src/net/ipv4.ts";
import { decodeNeighborAdvertisement } from "../../src/net/ndp.ts";
import { fuzz } from "../support/fuzz.ts";
import { goldenFrame, goldenGroup, goldenPayload } from "../support/golden.ts";

const ETHERNET_SIZE = 14;
const ICMP_OFFSET = 54;
const advertisements = goldenGroup("ndp");
const ip4Packets = ["vrrp-v2-ipv4", "vrrp-v3-ipv4", "vrrp-v3-ipv4-unicast"].map((name) =>
  goldenFrame(name).subarray(ETHERNET_SIZE),
);

const echoes = [goldenPayload("echo-reply-ipv4"), goldenFrame("echo-reply-ipv6").subarray(ICMP_OFFSET)];

fuzz("decodeArp", goldenGroup("garp"), decodeArp);
fuzz("decodeNeighborAdvertisement", advertisements, decodeNeighborAdvertisement);
fuzz("decodeNeighborAdvertisement, its checksum healed", advertisements, (frame) =>
  decodeNeighborAdvertisement(healedNdp(frame)),
);
fuzz("decodeEchoReply", echoes, (message) => {
  const echo = decodeEchoReply(message[0] === 0 ? 4 : 6, message);
  if (echo !== undefined) assert.equal(echo.data.length, message.length - 8);
});
fuzz("decodeIp4", ip4Packets, decodeIp4);
fuzz("decodeIp4, its checksum healed", ip4Packets, (bytes) => {
  const packet = decodeIp4(healedIp4(bytes));
  if (packet !== undefined) assert(packet.payload.length <= bytes.length - 20);
});

/** Without this nearly every mutation ends at the checksum, and nothing behind it is tried. */
function healedIp4(bytes: Uint8Array): Uint8Array {
  const packet = bytes.slice();
  const header = packet.subarray(0, ((packet[0] ?? 0) % 16) * 4);
  if (header.length < 20) return packet;
  header.fill(0, 10, 12);
  header.set(word(internetChecksum(header)), 10);
  return packet;
}

function healedNdp(bytes: Uint8Array): Uint8Array {
  const frame = bytes.slice();
  const message = frame.subarray(ICMP_OFFSET);
  if (message.length < 4) return frame;
  frame.set(word(message.length), 18);
  message.fill(0, 2, 4);
  const [source, destination] = [ipFromBytes(frame.slice(22, 38)), ipFromBytes(frame.slice(38, 54))];
  message.set(word(internetChecksum(message, pseudoHeaderSum(source, destination, 58, message.length))), 2);
  return frame;
}

function word(value: number): number[] {
  return [Math.floor(value / 256), value % 256];
}
