/** Counts the healthy servers of a service that routers track. */
import type { ServiceHealth } from "../../balance/engine.ts";
import type { Reading } from "../../checks/steady.ts";
import type { QuorumWatch } from "../../checks/watch.ts";
import { type Bell, keepLooking, type Tell } from "./looking.ts";

/** Until `signal`; never rejects. @param healthOf `undefined`: there is no such service yet */
export async function watchQuorum(
  settings: QuorumWatch,
  healthOf: (service: string) => ServiceHealth | undefined,
  { bell, tell, signal }: { readonly bell: Bell; readonly tell: Tell; readonly signal: AbortSignal },
): Promise<void> {
  const look = () => readingOf(settings, healthOf(settings.service));
  await keepLooking(look, settings, { bell, tell, signal });
}

/** No verdict while servers that nobody has tried yet could turn it. */
function readingOf({ service, least }: QuorumWatch, health: ServiceHealth | undefined): Reading | undefined {
  if (health === undefined) return undefined;
  const { up, unknown, total } = health;
  if (up < least && up + unknown >= least) return undefined;
  const wanted = up < least ? `, at least ${least} wanted` : "";
  return { up: up >= least, detail: `${up} of ${total} servers of ${service} are healthy${wanted}` };
}
