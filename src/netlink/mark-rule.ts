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
  /** What comes in by it alone, and before what a rule without one says; absent: wherever packets come from. */
  readonly interface?: string;
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

/** Address, protocol, port and perhaps interface, each from a word of its own on. */
export const KEY_PARTS = { protocol: 1, port: 2, interface: 16 } as const;
const WORD = 4;
export const MARK_SIZE = 4;

/** Bytes of a key with an address of so many. */
export function keySize(addressSize: number, withInterface: boolean): number {
  return addressSize + 2 * WORD + (withInterface ? KEY_PARTS.interface : 0);
}

/**
 * `tcp 192.0.2.100-192.0.2.110:80 → mark 5`, `udp [2001:db8::1]:* → mark 5`, `tcp 192.0.2.100:80 by eth0 → mark 5`; two that
 * differ are called differently.
 */
export function markRuleText(rule: MarkRule): string {
  const { mark, protocol, first, last, ports } = rule;
  const { from, to } = ports;
  const addresses = first === last ? first : `${first}-${last}`;
  const host = familyOf(first) === 6 ? `[${addresses}]` : addresses;
  const isEvery = from === EVERY_PORT.from && to === EVERY_PORT.to;
  const range = from === to ? `${from}` : `${from}-${to}`;
  const by = rule.interface === undefined ? "" : ` by ${rule.interface}`;
  return `${protocol} ${host}:${isEvery ? "*" : range}${by} → mark ${mark}`;
}

export function encodeMarkRule(rule: MarkRule): SetElement {
  const { mark, first, last, ports } = rule;
  return {
    key: keyOf(rule, first, ports.from),
    keyEnd: keyOf(rule, last, ports.to),
    data: new HostWriter().u32(mark).finish(),
  };
}

function keyOf({ protocol, interface: name }: MarkRule, address: IpAddress, port: number): Uint8Array {
  const bytes = ipBytes(address);
  const key = new Uint8Array(keySize(bytes.length, name !== undefined));
  key.set(bytes);
  key.set([PROTOCOLS.get(protocol) ?? 0], bytes.length);
  key.set([port >> 8, port & 0xff], bytes.length + WORD);
  if (name !== undefined) key.set(new TextEncoder().encode(name), bytes.length + 2 * WORD);
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
  if (last.interface !== first.interface) return undefined;
  return {
    mark: readNumber(data, 0, MARK_SIZE),
    protocol,
    first: first.address,
    last: last.address,
    ports: { from: first.port, to: last.port },
    ...(first.interface === undefined ? {} : { interface: first.interface }),
  };
}

function partsOf(key: Uint8Array = new Uint8Array()) {
  for (const size of [IP4_SIZE, IP6_SIZE])
    for (const withInterface of [false, true]) {
      if (key.length !== keySize(size, withInterface)) continue;
      const [high = 0, low = 0] = key.subarray(size + WORD);
      const name = new TextDecoder().decode(key.subarray(size + 2 * WORD)).replace(/\0+$/, "");
      const traits = { address: ipFromBytes(key.subarray(0, size)), protocol: key[size] };
      return { ...traits, port: 256 * high + low, interface: withInterface ? name : undefined };
    }
  return undefined;
}
