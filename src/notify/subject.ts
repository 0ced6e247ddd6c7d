/** Of what is told, and the states it may be in. The words are stable: scripts, programs and the cluster file have them. */
import { STATES, type State } from "../vrrp/state.ts";

/** Of a service's servers, its quorum, and its panic; the first one of each is how things should be. */
const SERVICE_STATES = {
  server: ["up", "down"],
  quorum: ["quorum-held", "quorum-lost"],
  panic: ["panic-over", "panic"],
} as const;

type ServiceKind = keyof typeof SERVICE_STATES;

export const SERVICE_KINDS: readonly ServiceKind[] = ["server", "quorum", "panic"];

export type NotifyState = State | (typeof SERVICE_STATES)[ServiceKind][number];

export const NOTIFY_STATES: readonly NotifyState[] = [...STATES, ...Object.values(SERVICE_STATES).flat()];

export type Subject =
  | { readonly kind: "router"; readonly router: string }
  | { readonly kind: "server"; readonly service: string; readonly server: string }
  | { readonly kind: "quorum" | "panic"; readonly service: string };

/** Names of the cluster file. */
export interface Names {
  readonly router?: string;
  readonly service?: string;
  readonly server?: string;
}

export function namesOf(subject: Subject): Names {
  const { kind: _, ...names } = subject;
  return names;
}

/** `front`, `web/rs1` or `web`: no name has a slash. */
export function nameOf({ router, service = "", server }: Names): string {
  return router ?? (server === undefined ? service : `${service}/${server}`);
}

/** No two have the same. */
export function idOf(subject: Subject): string {
  return `${subject.kind} ${nameOf(subject)}`;
}

export function statesOf(kind: Subject["kind"]): readonly NotifyState[] {
  return kind === "router" ? STATES : SERVICE_STATES[kind];
}

/** How things should be; of a router there is no such state. */
export function usualState(kind: Subject["kind"]): NotifyState | undefined {
  return kind === "router" ? undefined : SERVICE_STATES[kind][0];
}
