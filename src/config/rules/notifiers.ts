/** Rules about notifiers: what they name is there, and is told. */
import { hearsOf, hearsOfServices } from "../../notify/settings.ts";
import { statesOf } from "../../notify/subject.ts";
import { error, type Finding, type Path, warning } from "../issue.ts";
import { nearest } from "../nearest.ts";
import type { Parts, Service } from "../schema.ts";

type Notifier = Parts["notify"][string];

export function checkNotifiers(parts: Parts): Finding[] {
  const routers = Object.keys(parts.routers);
  const services = Object.keys(parts.services);
  return Object.entries(parts.notify).flatMap(([name, notifier]) => {
    const path = ["notify", name];
    return [
      ...strangers(path, notifier, "routers", routers, "unknown-router"),
      ...strangers(path, notifier, "services", services, "unknown-service"),
      ...untold(path, notifier),
      ...impossible(path, notifier, parts),
    ];
  });
}

function strangers(
  path: Path,
  notifier: Notifier,
  key: "routers" | "services",
  known: readonly string[],
  code: string,
): Finding[] {
  return (notifier[key] ?? []).flatMap((one, index) => {
    if (known.includes(one)) return [];
    const meant = nearest(one, known);
    const hint = meant === undefined ? `add [${key}.${one}]` : `did you mean "${meant}"?`;
    return [error([...path, key, index], code, `there is no [${key}.${one}]`, hint)];
  });
}

/** Keys that say nothing, for none of the states is of what they speak of. */
function untold(path: Path, notifier: Notifier): Finding[] {
  const { routers, services, start_and_stop: startAndStop } = notifier;
  const say = (key: string, of: string, states: string) => {
    const message = `none of the \`states\` is one of ${of}, so \`${key}\` says nothing`;
    return error(
      [...path, key],
      "names-untold",
      message,
      `add the \`states\` that are to be told: ${states}`,
    );
  };
  const ofServices = 'services: "up", "down", "quorum-held", "quorum-lost", "panic", "panic-over"';
  const hears = hearsOfServices(notifier);
  return [
    ...(routers === undefined || hearsOf(notifier, "router")
      ? []
      : [say("routers", "routers", '"Master", "Backup", "Fault"')]),
    ...(services === undefined || hears ? [] : [say("services", "services", ofServices)]),
    ...(!startAndStop || hears ? [] : [say("start_and_stop", "services", ofServices)]),
  ];
}

/** What a service needs to come to states of that kind. */
const NEEDS = {
  quorum: ({ quorum, sorry_server: sorry }: Service) => quorum !== undefined || sorry !== undefined,
  panic: ({ panic }: Service) => panic !== undefined,
} as const;

function impossible(path: Path, { states, services: named }: Notifier, { services }: Parts): Finding[] {
  const concerned = Object.entries(services).filter(([name]) => named?.includes(name) !== false);
  return (["quorum", "panic"] as const).flatMap((kind) => {
    const index = states.findIndex((state) => statesOf(kind).includes(state));
    if (index < 0 || concerned.some(([, service]) => NEEDS[kind](service))) return [];
    const message = `no service that is told of has a \`${kind}\`: this never comes`;
    return [warning([...path, "states", index], "state-never-told", message)];
  });
}
