/** `keelson simulate`: a cluster file's own directors under faults, on a virtual clock. Nothing on this host is touched. */
import { settingsFor } from "../config/settings.ts";
import { printable } from "../log/text.ts";
import {
  type Duration,
  formatDuration,
  millis,
  minutes,
  parseDuration,
  seconds,
  toMillis,
} from "../net/time.ts";
import { type Cast, type Planned, parseFault } from "../sim/fault-text.ts";
import type { Overlap, Service, Stretch } from "../sim/serving.ts";
import { runTrial } from "../sim/trial.ts";
import { type DirectorFile, wire } from "../sim/wiring.ts";
import type { RouterSettings } from "../vrrp/settings.ts";
import { readClusterFile } from "./cluster-file.ts";
import { type Given, operandOf, optionValue } from "./command-line.ts";
import { EXIT } from "./exit-code.ts";

/** More costs minutes to compute. */
const [SHORTEST, LONGEST] = [seconds(1), minutes(60)];

type Question =
  | {
      readonly kind: "good";
      readonly seed: number;
      readonly length: Duration;
      readonly faults: readonly Planned[] | undefined;
    }
  | { readonly kind: "wrong"; readonly reason: string };

export async function run(given: Given): Promise<number> {
  const file = readClusterFile(operandOf(given));
  if (file.kind === "bad") return complain(file.issues.join("\n"), EXIT.badFile);
  for (const warning of file.warnings) console.error(warning);
  const directors = Object.keys(file.cluster.directors).map((name): DirectorFile => {
    return { name, routers: settingsFor(file.cluster, name).routers.map(simulable) };
  });
  const question = questionOf(given, castOf(directors));
  if (question.kind === "wrong") return complain(`keelson simulate: ${question.reason}`, EXIT.refused);
  const { seed, faults, length } = question;
  const wiring = wire(seed, directors);
  if (wiring.kind === "impossible") return complain(`keelson simulate: ${wiring.reason}`, EXIT.refused);
  const { timeline, services } = runTrial(wiring.layout, faults, length);
  if (given.flags.has("json")) {
    const lines = timeline.entries.map(({ at, text }) => ({ atMs: at / 1_000, text }));
    const answer = {
      seed,
      lengthMs: toMillis(length),
      routers: services.map(serviceInJson),
      timeline: lines,
    };
    console.log(JSON.stringify(answer));
  } else {
    const head = `${formatDuration(length)} of ${file.cluster.file} with seed ${seed}`;
    console.log([head, timeline.text, ...services.map(serviceText)].map(printableLines).join("\n\n"));
  }
  return EXIT.done;
}

/** There are no strangers in that world, its clocks show no date, and what stands on an interface is that interface. */
function simulable(router: RouterSettings): RouterSettings {
  const { authentication: _, device: __, ...transport } = router.transport;
  const parents = new Map(router.virtualLinks.map(({ name, parent }) => [name, parent]));
  const addresses = router.addresses.map((one) => ({
    ...one,
    interface: parents.get(one.interface) ?? one.interface,
  }));
  return { ...router, virtualLinks: [], transport, addresses };
}

function castOf(directors: readonly DirectorFile[]): Cast {
  const routers = directors.flatMap((director) => director.routers);
  const tracks = routers
    .flatMap((router) => router.tracks)
    .filter(({ source }) => source.kind === "reported");
  return {
    nodes: directors.map(({ name }) => name),
    interfacesOf: (node) => {
      const own = directors.find(({ name }) => name === node)?.routers ?? [];
      const arms = own.flatMap((one) => [
        one.interface,
        ...one.addresses.map((address) => address.interface),
      ]);
      return [...new Set(arms)];
    },
    tracks: [...new Set(tracks.map(({ name }) => name))],
  };
}

function questionOf(given: Given, cast: Cast): Question {
  const seed = Number(optionValue(given, "seed"));
  if (!Number.isSafeInteger(seed) || seed < 0) return wrong("--seed is a whole number, 0 or more");
  const length = parseDuration(optionValue(given, "duration"));
  if (length === undefined || length < SHORTEST || length > LONGEST)
    return wrong(`--duration is ${formatDuration(SHORTEST)} to 60m, for example 90s`);
  const text = given.values.get("fault");
  if (text === undefined) return { kind: "good", seed, length, faults: undefined };
  const faults: Planned[] = [];
  for (const one of text.split(";").map((part) => part.trim())) {
    const parsed = parseFault(one, cast);
    if (parsed.kind === "wrong") return wrong(`--fault "${one}": ${parsed.reason}`);
    if (parsed.at >= length) return wrong(`--fault "${one}": the run is over by then (--duration)`);
    faults.push(parsed);
  }
  return { kind: "good", seed, length, faults };
}

function serviceText({ router, firstMaster, withoutMaster, withoutAddress, overlaps }: Service): string {
  if (firstMaster === undefined) return `${router}: never had a master`;
  return [
    `${router}:`,
    `  first master          at ${secondsText(firstMaster)}`,
    `  without a master      ${stretchText(withoutMaster)}`,
    `  without its addresses ${stretchText(withoutAddress)}`,
    ...(overlaps.length === 0 ? ["  two masters           never"] : overlaps.map(overlapText)),
  ].join("\n");
}

function stretchText({ from, length }: Stretch): string {
  return length === 0 ? "never" : `${lengthText(length)} at the longest, from ${secondsText(from)} on`;
}

function overlapText({ nodes, from, length, hearing }: Overlap): string {
  const why = hearing ? "" : ", who did not hear each other";
  return `  two masters           ${lengthText(length)} from ${secondsText(from)} on: ${nodes.join(" and ")}${why}`;
}

function lengthText(length: Duration): string {
  return length < millis(1_000) ? `${toMillis(length).toFixed(1)} ms` : secondsText(length);
}

function secondsText(microseconds: number): string {
  return `${(microseconds / 1_000_000).toFixed(3)} s`;
}

function serviceInJson({ router, firstMaster, withoutMaster, withoutAddress, overlaps }: Service) {
  return {
    router,
    firstMasterMs: firstMaster === undefined ? null : firstMaster / 1_000,
    withoutMaster: stretchInJson(withoutMaster),
    withoutAddress: stretchInJson(withoutAddress),
    overlaps: overlaps.map(({ nodes, hearing, ...rest }) => ({ nodes, hearing, ...stretchInJson(rest) })),
  };
}

function stretchInJson({ from, length }: Stretch) {
  return { fromMs: from / 1_000, lengthMs: toMillis(length) };
}

function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

function wrong(reason: string): Question {
  return { kind: "wrong", reason };
}

function complain(text: string, code: number): number {
  console.error(text);
  return code;
}
