/** The key `match` of a mark: which packets get it. Without it the host's own rules say. */
import { z } from "zod";
import type { Endpoint } from "../balance/settings.ts";
import { addressesOf, isMark } from "../ipvs/listen.ts";
import type { Mark } from "../ipvs/settings.ts";
import { compareIp, familyOf, type IpAddress } from "../net/ip.ts";
import type { MarkedProtocol, MarkRule } from "../netlink/mark-rule.ts";
import { type EndpointRanges, endpointRanges } from "./endpoint.ts";
import { interfaceName } from "./values.ts";

const PROTOCOLS: readonly MarkedProtocol[] = ["tcp", "udp", "sctp"];

const ranges = z.array(endpointRanges).min(1).exactOptional();

export const match = z
  .strictObject({
    interface: interfaceName.exactOptional().describe("That packets come in by. Default: any, or none."),
    ...{ tcp: ranges, udp: ranges, sctp: ranges },
  })
  .refine((written) => PROTOCOLS.some((protocol) => Object.hasOwn(written, protocol)), {
    params: { code: "bad-match", hint: 'match = { tcp = ["192.0.2.100:80,443"] }' },
    message: "names no protocol, and so no packets",
  });

/** What a mark's table may say. */
interface Marked {
  readonly mark: number;
  readonly match?: z.output<typeof match>;
}

/** One entry of a list, and where it stands below the mark. */
export interface MatchEntry {
  readonly place: readonly [protocol: MarkedProtocol, index: number];
  readonly ranges: EndpointRanges;
  readonly rules: readonly MarkRule[];
}

export function matchEntries({ mark, match: written }: Marked): MatchEntry[] {
  const by = written?.interface === undefined ? {} : { interface: written.interface };
  return PROTOCOLS.flatMap((protocol) =>
    (written?.[protocol] ?? []).map((entry, index): MatchEntry => {
      const { first, last } = entry;
      const rules = entry.ports.map((ports) => ({ mark, protocol, first, last, ports, ...by }));
      return { place: [protocol, index], ranges: entry, rules };
    }),
  );
}

/** A mark comes with what it is given to. */
export type WrittenListen = Endpoint | (Mark & Marked);

/** Whether clients are served at an address: somebody listens there, or marks what comes for it. */
export function servedBy(listen: readonly WrittenListen[]): (address: IpAddress) => boolean {
  const addresses = new Set(listen.flatMap(addressesOf));
  const marked = listen.flatMap((one) => (isMark(one) ? matchEntries(one) : []));
  return (address) =>
    addresses.has(address) || marked.some(({ ranges: { first, last } }) => isWithin(address, first, last));
}

function isWithin(address: IpAddress, first: IpAddress, last: IpAddress): boolean {
  return (
    familyOf(address) === familyOf(first) && compareIp(address, first) >= 0 && compareIp(address, last) <= 0
  );
}
