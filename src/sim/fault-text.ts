/** Faults as an operator writes them: `at=12s kill lb1 for=5s`. */
import { nearest } from "../config/nearest.ts";
import type { Family } from "../net/ip.ts";
import { type Duration, millis, parseDuration, seconds } from "../net/time.ts";
import type { Fault } from "./fault.ts";

/** What a fault may name. */
export interface Cast {
  readonly nodes: readonly string[];
  interfacesOf(node: string): readonly string[];
  readonly tracks: readonly string[];
}

export interface Planned {
  readonly at: Duration;
  readonly fault: Fault;
}

type Parsed = ({ readonly kind: "fault" } & Planned) | { readonly kind: "wrong"; readonly reason: string };

/** How long it lasts unless `for=` says so; a process that ended comes back then. */
const DEFAULT_LENGTH = seconds(10);
const READY_AFTER = millis(1);
const PERCENT = 100;

interface Words {
  readonly operands: readonly string[];
  readonly length: Duration;
}

interface Form {
  /** After the word itself; for help and errors. */
  readonly operands: readonly ("NODE" | "NODE+NODE" | "INTERFACE" | "TRACK" | "PERCENT")[];
  readonly lasts: boolean;
  readonly meaning: string;
  make(words: Words): Fault;
}

const NODE = ["NODE"] as const;

/** Every fault that can be asked for. */
export const FORMS: Readonly<Record<string, Form>> = {
  kill: {
    operands: NODE,
    lasts: true,
    meaning: "both processes die at once; nothing is said, and the addresses stay on the machine",
    make: (words) => restart("kill-everything", words),
  },
  crash: {
    operands: NODE,
    lasts: true,
    meaning: "the elector dies; the last will in the balancer says goodbye",
    make: (words) => restart("kill-elector", words),
  },
  stop: {
    operands: NODE,
    lasts: true,
    meaning: "an orderly stop, as by the service manager",
    make: (words) => restart("stop", words),
  },
  reboot: {
    operands: NODE,
    lasts: true,
    meaning: "the machine is gone, with its addresses",
    make: (words) => restart("reboot", words),
  },
  stall: {
    operands: ["NODE+NODE"],
    lasts: true,
    meaning: "the processes stand still, together; the kernel goes on",
    make: ({ operands: [nodes = ""], length }) => {
      return { kind: "stalls", nodes: nodes.split("+"), length, every: length, count: 1 };
    },
  },
  pause: {
    operands: NODE,
    lasts: true,
    meaning: "the whole machine stands still, its clock included",
    make: ({ operands: [node = ""], length }) => ({ kind: "pause", node, length }),
  },
  drill: {
    operands: NODE,
    lasts: false,
    meaning: "a fail-over drill, as by keelson drill",
    make: ({ operands: [node = ""] }) => ({ kind: "drill", node }),
  },
  link: {
    operands: ["NODE", "INTERFACE"],
    lasts: true,
    meaning: "the interface has no carrier",
    make: ({ operands: [node = "", own = ""], length }) => ({
      kind: "link-down",
      node,
      interface: own,
      length,
    }),
  },
  cut: {
    operands: ["NODE", "NODE"],
    lasts: true,
    meaning: "nothing that the first sends reaches the second; the other way is open",
    make: ({ operands: [from = "", to = ""], length }) => ({ kind: "cut", from, to, length }),
  },
  cut4: cutAdverts(4),
  cut6: cutAdverts(6),
  part: {
    operands: ["NODE+NODE"],
    lasts: true,
    meaning: "these and the others do not hear each other",
    make: ({ operands: [nodes = ""], length }) => ({ kind: "partition", island: nodes.split("+"), length }),
  },
  lose: {
    operands: ["PERCENT"],
    lasts: true,
    meaning: "so many of all frames are lost",
    make: ({ operands: [share = ""], length }) => {
      const loss = Number(share) / PERCENT;
      const weather = { loss, duplicates: 0, reordered: 0, shortestDelayUs: 50, longestDelayUs: 3_000 };
      return { kind: "weather", weather, length };
    },
  },
  steal: {
    operands: NODE,
    lasts: false,
    meaning: "somebody removes the floating addresses by hand",
    make: ({ operands: [node = ""] }) => ({ kind: "steal", node }),
  },
  track: {
    operands: ["NODE", "TRACK"],
    lasts: true,
    meaning: "what is tracked under this name is down",
    make: ({ operands: [node = "", track = ""], length }) => ({ kind: "track-down", node, track, length }),
  },
};

