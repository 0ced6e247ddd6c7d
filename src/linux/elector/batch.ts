/** Deeds on addresses that wait for the kernel, and which of them go to it in one request. */
import type { VirtualAddress } from "../../vrrp/settings.ts";

export interface Deed {
  readonly kind: "hold" | "release" | "announce";
  readonly router: string;
  readonly addresses: readonly VirtualAddress[];
}

/** A call does work of another kind: no deed overtakes it. */
export type Job = Deed | { readonly kind: "call"; readonly call: () => void };

/** Cuts a deed on many addresses into several on at most `limit`. */
export function sliced(deed: Deed, limit: number): Deed[] {
  const { kind, router, addresses } = deed;
  const starts = Array.from({ length: Math.ceil(addresses.length / limit) }, (_, index) => index * limit);
  return starts.map((start) => ({ kind, router, addresses: addresses.slice(start, start + limit) }));
}

/**
 * Takes the first deed and, because many routers claim or let go together, those of its kind behind it, up to `limit`
 * addresses. A claim is a hold and an announcement: so it looks past announcements of other routers. Nothing else
 * changes places, since an address may move from one router to another. Takes nothing when a call comes first.
 */
export function takeBatch(waiting: Job[], limit: number): readonly Deed[] {
  const kind = waiting[0]?.kind;
  const batch: Deed[] = [];
  const passed: Deed[] = [];
  let room = limit;
  for (const job of waiting) {
    if (job.kind === "call") break;
    const may = job.kind === kind && passed.every(({ router }) => router !== job.router);
    if (may && (batch.length === 0 || job.addresses.length <= room)) {
      batch.push(job);
      room -= job.addresses.length;
    } else if (job.kind === "announce" && kind !== "announce") passed.push(job);
    else break;
  }
  waiting.splice(0, batch.length + passed.length, ...passed);
  return batch;
}
