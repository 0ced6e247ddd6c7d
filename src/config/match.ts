/** The key `match` of a mark: which packets get it. Without it the host's own rules say. */
import { z } from "zod";
import type { MarkedProtocol, MarkRule } from "../netlink/mark-rule.ts";
import { type EndpointRanges, endpointRanges } from "./endpoint.ts";

const ranges = z.array(endpointRanges).min(1).exactOptional();

export const match = z
  .strictObject({ tcp: ranges, udp: ranges, sctp: ranges })
  .refine((protocols) => Object.keys(protocols).length > 0, {
    params: { code: "bad-match", hint: 'match = { tcp = ["192.0.2.100:80,443"] }' },
    message: "names no protocol, and so no packets",
  });

const PROTOCOLS: readonly MarkedProtocol[] = ["tcp", "udp", "sctp"];

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
  return PROTOCOLS.flatMap((protocol) =>
    (written?.[protocol] ?? []).map((entry, index): MatchEntry => {
      const { first, last } = entry;
      const rules = entry.ports.map((ports) => ({ mark, protocol, first, last, ports }));
      return { place: [protocol, index], ranges: entry, rules };
    }),
  );
}
