/** Which packets get the mark of a service: one element of a map in nftables, as text, and in the kernel's bytes. */
import { familyOf, IP4_SIZE, IP6_SIZE, type IpAddress, ipBytes, ipFromBytes } from "../net/ip.ts";
import type { Attributes } from "./attributes.ts";
import { HostWriter, readNumber } from "./host-bytes.ts";
import {
  NFTA_DATA_VALUE,
  NFTA_SET_ELEM_DATA,
  NFTA_SET_ELEM_KEY,
  NFTA_SET_ELEM_KEY_END,
  type SetElement,
} from "./nftables.ts";

export type MarkedProtocol = "tcp" | "udp" | "sctp";

export interface MarkRule {
  /** 1 … 2³²−1. */
  readonly mark: number;
  readonly protocol: MarkedProtocol;
  readonly first: IpAddress;
  /** Of the same family. */
  readonly last: IpAddress;
  readonly ports: PortRange;
}

/** Both included. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export const EVERY_PORT: PortRange = { from: 0, to: 65_535 };

/** IPPROTO_… */
const PROTOCOLS: ReadonlyMap<MarkedProtocol, number> = new Map([
  ["tcp", 6],
  ["udp", 17],
  ["sctp", 132],
]);

/** Address, protocol and port, each from a word of its own on. */
export const KEY_PARTS = { protocol: 1, port: 2 } as const;
const WORD = 4;
export const MARK_SIZE = 4;

/** Bytes of a key with an address of so many. */
export function keySize(addressSize: number): number {
  return addressSize + 2 * WORD;
}

/** `tcp 192.0.2.100-192.0.2.110:80 → mark 5`, `udp [2001:db8::1]:* → mark 5`; two that differ are called differently. */
export function markRuleText({ mark, protocol, first, last, ports: { from, to } }: MarkRule): string {
  const addresses = first === last ? first : `${first}-${last}`;
  const host = familyOf(first) === 6 ? `[${addresses}]` : addresses;
  const isEvery = from === EVERY_PORT.from && to === EVERY_PORT.to;
  const ports = from === to ? `${from}` : `${from}-${to}`;
  return `${protocol} ${host}:${isEvery ? "*" : ports} → mark ${mark}`;
}

export function encodeMarkRule({ mark, protocol, first, last, ports }: MarkRule): SetElement {
  return {
    key: keyOf(first, protocol, ports.from),
    keyEnd: keyOf(last, protocol, ports.to),
    data: new HostWriter().u32(mark).finish(),
  };
}

function keyOf(address: IpAddress, protocol: MarkedProtocol, port: number): Uint8Array {
  const bytes = ipBytes(address);
  const key = new Uint8Array(keySize(bytes.length));
  key.set(bytes);
  key.set([PROTOCOLS.get(protocol) ?? 0], bytes.length);
  key.set([port >> 8, port & 0xff], bytes.length + WORD);
  return key;
}

/** One element of a listing; `undefined` when `encodeMarkRule` writes none like it. */
export function decodeMarkRule(element: Attributes): MarkRule | undefined {
  const [key, keyEnd, data] = [NFTA_SET_ELEM_KEY, NFTA_SET_ELEM_KEY_END, NFTA_SET_ELEM_DATA].map((type) =>
    element.nested(type)?.bytes(NFTA_DATA_VALUE),
  );
  const first = partsOf(key);
  const last = partsOf(keyEnd);
  const [protocol] = Array.from(PROTOCOLS).find(([, number]) => number === first?.protocol) ?? [];
  if (first === undefined || last === undefined || protocol === undefined) return undefined;
  if (data?.length !== MARK_SIZE || last.protocol !== first.protocol) return undefined;
  return {
    mark: readNumber(data, 0, MARK_SIZE),
    protocol,
    first: first.address,
    last: last.address,
    ports: { from: first.port, to: last.port },
  };
}

function partsOf(key: Uint8Array = new Uint8Array()) {
  const size = [IP4_SIZE, IP6_SIZE].find((one) => key.length === keySize(one));
  if (size === undefined) return undefined;
  const [high = 0, low = 0] = key.subarray(size + WORD);
  return { address: ipFromBytes(key.subarray(0, size)), protocol: key[size], port: 256 * high + low };
}
