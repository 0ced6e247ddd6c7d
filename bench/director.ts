/** What the bench needs of a director, whoever made it. */
import type { Lab } from "../test/support/lab.ts";
import { startKeelson } from "./keelson.ts";
import { startKeepalived } from "./keepalived.ts";

export const PRODUCTS = ["keelson", "keepalived"] as const;
export type Product = (typeof PRODUCTS)[number];
export type DirectorNode = "d1" | "d2";

export interface Director {
  readonly product: Product;
  readonly node: DirectorNode;
  /** All of its processes. */
  readonly pids: readonly number[];
  /** SIGTERM stops, SIGHUP reloads. */
  signal(signal: NodeJS.Signals): void;
  /** Keelson alone: changes places with the other director and stays. */
  readonly drill: (() => void) | undefined;
  /** The process that sends adverts dies: Keelson's elector, all of keepalived. */
  killSpeaker(): void;
  /** All processes in one instant, so that none sees another go. */
  crash(): Promise<void>;
}

export interface DirectorOptions {
  readonly priority: number;
  readonly intervalMillis: number;
  /** May the product use real-time scheduling? Undefined: its default, with all permissions. */
  readonly realTime?: boolean;
  /** Goes on with what an earlier run of this director left. */
  readonly keepState?: boolean;
  /** Keelson alone: its balancer can be sent spinning with SIGWINCH. */
  readonly spinning?: boolean;
}

/** Folder of the Keelson build that is measured; undefined: this one. */
let build: string | undefined;

export function measureBuild(folder: string): void {
  build = folder;
}

/** Settles when it takes part in the election. */
export function startDirector(
  lab: Lab,
  product: Product,
  node: DirectorNode,
  options: DirectorOptions,
): Promise<Director> {
  return product === "keelson"
    ? startKeelson(lab, node, options, build)
    : startKeepalived(lab, node, options);
}
