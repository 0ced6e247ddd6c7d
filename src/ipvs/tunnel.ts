/** Tunnels between the settings and the kernel's numbers (linux/ip_vs.h). */
import type { DestinationRecord } from "./destination.ts";
import type { Tunnel } from "./settings.ts";

/** IP_VS_CONN_F_TUNNEL_TYPE_ */
const TYPES = { ipip: 0, gue: 1, gre: 2 } as const;
/** IP_VS_TUNNEL_ENCAP_FLAG_ */
const CHECKSUMS = { none: 0, full: 1, remote: 2 } as const;

type TunnelRecord = Pick<DestinationRecord, "tunnelType" | "tunnelPort" | "tunnelFlags">;

export const NO_TUNNEL: TunnelRecord = { tunnelType: 0, tunnelPort: 0, tunnelFlags: 0 };

export function tunnelRecord(tunnel: Tunnel): TunnelRecord {
  const { type } = tunnel;
  return {
    tunnelType: TYPES[type],
    tunnelPort: type === "gue" ? tunnel.port : 0,
    tunnelFlags: type === "ipip" ? 0 : CHECKSUMS[tunnel.checksum],
  };
}

/** `ipip`, `gue port 6080 checksum full` */
export function tunnelText({ tunnelType, tunnelPort, tunnelFlags }: TunnelRecord): string {
  const port = tunnelPort === 0 ? "" : ` port ${tunnelPort}`;
  const checksum = tunnelFlags === 0 ? "" : ` checksum ${nameOf(CHECKSUMS, tunnelFlags)}`;
  return `${nameOf(TYPES, tunnelType)}${port}${checksum}`;
}

function nameOf(names: Readonly<Record<string, number>>, number: number): string {
  return Object.entries(names).find(([, one]) => one === number)?.[0] ?? String(number);
}
