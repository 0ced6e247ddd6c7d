/**
 * From the kernel's table to the wanted one, in as few steps as there are keys that differ.
 *
 * What has a key of the wanted table is ours, whoever made it, and is brought into shape in place: a key is never deleted
 * and added again, because that would cost its connections. Beyond the wanted table only what we own is removed; the rest
 * belongs to strangers and stays. Additions come first and removals last, so that a client always finds somebody.
 * All is sorted: the same tables give the same plan.
 */
import type { DestinationRecord } from "./destination.ts";
import { flagsText } from "./flags.ts";
import {
  type KernelDestination,
  type KernelService,
  type KernelTable,
  methodName,
  recordOfDestination,
  recordOfService,
} from "./kernel-table.ts";
import {
  bareKey,
  type Destination,
  type DestinationKey,
  destinationId,
  memberId,
  type ServiceHead,
  type ServiceKey,
  serviceId,
  type Table,
  type VirtualService,
} from "./settings.ts";
import { memberText, type PlanStep, serviceText } from "./step.ts";
import { tunnelText } from "./tunnel.ts";

/** @param owned the `serviceId`s and `memberId`s of all that we ever made */
export function plan(wanted: Table, actual: KernelTable, owned: ReadonlySet<string>): PlanStep[] {
  const kernel = byId(actual.services, serviceId);
  const surplus = surplusIn(wanted, actual);
  const steps = sorted(wanted, serviceId).flatMap((service) =>
    stepsTowards(service, kernel.get(serviceId(service))),
  );
  const leaving = surplus.destinations.filter(({ service, destination }) =>
    owned.has(memberId(service, destination)),
  );
  const ending = surplus.services.filter((service) => owned.has(serviceId(service)));
  return [
    ...steps,
    ...leaving.map(({ service, destination }) => removalOf(service, destination)),
    ...ending.map((service) => ({ kind: "remove-service", service: bareKey(service) }) as const),
  ];
}

/** What stays in the kernel though it is neither wanted nor ours, a line each: `tcp 192.0.2.1:80`. */
export function strangers(wanted: Table, actual: KernelTable, owned: ReadonlySet<string>): string[] {
  const { services, destinations } = surplusIn(wanted, actual);
  return [
    ...services.filter((service) => !owned.has(serviceId(service))).map(serviceText),
    ...destinations
      .filter(({ service, destination }) => !owned.has(memberId(service, destination)))
      .map(({ service, destination }) => memberText(service, destination)),
    ...actual.foreign.map(({ name }) => name).sort(),
  ];
}

/** The kernel has all that is wanted of this service, and nothing else. */
export function isFulfilled(wanted: VirtualService, actual: KernelService): boolean {
  return (
    wanted.destinations.length === actual.destinations.length && stepsTowards(wanted, actual).length === 0
  );
}

type MemberStep = Extract<PlanStep, { readonly destination: DestinationKey }>;

interface Member {
  readonly service: KernelService;
  readonly destination: KernelDestination;
}

/** What the kernel has beyond the wanted table; destinations only of wanted services, others go or stay with theirs. */
function surplusIn(wanted: Table, actual: KernelTable) {
  const wantedById = byId(wanted, serviceId);
  const services: KernelService[] = [];
  const destinations: Member[] = [];
  for (const service of sorted(actual.services, serviceId)) {
    const ours = wantedById.get(serviceId(service));
    if (ours === undefined) services.push(service);
    else {
      const ids = new Set(ours.destinations.map(destinationId));
      const others = service.destinations.filter((one) => !ids.has(destinationId(one)));
      for (const destination of sorted(others, destinationId)) destinations.push({ service, destination });
    }
  }
  return { services, destinations };
}

function stepsTowards(wanted: VirtualService, actual: KernelService | undefined): PlanStep[] {
  const service = headOf(wanted);
  const head: PlanStep[] = [];
  if (actual === undefined) head.push({ kind: "add-service", service });
  else {
    const changes = serviceChanges(service, actual);
    if (changes.length > 0) head.push({ kind: "edit-service", service, changes });
  }
  return [...head, ...memberSteps(wanted, actual)];
}

/** A weight of 0 comes after everything that may take its place. */
function memberSteps(wanted: VirtualService, actual: KernelService | undefined): PlanStep[] {
  const service = bareKey(wanted);
  const present = byId(actual?.destinations ?? [], destinationId);
  const additions: MemberStep[] = [];
  const edits: MemberStep[] = [];
  const drains: MemberStep[] = [];
  for (const destination of wanted.destinations) {
    const there = present.get(destinationId(destination));
    if (there === undefined) additions.push({ kind: "add-destination", service, destination });
    else {
      const changes = destinationChanges(destination, there);
      const into = destination.weight === 0 ? drains : edits;
      if (changes.length > 0) into.push({ kind: "edit-destination", service, destination, changes });
    }
  }
  return [additions, edits, drains].flatMap((steps) =>
    sorted(steps, ({ destination }) => destinationId(destination)),
  );
}

function serviceChanges(wanted: ServiceHead, { record: is }: KernelService): string[] {
  const be = recordOfService(wanted);
  return [
    ...change("scheduler", is.scheduler, be.scheduler),
    ...(is.flags === be.flags ? [] : change("flags", flagsText(is), flagsText(be))),
    ...change("persistence timeout", is.timeoutSeconds, be.timeoutSeconds),
    ...change("persistence prefix", is.clientPrefix, be.clientPrefix),
    ...change("persistence engine", is.persistenceEngine || "none", be.persistenceEngine || "none"),
  ];
}

function destinationChanges(wanted: Destination, { record: is }: KernelDestination): string[] {
  const be = recordOfDestination(wanted);
  if (isSameRecord(is, be)) return []; // as nearly all of a large table
  return [
    ...change("forward", methodName(is.method), methodName(be.method)),
    ...change("weight", is.weight, be.weight),
    ...change("upper threshold", is.upperThreshold, be.upperThreshold),
    ...change("lower threshold", is.lowerThreshold, be.lowerThreshold),
    ...change("tunnel", tunnelText(is), tunnelText(be)),
  ];
}

function isSameRecord(left: DestinationRecord, right: DestinationRecord): boolean {
  return (
    left.method === right.method &&
    left.weight === right.weight &&
    left.upperThreshold === right.upperThreshold &&
    left.lowerThreshold === right.lowerThreshold &&
    left.tunnelType === right.tunnelType &&
    left.tunnelPort === right.tunnelPort &&
    left.tunnelFlags === right.tunnelFlags
  );
}

function change(what: string, from: string | number, to: string | number): string[] {
  return from === to ? [] : [`${what} ${from} → ${to}`];
}

function removalOf(service: ServiceKey, { address, port }: KernelDestination): PlanStep {
  return { kind: "remove-destination", service: bareKey(service), destination: { address, port } };
}

function headOf({ destinations: _, ...head }: VirtualService): ServiceHead {
  return head;
}

function byId<T>(items: readonly T[], idOf: (item: T) => string): Map<string, T> {
  return new Map(items.map((item) => [idOf(item), item]));
}

function sorted<T>(items: readonly T[], idOf: (item: T) => string): readonly T[] {
  if (items.length < 2) return items;
  const keyed = items.map((item) => ({ id: idOf(item), item }));
  keyed.sort((left, right) => (left.id < right.id ? -1 : Number(left.id > right.id)));
  return keyed.map(({ item }) => item);
}
