/**
 * The text that `ipvsadm -S -n` writes and `ipvsadm -R` reads: a line for each service, and one for each of its servers.
 * Thresholds, which ipvsadm forgets when it saves, are written as it reads them.
 */
import { unreachable } from "../net/bug.ts";
import type { DestinationRecord } from "./destination.ts";
import { schedulerFlagNames } from "./flags.ts";
import { endpointText } from "./kernel-table.ts";
import {
  familyOfService,
  ONE_PACKET,
  PERSISTENT,
  type ServiceIdentity,
  type ServiceRecord,
} from "./service.ts";

/** A service with its servers, as the kernel has or takes them. */
interface SavedService {
  readonly record: ServiceRecord;
  readonly destinations: readonly DestinationRecord[];
}

const PROTOCOL_OPTIONS = { 6: "-t", 17: "-u", 132: "--sctp-service" } as const;
const TUNNEL = 2;
/** IP_VS_CONN_F_MASQ, TUNNEL and DROUTE. */
const METHOD_OPTIONS = { 0: "-m", 2: "-i", 3: "-g" } as const;
/** IP_VS_CONN_F_TUNNEL_TYPE_ and IP_VS_TUNNEL_ENCAP_FLAG_, in the order of their numbers. */
const TUNNEL_TYPES: readonly string[] = ["ipip", "gue", "gre"];
const TUNNEL_CHECKSUMS: readonly string[] = ["tun-nocsum", "tun-csum", "tun-remcsum"];

/** `undefined` for what ipvsadm has no words for: another protocol than TCP, UDP and SCTP. */
export function savedText({ record, destinations }: SavedService): string | undefined {
  const key = keyWords(record.identity);
  if (key === undefined) return undefined;
  const servers = destinations.map((one) => ["-a", key, ...serverWords(one)]);
  return [["-A", key, ...serviceWords(record)], ...servers].map((words) => `${words.join(" ")}\n`).join("");
}

function keyWords(identity: ServiceIdentity): string | undefined {
  switch (identity.kind) {
    case "mark":
      return `-f ${identity.mark}${identity.family === 6 ? " -6" : ""}`;
    case "address": {
      const option = lookUp(PROTOCOL_OPTIONS, identity.protocol);
      return option === undefined ? undefined : `${option} ${endpointText(identity)}`;
    }
    default:
      return unreachable(identity);
  }
}

function serviceWords(record: ServiceRecord): string[] {
  const { scheduler, flags, timeoutSeconds, persistenceEngine } = record;
  const names = schedulerFlagNames(record);
  return [
    `-s ${scheduler}`,
    ...((flags & PERSISTENT) === 0 ? [] : [`-p ${timeoutSeconds}`, ...maskWords(record)]),
    ...(persistenceEngine === "" ? [] : [`--pe ${persistenceEngine}`]),
    ...((flags & ONE_PACKET) === 0 ? [] : ["-o"]),
    ...(names.length === 0 ? [] : [`-b ${names.join(",")}`]),
  ];
}

/** Each client for itself needs no word. */
function maskWords({ identity, clientPrefix }: ServiceRecord): string[] {
  if (familyOfService(identity) === 6) return clientPrefix === 128 ? [] : [`-M ${clientPrefix}`];
  return clientPrefix === 32 ? [] : [`-M ${dottedMask(clientPrefix)}`];
}

function dottedMask(prefixLength: number): string {
  const mask = 2 ** 32 - 2 ** (32 - prefixLength);
  return [24, 16, 8, 0].map((shift) => Math.floor(mask / 2 ** shift) % 256).join(".");
}

function serverWords(one: DestinationRecord): string[] {
  const { method, weight, upperThreshold, lowerThreshold } = one;
  const forward = lookUp(METHOD_OPTIONS, method);
  return [
    `-r ${endpointText(one)}`,
    ...(forward === undefined ? [] : [forward]),
    `-w ${weight}`,
    ...(upperThreshold === 0 ? [] : [`-x ${upperThreshold}`]),
    ...(lowerThreshold === 0 ? [] : [`-y ${lowerThreshold}`]),
    ...tunnelWords(one),
  ];
}

function tunnelWords({ method, tunnelType, tunnelPort, tunnelFlags }: DestinationRecord): string[] {
  if (method !== TUNNEL) return [];
  const type = TUNNEL_TYPES[tunnelType] ?? String(tunnelType);
  return [
    `--tun-type ${type}`,
    ...(type === "gue" ? [`--tun-port ${tunnelPort}`] : []),
    ...(type === "ipip" ? [] : [`--${TUNNEL_CHECKSUMS[tunnelFlags] ?? tunnelFlags}`]),
  ];
}

function lookUp<Value>(table: Readonly<Record<number, Value>>, number: number): Value | undefined {
  return table[number];
}
