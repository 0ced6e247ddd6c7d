/** The words of the command line. Names and meanings only: what a verb does is loaded when it is asked for. */
import { DEFAULT_CONFIG, DEFAULT_RUN_DIR, DEFAULT_STATE_DIR } from "../channel/options.ts";

export interface Option {
  readonly name: string;
  /** Of its value; a flag has none. */
  readonly placeholder?: string;
  readonly fallback?: string;
  /** May be given again: the values are joined with "; ". */
  readonly many?: boolean;
  readonly meaning: string;
}

interface Operand {
  readonly placeholder: string;
  readonly fallback?: string;
  readonly meaning: string;
}

export interface Verb {
  readonly summary: string;
  readonly operand?: Operand;
  /** After the first. */
  readonly second?: Operand;
  readonly options: readonly Option[];
}

const FILE = { placeholder: "FILE", fallback: DEFAULT_CONFIG, meaning: "the cluster file" };
const NODE: Option = {
  name: "node",
  placeholder: "NAME",
  meaning: "which director of the file this is; by host name when absent",
};
const ONE_SERVER = { placeholder: "SERVICE/SERVER", meaning: "which one, by the names in the cluster file" };
const RUN_DIR: Option = {
  name: "run-dir",
  placeholder: "DIR",
  fallback: DEFAULT_RUN_DIR,
  meaning: "where the lock and the control socket are",
};
const STATE_DIR: Option = {
  name: "state-dir",
  placeholder: "DIR",
  fallback: DEFAULT_STATE_DIR,
  meaning: "where the accepted file and the journal are",
};

const NAMESPACE: Option = {
  name: "namespace",
  placeholder: "NAME",
  meaning: "the network namespace of the table, or its path; where Keelson keeps its own when absent",
};

const CONFIG: Option = {
  name: "config",
  placeholder: FILE.placeholder,
  fallback: FILE.fallback,
  meaning: FILE.meaning,
};
const SERVER: Option = {
  name: "node",
  placeholder: "NAME",
  meaning: "which server of the file this is; by its addresses when absent",
};
const PRINT: Option = { name: "print", meaning: "print lines for a shell instead, and touch nothing" };

