/** A service's flags by their names. */
import { ONE_PACKET, PERSISTENT, type ServiceRecord } from "./service.ts";

/** SCHED1 … SCHED3: what they mean is the scheduler's. */
const SCHEDULER_FLAGS: readonly { readonly bit: number; readonly names: readonly string[] }[] = [
  { bit: 0x8, names: ["flag-1", "sh-fallback", "mh-fallback"] },
  { bit: 0x10, names: ["flag-2", "sh-port", "mh-port"] },
  { bit: 0x20, names: ["flag-3"] },
];
const KNOWN = SCHEDULER_FLAGS.reduce((bits, { bit }) => bits | bit, PERSISTENT | ONE_PACKET);

type Flagged = Pick<ServiceRecord, "scheduler" | "flags">;

/** Those that are the scheduler's, as ipvsadm and the cluster file call them. */
export function schedulerFlagNames({ scheduler, flags }: Flagged): string[] {
  return SCHEDULER_FLAGS.flatMap(({ bit, names: [first = "", ...others] }) => {
    return (flags & bit) === 0 ? [] : [others.find((name) => name.startsWith(`${scheduler}-`)) ?? first];
  });
}

/** `persistent sh-fallback sh-port`, `none` */
export function flagsText(service: Flagged): string {
  const { flags } = service;
  const unknown = flags & ~KNOWN;
  const names = [
    ...((flags & PERSISTENT) === 0 ? [] : ["persistent"]),
    ...((flags & ONE_PACKET) === 0 ? [] : ["one-packet"]),
    ...schedulerFlagNames(service),
    ...(unknown === 0 ? [] : [`0x${(unknown >>> 0).toString(16)}`]),
  ];
  return names.join(" ") || "none";
}
