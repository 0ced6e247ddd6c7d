/**
 * What the kernel tells of processes over the netlink connector (linux/connector.h, linux/cn_proc.h): in the initial
 * network and process namespaces only, to those with CAP_NET_ADMIN.
 *
 *     cn_msg      index u32 (1)   value u32 (1)   sequence u32   acknowledged u32   length u16   flags u16
 *     proc_event  what u32   cpu u32   nanoseconds u64   then what belongs to the kind
 */
import { HostReader, HostWriter } from "./host-bytes.ts";
import type { Message, Request } from "./message.ts";

export const NETLINK_CONNECTOR = 11;
/** Also the number of its multicast group. */
export const CN_IDX_PROC = 1;
const CN_VAL_PROC = 1;
const NLMSG_DONE = 3;

const OPERATIONS = { PROC_CN_MCAST_LISTEN: 1, PROC_CN_MCAST_IGNORE: 2 } as const;

const PROC_EVENT_NONE = 0;
const PROC_EVENT_FORK = 1;
const PROC_EVENT_EXEC = 2;
const PROC_EVENT_COMM = 0x200;
const PROC_EVENT_EXIT = 0x8000_0000;

const [SEQUENCE_AND_ACKNOWLEDGED, LENGTH_AND_FLAGS, CPU_AND_TIME] = [8, 4, 12] as const;

export type ProcEvent =
  /** Of the wish to listen; 0 or an errno. */
  | { readonly kind: "acknowledged"; readonly errno: number }
  | { readonly kind: "fork"; readonly pid: number; readonly parent: number }
  /** Another program from now on, or another name. */
  | { readonly kind: "renamed"; readonly pid: number }
  | { readonly kind: "exit"; readonly pid: number };

/** It is answered by an event. A kernel that counts its listeners wants to be told of the end, too. */
export function procEventsRequest(call: keyof typeof OPERATIONS): Request {
  const operation = new HostWriter().u32(OPERATIONS[call]).finish();
  const body = new HostWriter().u32(CN_IDX_PROC).u32(CN_VAL_PROC).u32(0).u32(0);
  body.u16(operation.length).u16(0).bytes(operation);
  return { call, type: NLMSG_DONE, flags: 0, body: body.finish() };
}

/** `undefined`: another kind, of a thread that is not its process, or malformed. */
export function decodeProcEvent({ body }: Message): ProcEvent | undefined {
  const reader = new HostReader(body);
  const [index, value] = [reader.u32(), reader.u32()];
  reader.skip(SEQUENCE_AND_ACKNOWLEDGED + LENGTH_AND_FLAGS);
  const what = reader.u32();
  reader.skip(CPU_AND_TIME);
  const event = readEvent(what, reader);
  return index === CN_IDX_PROC && value === CN_VAL_PROC && reader.error === undefined ? event : undefined;
}

function readEvent(what: number, reader: HostReader): ProcEvent | undefined {
  switch (what) {
    case PROC_EVENT_NONE:
      return { kind: "acknowledged", errno: reader.u32() };
    case PROC_EVENT_FORK: {
      reader.skip(4);
      const parent = reader.u32();
      const pid = readProcess(reader);
      return pid === undefined ? undefined : { kind: "fork", pid, parent };
    }
    case PROC_EVENT_EXEC:
    case PROC_EVENT_COMM: {
      const pid = readProcess(reader);
      return pid === undefined ? undefined : { kind: "renamed", pid };
    }
    case PROC_EVENT_EXIT: {
      const pid = readProcess(reader);
      return pid === undefined ? undefined : { kind: "exit", pid };
    }
    default:
      return undefined;
  }
}

/** The first thread of a process has its number. */
function readProcess(reader: HostReader): number | undefined {
  const [thread, leader] = [reader.u32(), reader.u32()];
  return thread === leader ? thread : undefined;
}
