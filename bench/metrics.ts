/** What is measured, in which unit, and what Keelson aims at. One row of the table for each metric and condition. */
import type { Summary } from "./statistics.ts";

export interface Metric {
  readonly title: string;
  readonly unit:
    | "ms"
    | "datagrams"
    | "take-overs"
    | "moves"
    | "intervals"
    | "of trials"
    | "%"
    | "MB"
    | "writes"
    | "times";
  /** In words; empty where there is nothing to aim at. */
  readonly target: string;
  /** Whose doing it is; the director that leaves unless said otherwise. */
  readonly by?: "successor";
  /** `peer` is keepalived's row of the same run, when there is one. */
  readonly met: (own: Summary, peer: Summary | undefined) => boolean;
}

/** The peer may have been lucky or not: this much more is no worse. */
const PEER_MARGIN_MS = 2;
/** A kernel stamp and a microsecond clock disagree by this much. */
const STAMP_ERROR_MS = 0.02;
/** keepalived's longest gap with real-time scheduling, measured on a quiet machine of two processors. */
const LONGEST_GAP_MS = 12.3;

/** Checks each second, three in a row, a second's timeout. */
const SERVER_LOST_MS = 3 * 1_000 + 1_000;
/** Two in a row. */
const SERVER_BACK_MS = 2 * 1_000 + 1_000;

/** A minute, and the kernel looks for old addresses every second or two. */
const LIFETIME_MS = 63_000;

/** Of 100 ms. */
const TENTH_OF_INTERVAL_MS = 10;
/** What is linear takes twice as long; nothing may be quadratic. */
const DOUBLE_TABLE = 2.3;

function atMost(limit: number): Pick<Metric, "target" | "met"> {
  return { target: `≤ ${limit}`, met: (own) => own.max <= limit };
}

const anything: Pick<Metric, "target" | "met"> = { target: "", met: () => true };

/** Beside keepalived in the same run. */
function notAbovePeer(by?: "successor"): Pick<Metric, "target" | "met" | "by"> {
  return {
    ...(by === undefined ? {} : { by }),
    target: "median ≤ peer's",
    met: (own, peer) => peer === undefined || own.median <= peer.median,
  };
}

function exactly(value: number): Pick<Metric, "target" | "met"> {
  return { target: `${value}`, met: (own) => own.min === value && own.max === value };
}

