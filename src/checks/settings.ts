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
}

export type CheckSettings = TcpCheck | HttpCheck;