export const VERBS = {
  run: {
    summary: "run the daemon until it is stopped",
    options: [
      CONFIG,
      NODE,
      RUN_DIR,
      STATE_DIR,
      {
        name: "strict",
        meaning: "a bad cluster file at start ends the daemon, also when an accepted one is there",
      },
      {
        name: "record",
        placeholder: "FILE",
        meaning: "append all that the election is told to this file, for replay",
      },
    ],
  },
  check: {
    summary: "say what is wrong with a cluster file, or what it would do",
    operand: FILE,
    options: [NODE, { name: "host", meaning: "look at what only this host knows, too" }],
  },
  plan: {
    summary: "say what a reload of a cluster file would change",
    operand: FILE,
    options: [NODE, STATE_DIR],
  },
  reload: {
    summary: "have the daemon read its cluster file again",
    options: [
      { name: "wire-breaking", meaning: "also when neighbours would reject its adverts; `plan` says so" },
      RUN_DIR,
    ],
  },
  status: {
    summary: "say how routers, services and servers are",
    options: [{ name: "json", meaning: "for programs" }, RUN_DIR],
  },
  explain: {
    summary: "say what happened last, and why",
    operand: { placeholder: "ROUTER", meaning: "only what concerns this virtual router" },
    options: [{ name: "json", meaning: "for programs" }, RUN_DIR],
  },
  drain: {
    summary: "give a server no new connections, and take it out when those that it has are over",
    operand: ONE_SERVER,
    options: [
      {
        name: "until-connections",
        placeholder: "N",
        fallback: "0",
        meaning: "it leaves the table with so many active connections, or fewer",
      },
      { name: "deadline", placeholder: "TIME", meaning: "and after this at the latest" },
      RUN_DIR,
    ],
  },
  undrain: {
    summary: "give a drained server connections again, as its check and the file say",
    operand: ONE_SERVER,
    options: [RUN_DIR],
  },
  weight: {
    summary: "give a server another weight than the file does, until it is reset",
    operand: ONE_SERVER,
    second: { placeholder: "WEIGHT", meaning: "0 … 65535; it counts also while the server's check fails" },
    options: [{ name: "reset", meaning: "the weight of the file again" }, RUN_DIR],
  },
  drill: {
    summary: "hand the addresses over to the other director, to see that it works",
    options: [RUN_DIR],
  },
  "step-down": {
    summary: "hand the addresses over once; with `preempt` they would come straight back",
    options: [RUN_DIR],
  },
  standby: {
    summary: "stay behind all other directors until released, also after a reboot",
    options: [RUN_DIR],
  },
  release: {
    summary: "end a standby, and what keeps a director behind after a drill",
    options: [RUN_DIR],
  },
  replay: {
    summary: "run a recording through the election again, and say what happens and why",
    operand: { placeholder: "FILE", meaning: "what run --record has written" },
    options: [{ name: "json", meaning: "for programs" }],
  },
  simulate: {
    summary: "run a cluster file's directors under faults on a virtual clock, and say who served when",
    operand: FILE,
    options: [
      { name: "seed", placeholder: "N", fallback: "1", meaning: "the number that repeats a run" },
      { name: "duration", placeholder: "TIME", fallback: "60s", meaning: "how long, by the virtual clock" },
      {
        name: "fault",
        placeholder: '"at=TIME FAULT"',
        many: true,
        meaning: "what goes wrong, for example at=12s kill lb1 for=5s; drawn from the seed when absent",
      },
      { name: "json", meaning: "for programs" },
    ],
  },
  doctor: {
    summary: "say what this host lacks for its part of a cluster file, each with the line that mends it",
    options: [
      CONFIG,
      NODE,
      { name: "fix", meaning: "change kernel settings and load modules that errors and warnings ask for" },
      STATE_DIR,
    ],
  },
  "ipvs show": {
    summary: "print the kernel's IPVS table: rates, whose each line is, and why servers have their weights",
    options: [{ name: "json", meaning: "for programs" }, NAMESPACE, RUN_DIR, STATE_DIR],
  },
  "ipvs save": {
    summary: "write the kernel's IPVS table as ipvsadm --save does",
    options: [NAMESPACE, STATE_DIR],
  },
  "ipvs restore": {
    summary: "bring the services of a saved table into its state; other services stay",
    operand: {
      placeholder: "FILE",
      fallback: "-",
      meaning: "what ipvs save or ipvsadm wrote; -: standard input",
    },
    options: [
      { name: "plan", meaning: "say what would change, and change nothing" },
      { name: "force", meaning: "also services that a running Keelson has, which will put them back" },
      NAMESPACE,
      RUN_DIR,
      STATE_DIR,
    ],
  },
  "realserver up": {
    summary: "on a real server (direct, tunnel): take the services' addresses, and keep silent about them",
    options: [CONFIG, SERVER, PRINT, STATE_DIR],
  },
  "realserver down": {
    summary: "undo what `realserver up` did on this host, whatever the file says now",
    options: [CONFIG, SERVER, PRINT, STATE_DIR],
  },
  "realserver check": {
    summary: "say what a real server of direct routing or a tunnel lacks, each with the line that mends it",
    options: [CONFIG, SERVER, PRINT, STATE_DIR],
  },
  schema: {
    summary: "print the JSON Schema of the cluster file, for editors",
    options: [],
  },
} as const satisfies Readonly<Record<string, Verb>>;

export type VerbName = keyof typeof VERBS;

/** The verbs of two words that begin with this one: `ipvs show`. */
export function verbsOf(group: string): string[] {
  return Object.keys(VERBS).filter((name) => name.startsWith(`${group} `));
}

export function isVerb(word: string): word is VerbName {
  return Object.hasOwn(VERBS, word);
}