function cutAdverts(adverts: Family): Form {
  return {
    operands: ["NODE", "NODE"],
    lasts: true,
    meaning: `the same for adverts over IPv${adverts} alone`,
    make: ({ operands: [from = "", to = ""], length }) => ({ kind: "cut", from, to, adverts, length }),
  };
}

function restart(
  kind: "kill-everything" | "kill-elector" | "stop" | "reboot",
  { operands: [node = ""], length }: Words,
): Fault {
  return { kind, node, length, readyAfter: READY_AFTER };
}

export function parseFault(text: string, cast: Cast): Parsed {
  const words = text.split(/\s+/).filter((word) => word !== "");
  const options = words.filter((word) => word.includes("="));
  const [name = "", ...operands] = words.filter((word) => !word.includes("="));
  const form = Object.hasOwn(FORMS, name) ? FORMS[name] : undefined;
  if (form === undefined) return wrong(`unknown fault "${name}"`, hint(name, Object.keys(FORMS)));
  const unknown = options.find((option) => !/^(at|for)=/.test(option));
  if (unknown !== undefined) return wrong(`unknown option ${unknown}`, "there are at= and for=");
  const [at, length] = [durationIn(options, "at"), durationIn(options, "for")];
  if (at === undefined) return wrong("says not when", "write for example at=12s");
  if (at === "bad" || length === "bad") return wrong("has a bad time", "write 250ms, 1.5s or 2m, once");
  if (length !== undefined && !form.lasts) return wrong(`${name} is over at once`, "leave for= out");
  const usage = `${name} ${form.operands.join(" ")}`;
  if (operands.length !== form.operands.length) return wrong(`${name} takes other words`, usage);
  const problem = operands
    .map((word, index) => misnamed(word, form.operands[index], operands, cast))
    .find(Boolean);
  if (problem !== undefined) return problem;
  return { kind: "fault", at, fault: form.make({ operands, length: length ?? DEFAULT_LENGTH }) };
}

function durationIn(options: readonly string[], name: string): Duration | "bad" | undefined {
  const found = options.filter((option) => option.startsWith(`${name}=`));
  if (found.length === 0) return undefined;
  if (found.length > 1) return "bad";
  return parseDuration(found[0]?.slice(name.length + 1) ?? "") ?? "bad";
}

function misnamed(
  word: string,
  what: Form["operands"][number] | undefined,
  [node = ""]: readonly string[],
  cast: Cast,
): Parsed | undefined {
  switch (what) {
    case "PERCENT": {
      const share = Number(word);
      return share > 0 && share <= PERCENT ? undefined : wrong(`${word} is no share`, "1 to 100 per cent");
    }
    case "INTERFACE":
      return among(word, cast.interfacesOf(node), `interface of ${node}`);
    case "TRACK":
      return among(word, cast.tracks, "track that is reported");
    case "NODE+NODE":
      return word
        .split("+")
        .map((one) => among(one, cast.nodes, "director"))
        .find(Boolean);
    default:
      return among(word, cast.nodes, "director");
  }
}

function among(word: string, known: readonly string[], what: string): Parsed | undefined {
  return known.includes(word) ? undefined : wrong(`${word} is no ${what}`, hint(word, known));
}

function hint(word: string, known: readonly string[]): string {
  const meant = nearest(word, known);
  return meant === undefined ? `known are: ${known.join(", ")}` : `did you mean ${meant}?`;
}

function wrong(what: string, advice: string): Parsed {
  return { kind: "wrong", reason: `${what} (${advice})` };
}
