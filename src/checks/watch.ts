/** What the balancer watches because routers track it, and what results in a row say. */
import type { IpAddress } from "../net/ip.ts";
import type { Duration } from "../net/time.ts";
import type { Delays } from "./steady.ts";

export type Watch = ScriptWatch | FileWatch | GatewayWatch | ProcessWatch | QuorumWatch;

interface Row {
  /** Successes in a row before what was down is up. */
  readonly rise: number;
  /** Failures in a row before what was up is down. */
  readonly fall: number;
}

export interface ScriptWatch extends Row {
  readonly kind: "script";
  /** Of the track. */
  readonly name: string;
  /** A program's absolute path and its arguments; no shell reads it. */
  readonly command: readonly [string, ...string[]];
  readonly user?: string;
  /** Absent: the user's own. */
  readonly group?: string;
  /** From the start of one run to the start of the next. */
  readonly interval: Duration;
  readonly timeout: Duration;
}

export interface FileWatch extends Delays {
  readonly kind: "file";
  readonly name: string;
  readonly path: string;
  /** `zero`: the file holds a number, which is also what a weight is multiplied by. */
  readonly upWhen: "present" | "absent" | "zero";
}

export interface GatewayWatch extends Row {
  readonly kind: "gateway";
  readonly name: string;
  /** One of them is enough. */
  readonly targets: readonly IpAddress[];
  /** Where they are asked, and where they have to answer. */
  readonly interface: string;
  readonly interval: Duration;
  readonly timeout: Duration;
}

export interface ProcessWatch extends Delays {
  readonly kind: "process";
  readonly name: string;
  /** Its name, as in /proc/PID/comm. */
  readonly process: string;
  /** All of them, in order. Absent: whatever they are. */
  readonly parameters?: readonly string[];
  /** It is up with so many, both included. */
  readonly min: number;
  readonly max?: number;
}

export interface QuorumWatch extends Delays {
  readonly kind: "quorum";
  readonly name: string;
  readonly service: string;
  /** It is up with so many healthy servers. */
  readonly least: number;
}

/** `up` is `undefined` until there is a verdict; `against`: results in a row that speak against it. */
export interface Watched {
  readonly up: boolean | undefined;
  readonly against: number;
}

export const UNWATCHED: Watched = { up: undefined, against: 0 };

/** A first success is believed at once; a first failure is not, for the other director may have the same. */
export function watch(before: Watched, passed: boolean, { rise, fall }: Row): Watched {
  if (passed === before.up || (passed && before.up === undefined)) return { up: passed, against: 0 };
  const against = before.against + 1;
  return against >= (passed ? rise : fall) ? { up: passed, against: 0 } : { up: before.up, against };
}
