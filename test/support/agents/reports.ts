/** What the lab's clients say on their standard output, one JSON object a line. Times are CLOCK_MONOTONIC in microseconds. */
import { z } from "zod";

/** Datagrams in the order they were sent, answered by one responder without another's answer between them. */
const span = z.object({
  responder: z.string(),
  firstSentMicros: z.number(),
  lastSentMicros: z.number(),
  answers: z.number(),
});

/** A stretch of unanswered datagrams, between two that were answered. */
const gap = z.object({ fromMicros: z.number(), toMicros: z.number(), lost: z.number() });

export const streamReport = z.object({
  sent: z.number(),
  received: z.number(),
  lost: z.number(),
  /** Between the sending of two answered datagrams with no answered one between; at least the pace. */
  longestGapMillis: z.number(),
  /** The client's own unpunctuality: the longest it went without sending. A gap cannot be known better than this. */
  longestPauseMillis: z.number(),
  slowestAnswerMillis: z.number(),
  spans: z.array(span),
  /** In order of time; all those with losses, up to a bound. */
  gaps: z.array(gap),
});

/** One visit of a client that had forgotten the address. */
const visit = z.object({
  startedMicros: z.number(),
  /** From the first datagram sent to the first answer. */
  cutOffMillis: z.number(),
  responder: z.string(),
});

export const visitsReport = z.object({ visits: z.array(visit), longestCutOffMillis: z.number() });

/** Said while a client runs. */
export const progress = z.object({ responder: z.string(), sentMicros: z.number() });

export type StreamReport = z.infer<typeof streamReport>;
export type VisitsReport = z.infer<typeof visitsReport>;
export type Progress = z.infer<typeof progress>;
