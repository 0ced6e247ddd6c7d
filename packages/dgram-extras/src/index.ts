/** The face of the package. */
export type { Refusal } from "./batch.ts";
export type { SocketOptions } from "./datagram-socket.ts";
export type { Filter } from "./filter.ts";
export type { Clause, LastWillOptions, LastWillState, Letter, Watch } from "./last-will.ts";
export { LastWill } from "./last-will.ts";
export type { SendOptions } from "./letter.ts";
export { namespaceCookie, openInNamespace } from "./namespace.ts";
export type { NetlinkSocketOptions } from "./netlink-socket.ts";
export { NetlinkSocket } from "./netlink-socket.ts";
export type { OutgoingFrame, PacketSocketOptions, ReceivedFrame } from "./packet-socket.ts";
export { PacketSocket } from "./packet-socket.ts";
export type { Resource, ResourceLimit, Scheduling, SchedulingPolicy } from "./process.ts";
export {
  currentThreadId,
  disableDebuggerSignal,
  getResourceLimit,
  getScheduler,
  interfaceIndex,
  interfaceName,
  setNice,
  setResourceLimit,
  setScheduler,
  threadIds,
  tryLock,
} from "./process.ts";
export type { RawDatagram, RawSocketOptions, Tally } from "./raw-socket.ts";
export { RawSocket } from "./raw-socket.ts";
export { SystemError } from "./system-error.ts";
export { monotonicMicros, Timer } from "./timer.ts";
export type { UnixDatagram, UnixDatagramSocketOptions } from "./unix-datagram-socket.ts";
export { UnixDatagramSocket } from "./unix-datagram-socket.ts";