export const METRICS = {
  detection: {
    title: "machine dies: detection beyond the master-down interval",
    unit: "ms",
    by: "successor",
    target: "median ≤ 0.5, p90 ≤ 1, never early, max ≤ peer's + 2",
    met: (own, peer) =>
      own.min >= -STAMP_ERROR_MS &&
      own.median <= 0.5 &&
      own.p90 <= 1 &&
      (peer === undefined || own.max <= peer.max + PEER_MARGIN_MS),
  },
  announcement: {
    title: "first advert → announcement",
    unit: "ms",
    by: "successor",
    target: "median ≤ 1",
    met: (own) => own.median <= 1,
  },
  stopLost: { title: "orderly stop: lost by a warm client", unit: "datagrams", ...exactly(0) },
  stopCold: { title: "orderly stop: a cold client cut off", unit: "ms", ...atMost(200) },
  stopColdPeer: {
    title: "orderly stop, keepalived succeeds: a cold client cut off",
    unit: "ms",
    ...atMost(1_200),
  },
  stopGone: { title: "orderly stop: announcement → processes gone", unit: "ms", ...atMost(200) },
  stopAlone: { title: "orderly stop without a peer → processes gone", unit: "ms", ...atMost(10_200) },
  drillLost: { title: "drill: lost by a warm client", unit: "datagrams", ...exactly(0) },
  drillCold: { title: "drill: a cold client cut off", unit: "ms", ...atMost(200) },
  drillColdPeer: { title: "drill, keepalived succeeds: a cold client cut off", unit: "ms", ...atMost(1_200) },
  speakerLost: { title: "elector killed: lost by a warm client", unit: "datagrams", ...exactly(0) },
  goodbye: { title: "elector killed → goodbye", unit: "ms", ...atMost(20) },
  goodbyeSpinning: { title: "elector killed, balancer busy → goodbye", unit: "ms", ...atMost(20) },
  oldAddress: { title: "elector killed: successor's advert → old address gone", unit: "ms", ...atMost(50) },
  adoptedLost: {
    title: "elector killed, no peer, restarted: lost by a warm client",
    unit: "datagrams",
    ...exactly(0),
  },
  adopted: {
    title: "elector killed, no peer, restarted: address kept throughout",
    unit: "of trials",
    ...exactly(1),
  },
  leftover: {
    title: "all killed, started again → only the master has the address",
    unit: "ms",
    target: "happens",
    met: (own) => Number.isFinite(own.max),
  },
  lifetime: { title: "all killed, never started again → address gone", unit: "ms", ...atMost(LIFETIME_MS) },
  takeovers: { title: "10 ms adverts, four busy loops: take-overs", unit: "take-overs", ...exactly(0) },
  takeoversGranted: {
    title: "… take-overs that the machine's own pauses do not explain",
    unit: "take-overs",
    ...exactly(0),
  },
  longestGap: { title: "… longest gap between adverts", unit: "ms", ...anything },
  longestGrantedGap: {
    title: "… longest gap, without the machine's own pauses",
    unit: "ms",
    ...atMost(LONGEST_GAP_MS),
  },
  lateness: { title: "… p99.9 lateness of adverts", unit: "ms", ...anything },
  grantedLateness: {
    title: "… p99.9 lateness, without the machine's own pauses",
    unit: "ms",
    ...atMost(1),
  },
  machinePause: { title: "… longest pause of the machine", unit: "ms", ...anything },
  shortestGap: {
    title: "… shortest gap between adverts",
    unit: "intervals",
    target: "≥ 0.5",
    met: (own) => own.min >= 0.5,
  },
  takeoversOrdinary: {
    title: "the same without real-time scheduling: take-overs",
    unit: "take-overs",
    ...anything,
  },
  longestGapOrdinary: { title: "… longest gap between adverts", unit: "ms", ...anything },
  reloadMoves: { title: "reload of an unchanged file: moves", unit: "moves", ...exactly(0) },
  reloadLateness: {
    title: "… p99 lateness of adverts in that second, beyond a quiet one",
    unit: "ms",
    ...atMost(1),
  },
  serverKilled: {
    title: "real server killed → no new connections to it",
    unit: "ms",
    ...atMost(SERVER_LOST_MS),
  },
  serverSilent: {
    title: "real server's cable pulled → no new connections to it",
    unit: "ms",
    ...atMost(SERVER_LOST_MS),
  },
  serverBack: { title: "real server back → connections to it", unit: "ms", ...atMost(SERVER_BACK_MS) },
  scaleMasterCpu: { title: "1,000 routers, master: processor", unit: "%", ...notAbovePeer() },
  scaleBackupCpu: { title: "1,000 routers, backup: processor", unit: "%", ...notAbovePeer("successor") },
  scaleMasterMemory: { title: "1,000 routers, master: memory", unit: "MB", ...anything },
  scaleBackupMemory: { title: "1,000 routers, backup: memory", unit: "MB", ...anything },
  scaleLateness: { title: "1,000 routers: latest advert", unit: "ms", ...anything },
  scaleGrantedLateness: {
    title: "… latest advert, without the machine's own pauses",
    unit: "ms",
    ...atMost(TENTH_OF_INTERVAL_MS),
  },
  scalePause: { title: "… longest pause of the machine", unit: "ms", ...anything },
  scaleTakeovers: { title: "1,000 routers: routers taken over falsely", unit: "take-overs", ...exactly(0) },
  scaleKilledMedian: {
    title: "master of 1,000 killed: beyond the master-down interval, median router",
    unit: "ms",
    ...anything,
  },
  scaleKilledWorst: { title: "… the last router", unit: "ms", ...anything },
  scaleGrantedKilledMedian: {
    title: "master of 1,000 killed, without the machine's own pauses: median router",
    unit: "ms",
    ...notAbovePeer("successor"),
  },
  scaleGrantedKilledWorst: { title: "… the last router", unit: "ms", ...notAbovePeer("successor") },
  scaleUnpluggedMedian: {
    title: "cables of the master of 1,000 pulled: the same, median router",
    unit: "ms",
    ...anything,
  },
  scaleUnpluggedWorst: { title: "… the last router", unit: "ms", ...anything },
  scaleGrantedUnpluggedMedian: {
    title: "cables pulled, without the machine's own pauses: median router",
    unit: "ms",
    ...notAbovePeer("successor"),
  },
  scaleGrantedUnpluggedWorst: { title: "… the last router", unit: "ms", ...notAbovePeer("successor") },
  addressesLateness: {
    title: "claiming 500 addresses, 10 ms adverts: latest advert",
    unit: "intervals",
    by: "successor",
    ...atMost(1),
  },
  addressesThere: {
    title: "… first advert → last address in the kernel",
    unit: "ms",
    ...notAbovePeer("successor"),
  },
  addressesAnnounced: {
    title: "… first advert → last address announced",
    unit: "ms",
    ...notAbovePeer("successor"),
  },
  tableFilled: { title: "start → all in the kernel", unit: "ms", ...notAbovePeer() },
  tableOverFloor: { title: "… beyond the floor and the reading of the file", unit: "times", ...atMost(3) },
  tableFillingLateness: {
    title: "… p99 lateness of adverts meanwhile",
    unit: "ms",
    ...atMost(TENTH_OF_INTERVAL_MS),
  },
  tableFloor: { title: "64 prepared requests a call → all in the kernel", unit: "ms", ...anything },
  tableOneServer: { title: "reload with another weight → in the kernel", unit: "ms", ...notAbovePeer() },
  tableOneWrites: { title: "… writes", unit: "writes", ...exactly(1) },
  tableReloadLateness: {
    title: "… p99 lateness of adverts during both reloads",
    unit: "ms",
    ...atMost(TENTH_OF_INTERVAL_MS),
  },
  tableComment: { title: "reload with another comment → in force", unit: "ms", ...atMost(4_000) },
  tableCommentWrites: { title: "… writes", unit: "writes", ...exactly(0) },
  tableAgain: { title: "start beside the unchanged table → ready", unit: "ms", ...anything },
  tableAgainWrites: { title: "… writes", unit: "writes", ...exactly(0) },
  tableCheckHost: { title: "the file alone is checked, on the host", unit: "ms", ...notAbovePeer() },
  tableCheck: { title: "the file alone is checked", unit: "ms", ...notAbovePeer() },
  tablePlan: { title: "the change is planned", unit: "ms", ...anything },
  tableElectorMemory: { title: "memory of the elector", unit: "MB", ...anything },
  tableMemory: { title: "memory of all processes", unit: "MB", ...anything },
  tableIdle: { title: "nothing happens: processor", unit: "%", ...notAbovePeer() },
  tableFilledDouble: {
    title: "start → all in the kernel: twice the table takes",
    unit: "times",
    ...atMost(DOUBLE_TABLE),
  },
  tableOneServerDouble: {
    title: "reload with another weight: twice the table takes",
    unit: "times",
    ...atMost(DOUBLE_TABLE),
  },
  tableCommentDouble: {
    title: "reload with another comment: twice the table takes",
    unit: "times",
    ...atMost(DOUBLE_TABLE),
  },
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof METRICS;
