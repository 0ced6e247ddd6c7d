/** Interfaces, scheduling, resource limits and locks of this process. A thread id of 0 is the calling thread. */
import { readdirSync } from "node:fs";
import { native } from "./native.ts";
import { checked, SystemError } from "./system-error.ts";

const POLICIES = { other: 0, fifo: 1, rr: 2, batch: 3 } as const;
const RESET_ON_FORK = 0x4000_0000;
const RESOURCES = { nofile: 7, memlock: 8, nice: 13, rtprio: 14, rttime: 15 } as const;
const EWOULDBLOCK = 11;

export type SchedulingPolicy = keyof typeof POLICIES;
export type Resource = keyof typeof RESOURCES;

export interface Scheduling {
  /** `undefined` for a policy this package does not set. */
  readonly policy: SchedulingPolicy | undefined;
  readonly priority: number;
  readonly resetOnFork: boolean;
}

/** `Infinity` for no limit; `rttime` in µs, sizes in bytes. */
export interface ResourceLimit {
  readonly soft: number;
  readonly hard: number;
}

/** Throws SystemError ENODEV for an unknown name. `namespace` is a path as in SocketOptions. */
export function interfaceIndex(name: string, namespace?: string): number {
  const index = native.interfaceIndex(name, namespace);
  checked(index, "ioctl", `interface ${name}`);
  return index;
}

export function interfaceName(index: number): string {
  const name = native.interfaceName(index);
  if (typeof name === "number") throw new SystemError(-name, "if_indextoname", `interface ${index}`);
  return name;
}

export function setScheduler(
  threadId: number,
  policy: SchedulingPolicy,
  priority: number,
  options: { readonly resetOnFork?: boolean } = {},
): void {
  const flags = options.resetOnFork === true ? RESET_ON_FORK : 0;
  const status = native.setScheduler(threadId, POLICIES[policy] + flags, priority);
  checked(status, "sched_setscheduler", `thread ${threadId} ${policy} ${priority}`);
}

export function getScheduler(threadId: number): Scheduling {
  const packed = native.getScheduler(threadId);
  checked(packed, "sched_getscheduler", `thread ${threadId}`);
  const flagged = Math.floor(packed / 256);
  const resetOnFork = flagged >= RESET_ON_FORK;
  const number = resetOnFork ? flagged - RESET_ON_FORK : flagged;
  return { policy: policyOf(number), priority: packed % 256, resetOnFork };
}

/** Of all threads of this process. */
export function threadIds(): number[] {
  return readdirSync("/proc/self/task").map(Number);
}

export function currentThreadId(): number {
  return native.threadId();
}

/** -20 (most favoured) … 19. */
export function setNice(threadId: number, nice: number): void {
  checked(native.setNice(threadId, nice), "setpriority", `thread ${threadId} nice ${nice}`);
}

export function setResourceLimit(name: Resource, soft: number, hard: number): void {
  checked(native.setLimit(RESOURCES[name], soft, hard), "prlimit", `${name} ${soft} ${hard}`);
}

export function getResourceLimit(name: Resource): ResourceLimit {
  const limit = native.getLimit(RESOURCES[name]);
  if (typeof limit === "number") throw new SystemError(-limit, "prlimit", name);
  return limit;
}

/** An exclusive flock that lasts until `fd` is closed everywhere; `false` when another open file holds it. */
export function tryLock(fd: number): boolean {
  const status = native.tryLock(fd);
  if (status === -EWOULDBLOCK) return false;
  checked(status, "flock", `fd ${fd}`);
  return true;
}

/** From now on SIGUSR1 does nothing, instead of opening the inspector's port. */
export function disableDebuggerSignal(): void {
  checked(native.disableDebuggerSignal(), "sigaction", "SIGUSR1");
}

function policyOf(number: number): SchedulingPolicy | undefined {
  if (number === POLICIES.other) return "other";
  if (number === POLICIES.fifo) return "fifo";
  if (number === POLICIES.rr) return "rr";
  return number === POLICIES.batch ? "batch" : undefined;
}
