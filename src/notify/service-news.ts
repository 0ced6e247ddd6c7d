/** What the balance engine tells and knows of services and servers, as news. */
import type { BalanceEvent } from "../balance/event.ts";
import type { ServiceSnapshot } from "../balance/snapshot.ts";
import { unreachable } from "../net/bug.ts";
import { between, type Instant, toMillis } from "../net/time.ts";
import { type News, plainDetail } from "./notice.ts";
import { idOf, type NotifyState, type Subject } from "./subject.ts";

type ServiceEvent = Extract<BalanceEvent, { kind: "server-up" | "server-down" | "quorum" | "panic" }>;

type Server = ServiceSnapshot["servers"][number];

/** @param at milliseconds since 1970 */
export function newsOf(event: ServiceEvent, at: number): News | undefined {
  switch (event.kind) {
    case "server-up": {
      const { service, server, cause } = event;
      return { subject: { kind: "server", service, server }, state: "up", cause, detail: "", at };
    }
    case "server-down": {
      const { service, server, cause, check } = event;
      const detail = plainDetail(check === undefined ? event.detail : `${check}: ${event.detail}`);
      return { subject: { kind: "server", service, server }, state: "down", cause, detail, at };
    }
    case "quorum":
      return quorumNews(event.service, event, at);
    case "panic":
      return event.news === "goes-on"
        ? undefined
        : panicNews(event.service, event.news === "begins", `${event.healthy} of ${event.total} servers`, at);
    default:
      return unreachable(event);
  }
}

/** Of a service whose quorum is held, as far as anybody knows for the first time. */
export function quorumKnown(service: string, at: number): News {
  const subject = { kind: "quorum", service } as const;
  return { subject, state: "quorum-held", cause: "enough", detail: "", at };
}

/** Everything there is to know of services now, by their `idOf`. */
export interface Standing {
  /** Also what nobody knows yet. */
  readonly there: ReadonlySet<string>;
  readonly all: readonly News[];
}

/** @param at the same instant in milliseconds since 1970 */
export function standingOf(services: readonly ServiceSnapshot[], now: Instant, at: number): Standing {
  const there = new Set<string>();
  const all: News[] = [];
  const add = (subject: Subject, news: News | undefined) => {
    there.add(idOf(subject));
    if (news !== undefined) all.push(news);
  };
  for (const { name: service, servers, quorum, panic } of services) {
    for (const server of servers) {
      const subject = { kind: "server", service, server: server.name } as const;
      add(subject, serverNews(subject, server, at - toMillis(between(server.since, now))));
    }
    if (quorum !== undefined) {
      const { held } = quorum;
      const news = held === undefined ? undefined : quorumNews(service, { ...quorum, held }, at);
      add({ kind: "quorum", service }, news);
    }
    add({ kind: "panic", service }, panicNews(service, panic, "", at));
  }
  return { there, all };
}

/** What was well until now, on a director that is about to end. */
export function farewells(services: readonly ServiceSnapshot[], at: number): News[] {
  const told = { cause: "stopping", detail: "", at } as const;
  return services.flatMap(({ name: service, servers, quorum }) => {
    const lost: News = { subject: { kind: "quorum", service }, state: "quorum-lost", ...told };
    const down = servers
      .filter(({ state }) => state === "up")
      .map(({ name: server }): News => {
        return { subject: { kind: "server", service, server }, state: "down", ...told };
      });
    return [...(quorum?.held === true ? [lost] : []), ...down];
  });
}

function serverNews(subject: Subject, { state, last }: Server, at: number): News | undefined {
  if (state === "unknown") return undefined;
  const failure = state === "down" && last?.result.kind === "failed" ? last.result : undefined;
  const detail = plainDetail(failure?.detail ?? "");
  return { subject, state, cause: failure?.reason ?? "configured", detail, at };
}

interface Quorum {
  readonly held: boolean;
  readonly have: number;
  readonly need: number;
  readonly of: string;
  readonly sorry?: boolean;
}

function quorumNews(service: string, { held, have, need, of, sorry = false }: Quorum, at: number): News {
  const state: NotifyState = held ? "quorum-held" : "quorum-lost";
  const substitute = sorry && !held ? "; the sorry server serves" : "";
  const detail = `${have} of ${need} ${of}${substitute}`;
  return { subject: { kind: "quorum", service }, state, cause: held ? "enough" : "too-few", detail, at };
}

function panicNews(service: string, on: boolean, detail: string, at: number): News {
  const state: NotifyState = on ? "panic" : "panic-over";
  return { subject: { kind: "panic", service }, state, cause: on ? "suspect" : "unsuspected", detail, at };
}
