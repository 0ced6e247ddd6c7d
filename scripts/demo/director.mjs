// One director: Keelson on lb1 or lb2, what it says, and what is done to it.
// @ts-check
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { tell } from "./narrator.mjs";
import { powerOff, run, start, until, VIP } from "./stage.mjs";

export const CLUSTER_FILE = "/run/demo/cluster.toml";
const KEELSON = join(import.meta.dirname, "../../bin/keelson");
/** Told as they come, with all warnings and errors. */
const TOLD = new Set(["server-up", "server-down", "server-removed", "file-accepted"]);
/** The story has it from the command line. */
const UNTOLD = new Set(["file-refused"]);
/** @type {Record<string, string>} */
const STATES = {
  Master: `is master of ${VIP}`,
  Backup: "is backup",
  Leaving: "is leaving, and still serves",
  Initialize: "has let go",
};

/** A line of the log. @typedef {{ kind: string, level: string, message: string, to?: string, cause?: string, server?: string }} Entry */

export class Director {
  /** @type {"lb1" | "lb2"} */
  name;
  /** @type {Entry[]} */
  #entries = [];
  /** @type {import("node:child_process").ChildProcess | undefined} */
  #elector;
  /** @type {Promise<string | number> | undefined} */
  #ended;
  #silent = false;

  /** @param {"lb1" | "lb2"} name */
  constructor(name) {
    this.name = name;
  }

  start() {
    const files = ["--config", CLUSTER_FILE, "--state-dir", `/run/demo/${this.name}-state`];
    const command = [process.execPath, KEELSON, "run", "--node", this.name, ...files, ...this.#runDir()];
    const elector = start(this.name, command);
    createInterface({ input: elector.stdout }).on("line", (line) => this.#read(line));
    this.#elector = elector;
    this.#ended = new Promise((resolve) => {
      elector.once("close", (status, signal) => resolve(status ?? signal ?? ""));
    });
    this.#silent = false;
  }

  /** From here on only later events count. */
  forget() {
    this.#entries = [];
  }

  /** @param {string} what @param {(entry: Entry) => boolean} wanted */
  async said(what, wanted) {
    return until(`"${what}" from ${this.name}`, () => this.#entries.find(wanted));
  }

  /** @param {"Master" | "Backup" | "Leaving"} state */
  async becomes(state) {
    return this.said(state, ({ kind, to }) => kind === "transition" && to === state);
  }

  /** A verb of the command line. @param {string[]} words */
  async ask(...words) {
    return run(this.name, [process.execPath, KEELSON, ...words, ...this.#runDir()]);
  }

  /** To the elector, which owns the signals. @param {NodeJS.Signals} signal */
  signal(signal) {
    this.#elector?.kill(signal);
  }

  /** The whole machine at once; what Keelson would say meanwhile is not heard. */
  async cutPower() {
    const balancer = Number.parseInt(readFileSync(`/run/demo/${this.name}/balancer`, "utf8"), 10);
    this.#silent = true;
    await powerOff(this.name);
    this.signal("SIGKILL");
    process.kill(balancer, "SIGKILL");
  }

  /** Settles with the exit status when Keelson has ended and all that it said was told. */
  async ended() {
    return this.#ended;
  }

  #runDir() {
    return ["--run-dir", `/run/demo/${this.name}`];
  }

  /** @param {string} line */
  #read(line) {
    if (this.#silent) return;
    const entry = parse(line);
    if (entry === undefined) return tell(`${this.name}: ${line}`);
    this.#entries.push(entry);
    const { kind, level, message } = entry;
    if (kind === "transition") return tell(this.#transition(entry));
    const grave = ["warn", "error", "fatal"].includes(level) && !UNTOLD.has(kind);
    if (TOLD.has(kind) || grave) tell(`${this.name}: ${message}`);
  }

  /** `front: Backup → Master: why` in the words of the story. @param {Entry} entry */
  #transition({ message, to = "" }) {
    const why = message.split(": ").slice(2).join(": ");
    return `${this.name} ${STATES[to] ?? `is in ${to}`}: ${why}`;
  }
}

/** @param {string} line @returns {Entry | undefined} */
function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
