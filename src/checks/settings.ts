/** How one real server is asked whether it lives. */
import type { Duration } from "../net/time.ts";

interface CheckTiming {
  /** From the start of one check to the start of the next. */
  readonly interval: Duration;
  /** For the whole check, from connect to verdict. */
  readonly timeout: Duration;
  /** Successes in a row before a failed server returns. */
  readonly rise: number;
  /** Failures in a row before a healthy server is taken out. */
  readonly fall: number;
}

export interface TcpCheck extends CheckTiming {
  readonly type: "tcp";
  /** Instead of the server's own port. */
  readonly port?: number;
}

/** Both ends included. */
export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

export interface HttpCheck extends CheckTiming {
  readonly type: "http";
  readonly port?: number;
  readonly method: "GET" | "HEAD" | "OPTIONS" | "POST";
  readonly path: string;
  /** The Host header; the server's address and port when absent. */
  readonly host?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly status: readonly StatusRange[];
  /** The body must contain this text. */
  readonly contains?: string;
  /** Bytes of body read at the most; more is a failure. */
  readonly maxBody: number;
  /** Of the answer: the weight that the server asks for. */
  readonly weightHeader?: string;
}

export interface ScriptCheck extends CheckTiming {
  readonly type: "script";
  /** What the script is told. */
  readonly port?: number;
  /** A program's absolute path and its arguments; no shell reads it. */
  readonly command: readonly [string, ...string[]];
  readonly user?: string;
  /** Absent: the user's own. */
  readonly group?: string;
  /** Its exit status carries the weight that the server asks for. */
  readonly dynamicWeight: boolean;
}

export type CheckSettings = TcpCheck | HttpCheck | ScriptCheck;

/** Whether a server may ask for a weight by it. */
export function asksForWeight(check: CheckSettings): boolean {
  return check.type === "script"
    ? check.dynamicWeight
    : check.type === "http" && check.weightHeader !== undefined;
}
