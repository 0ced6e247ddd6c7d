/** What `keelson run` was told, and where its files are: for the elector, the balancer and the command line. */
import { join } from "node:path";

export interface RunOptions {
  /** The cluster file. */
  readonly config: string;
  /** Which director of the file this host is; found by host name when absent. */
  readonly node?: string;
  /** Gone after a reboot: lock, control socket, snapshot. */
  readonly runDir: string;
  /** Outlives a reboot: the accepted file, the journal. */
  readonly stateDir: string;
  /** A bad cluster file at start ends the daemon; otherwise the accepted one is used. */
  readonly strict: boolean;
  /** Where every input of the election is written down; nowhere when absent. */
  readonly record?: string;
}

export const DEFAULT_CONFIG = "/etc/keelson/cluster.toml";
export const DEFAULT_RUN_DIR = "/run/keelson";
export const DEFAULT_STATE_DIR = "/var/lib/keelson";

/** Where the balancer answers questions. */
export function controlSocket(runDir: string): string {
  return join(runDir, "control.sock");
}

/** The elector's last ElectorSnapshot as JSON, for the time without a balancer. */
export function electorSnapshotFile(runDir: string): string {
  return join(runDir, "elector.json");
}

/** What routers that sign have said and heard, as JSON: against replays after a restart. */
export function marksFile(runDir: string): string {
  return join(runDir, "marks.json");
}

/** The scripts that the balancer runs now. */
export function scriptsFile(runDir: string): string {
  return join(runDir, "scripts");
}

/** The last cluster file that was put in force. */
export function acceptedFile(stateDir: string): string {
  return join(stateDir, "accepted.toml");
}

/** What operators have said of servers, as JSON. */
export function overridesFile(stateDir: string): string {
  return join(stateDir, "overrides.json");
}

/** There while this director is on standby. */
export function standbyFile(stateDir: string): string {
  return join(stateDir, "standby");
}

/** The balancer's only command-line argument, as JSON. */
export interface BalancerOptions extends RunOptions {
  readonly generation: number;
  /** It replaces a dead one: it goes on with the accepted file. */
  readonly accepted: boolean;
}
