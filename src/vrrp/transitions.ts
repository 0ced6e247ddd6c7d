/**
 * Every transition of a virtual router, as data (RFC 9568 §6.4, with Leaving and Fault added).
 *
 * Two rules: nothing else assigns a router's state, and every (state, event) pair has its own row. A change of
 * state ends every running timer before the row's effects run; effects run in the order written.
 * `docs/states.md` is printed from these tables.
 */
import type { State } from "./state.ts";

/** What can happen to a router, already judged: who is better, whether we preempt, why we are leaving. */
export const EVENTS = {
  startup: "its links are up, its source address is there, and nothing of an earlier run is left",
  "startup-owner": "the same, with priority 255",
  "startup-leftovers": "the same, and addresses of an earlier run are still on their interfaces",
  fault: "a link is down, the source address is gone, the kernel refuses, or an address cannot be held",
  "advert-zero": "an advert with priority 0: its sender is leaving",
  "advert-better": "an advert with a higher priority, or an equal one from a higher source address",
  "advert-equal": "an advert with an equal priority from a lower source address",
  "advert-lower": "an advert with a lower priority than ours, and we would preempt",
  "advert-lower-held":
    "an advert with a lower priority, but we do not preempt: preempt = false, held after a drill, or not ready",
  "not-heard": "the same as one of these three, four intervals after it was first answered",
  "advert-while-listening": "any advert above 0 heard by a master that listens after a stall",
  "advert-timer": "the next own advert is due",
  "master-down-timer": "no advert for a master-down interval, or a skew time after priority 0",
  "listen-timer": "the listening after a stall is over and nobody was heard",
  stall: "this process ran late by more intervals than adverts may be missing (three by default)",
  "address-lost": "somebody removed one of our addresses",
  "foreign-announcement": "somebody else announced one of our addresses",
  drill: "a fail-over drill is asked for",
  "step-down": "the addresses are to be handed over once",
  stop: "an orderly stop is asked for",
  yields:
    "it has to give way: what it tracks is down, or another of its sync group is in Fault or has given way",
  "handed-over": "the successor owns every address: its announcements were seen, or were waited for in vain",
  "handed-over-stopping": "the same, during an orderly stop",
  "not-taken": "the deadline of a drill passed and nobody claimed",
  "nobody-heard": "the master-down interval of an adoption passed and nobody was heard",
  "let-go": "the deadline of an orderly stop passed, or a second stop was asked for",
} as const;
export type RouterEventName = keyof typeof EVENTS;

/** What a row can ask for. The virtual router performs them. */
export const EFFECTS = {
  advert: "send an advert with our own priority",
  answer: "the same, at most once per interval, and never while listening",
  goodbye: "send one advert with priority 0, unless that was done since we were last master",
  hold: "put every address on its interface",
  release: "take every address that is still held off its interface",
  announce:
    "announce all addresses now, then as its `announce` says: after 100 ms, 1.1 s and 5 s, then every 60 s",
  "announce-again": "announce all addresses once more, at most every 100 ms, and never while listening",
  "arm-advert":
    "next advert one interval from now; among very many routers that speak in turns, when its own turn comes before that",
  "next-advert":
    "next advert at its slot, which is absolute; missed slots are skipped, and who is later than half an interval counts anew",
  "arm-down": "wait one master-down interval since the last master's advert (a skew time after priority 0)",
  hear: "remember the advert's sender, its interval and when it arrived; then arm-down",
  "hear-successor":
    "the same, and let go of the addresses at its announcements; in a drill, step-down or stop within a second, and by the deadline; else in 20 ms",
  listen: "send and announce nothing for one interval and 2 ms, addresses kept",
  "leave-for-drill": "leave for a drill: hand-over deadline; stay behind afterwards",
  "leave-to-step-down": "leave to whoever claims: hand-over deadline; the priorities decide afterwards",
  "leave-for-stop": "leave for good: hand-over deadline, capped by the stop timeout",
  "leave-for-better": "leave to one who is already master",
  "leave-to-yield": "leave to whoever claims: hand-over deadline",
  "leave-to-adopt": "keep the leftover addresses for one master-down interval, saying nothing",
  "end-held": "the drill's hold is over",
  "arm-retry": "try again when the cause is gone, not before a time that grows with each fault",
} as const;
export type Effect = keyof typeof EFFECTS;

