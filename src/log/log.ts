/**
 * The log of one process, on its standard output: JSON lines; with syslog priorities under systemd; plain text on a
 * terminal. It never waits for its reader.
 */
import { fstatSync } from "node:fs";
import { pino } from "pino";
import type { KeelsonEvent } from "./event.ts";
import { LEVELS, type Level } from "./kind.ts";
import { eventLine } from "./line.ts";
import { Sink } from "./sink.ts";
import { formatLine } from "./text.ts";

const STANDARD_OUTPUT = 1;
const LIMIT_BYTES = 1_048_576;
const CLOSE_MS = 1_000;

/** Of syslog(3), which journald reads from `<N>` at the start of a line. */
const PRIORITIES = { fatal: 2, error: 3, warn: 4, notice: 5, info: 6, debug: 7 } as const;
/** Between pino's own `info` (30) and `warn` (40). */
const NOTICE = 35;

interface LogOptions {
  /** Which of the two processes speaks. */
  readonly process: "elector" | "balancer";
  readonly environment: NodeJS.ProcessEnv;
  /** Lower ones are left out; `info` when absent. */
  readonly level?: Level;
}

export interface Log {
  /** `at`, in milliseconds since 1970, is when it happened: now, unless another process tells it through us. */
  readonly tell: (event: KeelsonEvent, at?: number) => void;
  /** The last words of a process that dies of `error`: written at once. */
  readonly crash: (error: unknown) => void;
  /** Settles when all is written, or after a second. Called before `process.exit`. */
  readonly close: () => Promise<void>;
}

type Write = (at: number, level: Level | "fatal", message: string, fields: object) => void;

export function openLog(options: LogOptions): Log {
  // Looking at `process.stdout` also makes a pipe or socket non-blocking, which the sink needs.
  const terminal = process.stdout.isTTY === true;
  const sink = new Sink(STANDARD_OUTPUT, LIMIT_BYTES, (count) => tell({ kind: "log-lines-lost", count }));
  const writeLine = terminal ? textWriter(sink, options) : jsonWriter(sink, options);
  const lowest = LEVELS.indexOf(options.level ?? "info");
  const tell = (event: KeelsonEvent, at = Date.now()) => {
    const { level, message } = eventLine(event);
    if (LEVELS.indexOf(level) >= lowest) writeLine(at, level, message, event);
  };
  const finish = () => sink.finish();
  process.on("exit", finish);
  return {
    tell,
    crash(error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      writeLine(Date.now(), "fatal", text, { kind: "crash" });
      sink.finish();
    },
    async close() {
      await sink.drained(CLOSE_MS);
      process.off("exit", finish);
      sink.finish();
    },
  };
}

function textWriter(sink: Sink, { process: name, environment }: LogOptions): Write {
  const colours = (environment["NO_COLOR"] ?? "") === "";
  return (at, level, message) =>
    sink.write(formatLine({ at: new Date(at), level, process: name, message }, colours));
}

function jsonWriter(sink: Sink, { process: name, environment }: LogOptions): Write {
  const prefixed = isJournal(environment);
  let prefix = "";
  let time = "";
  const logger = pino(
    {
      level: "debug",
      customLevels: { notice: NOTICE },
      base: { process: name, pid: process.pid },
      timestamp: () => `,"time":"${time}"`,
      messageKey: "message",
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => sink.write(prefix + line) },
  );
  return (at, level, message, fields) => {
    time = new Date(at).toISOString();
    if (prefixed) prefix = `<${PRIORITIES[level]}>`;
    logger[level](fields, message);
  };
}

/** Whether our standard output is the journal: systemd.exec(5), JOURNAL_STREAM. */
function isJournal(environment: NodeJS.ProcessEnv): boolean {
  const stream = environment["JOURNAL_STREAM"];
  if (stream === undefined) return false;
  const { dev, ino } = fstatSync(STANDARD_OUTPUT);
  return stream === `${dev}:${ino}`;
}