export interface Row {
  readonly to: State;
  readonly effects: readonly Effect[];
}

function row(to: State, ...effects: Effect[]): Row {
  return { to, effects };
}

/** The event means nothing here: no effect, no timer touched. */
const IGNORE_INITIALIZE = row("Initialize");
const IGNORE_BACKUP = row("Backup");
const IGNORE_MASTER = row("Master");
const IGNORE_LEAVING = row("Leaving");
const IGNORE_FAULT = row("Fault");

const CLAIM = row("Master", "advert", "hold", "announce", "arm-advert", "end-held");
const OWN_SUCCESSOR = row("Leaving", "hear-successor");

export const TRANSITIONS: Readonly<Record<State, Readonly<Record<RouterEventName, Row>>>> = {
  Initialize: {
    startup: row("Backup", "arm-down"),
    "startup-owner": CLAIM,
    "startup-leftovers": row("Leaving", "leave-to-adopt"),
    fault: row("Fault", "arm-retry"),
    "advert-zero": IGNORE_INITIALIZE,
    "advert-better": IGNORE_INITIALIZE,
    "advert-equal": IGNORE_INITIALIZE,
    "advert-lower": IGNORE_INITIALIZE,
    "advert-lower-held": IGNORE_INITIALIZE,
    "not-heard": IGNORE_INITIALIZE,
    "advert-while-listening": IGNORE_INITIALIZE,
    "advert-timer": IGNORE_INITIALIZE,
    "master-down-timer": IGNORE_INITIALIZE,
    "listen-timer": IGNORE_INITIALIZE,
    stall: IGNORE_INITIALIZE,
    "address-lost": IGNORE_INITIALIZE,
    "foreign-announcement": IGNORE_INITIALIZE,
    drill: IGNORE_INITIALIZE,
    "step-down": IGNORE_INITIALIZE,
    stop: IGNORE_INITIALIZE,
    yields: IGNORE_INITIALIZE,
    "handed-over": IGNORE_INITIALIZE,
    "handed-over-stopping": IGNORE_INITIALIZE,
    "not-taken": IGNORE_INITIALIZE,
    "nobody-heard": IGNORE_INITIALIZE,
    "let-go": IGNORE_INITIALIZE,
  },
  Backup: {
    startup: IGNORE_BACKUP,
    "startup-owner": IGNORE_BACKUP,
    "startup-leftovers": IGNORE_BACKUP,
    fault: row("Fault", "arm-retry"),
    "advert-zero": row("Backup", "hear"),
    "advert-better": row("Backup", "hear"),
    "advert-equal": row("Backup", "hear"),
    // The timer is not touched: it runs out, and we take over (RFC 9568 §6.4.2).
    "advert-lower": IGNORE_BACKUP,
    "advert-lower-held": row("Backup", "hear"),
    "not-heard": IGNORE_BACKUP,
    "advert-while-listening": IGNORE_BACKUP,
    "advert-timer": IGNORE_BACKUP,
    "master-down-timer": CLAIM,
    "listen-timer": IGNORE_BACKUP,
    stall: IGNORE_BACKUP,
    "address-lost": IGNORE_BACKUP,
    "foreign-announcement": IGNORE_BACKUP,
    drill: IGNORE_BACKUP,
    "step-down": IGNORE_BACKUP,
    stop: row("Initialize"),
    yields: IGNORE_BACKUP,
    "handed-over": IGNORE_BACKUP,
    "handed-over-stopping": IGNORE_BACKUP,
    "not-taken": IGNORE_BACKUP,
    "nobody-heard": IGNORE_BACKUP,
    "let-go": row("Initialize"),
  },
  Master: {
    startup: IGNORE_MASTER,
    "startup-owner": IGNORE_MASTER,
    "startup-leftovers": IGNORE_MASTER,
    fault: row("Fault", "goodbye", "release", "arm-retry"),
    // Somebody else was master too and is leaving: its neighbours may still point at it.
    "advert-zero": row("Master", "answer", "announce-again"),
    // One advert of our own first, so that the winner announces again after us.
    "advert-better": row("Leaving", "advert", "leave-for-better", "hear-successor"),
    "advert-equal": row("Master", "answer", "announce-again"),
    "advert-lower": row("Master", "answer", "announce-again"),
    "advert-lower-held": row("Master", "answer", "announce-again"),
    // It does not hear us, perhaps it hears what we announce: then it announces once more after us.
    "not-heard": row("Leaving", "announce-again", "goodbye", "leave-for-better", "hear-successor"),
    // We stalled and the other one serves: our own priority must not drive it away now.
    "advert-while-listening": row("Leaving", "goodbye", "leave-for-better", "hear-successor"),
    "advert-timer": row("Master", "advert", "next-advert"),
    "master-down-timer": IGNORE_MASTER,
    "listen-timer": row("Master", "advert", "arm-advert", "announce-again"),
    stall: row("Master", "listen"),
    "address-lost": row("Master", "hold", "announce-again"),
    "foreign-announcement": row("Master", "announce-again"),
    drill: row("Leaving", "goodbye", "leave-for-drill"),
    "step-down": row("Leaving", "goodbye", "leave-to-step-down"),
    stop: row("Leaving", "goodbye", "leave-for-stop"),
    yields: row("Leaving", "goodbye", "leave-to-yield"),
    "handed-over": IGNORE_MASTER,
    "handed-over-stopping": IGNORE_MASTER,
    "not-taken": IGNORE_MASTER,
    "nobody-heard": IGNORE_MASTER,
    "let-go": row("Initialize", "goodbye", "release"),
  },
  Leaving: {
    startup: IGNORE_LEAVING,
    "startup-owner": IGNORE_LEAVING,
    "startup-leftovers": IGNORE_LEAVING,
    fault: row("Fault", "release", "arm-retry"),
    "advert-zero": row("Leaving", "hear"),
    "advert-better": OWN_SUCCESSOR,
    "advert-equal": OWN_SUCCESSOR,
    "advert-lower": OWN_SUCCESSOR,
    "advert-lower-held": OWN_SUCCESSOR,
    "not-heard": OWN_SUCCESSOR,
    "advert-while-listening": OWN_SUCCESSOR,
    "advert-timer": IGNORE_LEAVING,
    // The successor fell silent before it had our addresses; leaving goes on to its own deadline.
    "master-down-timer": IGNORE_LEAVING,
    "listen-timer": IGNORE_LEAVING,
    stall: IGNORE_LEAVING,
    "address-lost": IGNORE_LEAVING,
    "foreign-announcement": IGNORE_LEAVING,
    drill: IGNORE_LEAVING,
    "step-down": IGNORE_LEAVING,
    stop: row("Leaving", "goodbye", "leave-for-stop"),
    yields: IGNORE_LEAVING,
    "handed-over": row("Backup", "release", "arm-down"),
    "handed-over-stopping": row("Initialize", "release"),
    "not-taken": row("Master", "advert", "hold", "announce", "arm-advert", "end-held"),
    "nobody-heard": CLAIM,
    "let-go": row("Initialize", "release"),
  },
  Fault: {
    startup: row("Backup", "arm-down"),
    "startup-owner": CLAIM,
    "startup-leftovers": row("Leaving", "leave-to-adopt"),
    fault: IGNORE_FAULT,
    "advert-zero": IGNORE_FAULT,
    "advert-better": IGNORE_FAULT,
    "advert-equal": IGNORE_FAULT,
    "advert-lower": IGNORE_FAULT,
    "advert-lower-held": IGNORE_FAULT,
    "not-heard": IGNORE_FAULT,
    "advert-while-listening": IGNORE_FAULT,
    "advert-timer": IGNORE_FAULT,
    "master-down-timer": IGNORE_FAULT,
    "listen-timer": IGNORE_FAULT,
    stall: IGNORE_FAULT,
    "address-lost": IGNORE_FAULT,
    "foreign-announcement": IGNORE_FAULT,
    drill: IGNORE_FAULT,
    "step-down": IGNORE_FAULT,
    stop: row("Initialize"),
    yields: IGNORE_FAULT,
    "handed-over": IGNORE_FAULT,
    "handed-over-stopping": IGNORE_FAULT,
    "not-taken": IGNORE_FAULT,
    "nobody-heard": IGNORE_FAULT,
    "let-go": row("Initialize"),
  },
};
