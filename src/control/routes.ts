/** What the control socket answers to each request. */
import { z } from "zod";
import { eventLine } from "../log/line.ts";
import { routerOf } from "../vrrp/settings.ts";
import { REMEMBERED_EVENTS } from "./event-ring.ts";
import { OVERRIDE_QUERIES } from "./override-query.ts";
import type {
  EventsReport,
  errorShape,
  handOverShape,
  overrideShape,
  reloadShape,
  StatusReport,
} from "./shapes.ts";
import type { ControlTarget, HandOverOutcome, RecordedEvent } from "./target.ts";

export interface Answer {
  readonly status: number;
  readonly body:
    | StatusReport
    | EventsReport
    | z.infer<typeof reloadShape>
    | z.infer<typeof handOverShape>
    | z.infer<typeof overrideShape>
    | z.infer<typeof errorShape>;
}

type Route = (target: ControlTarget, query: URLSearchParams) => Answer | Promise<Answer>;

const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ["GET /status", async (target) => ({ status: 200, body: await target.status() })],
  ["GET /events", events],
  ["POST /reload", reload],
  ["POST /drain", overriding("drain")],
  ["POST /undrain", overriding("undrain")],
  ["POST /weight", overriding("weight")],
  ["POST /drill", async (target) => handOver(await target.drill())],
  ["POST /step-down", async (target) => handOver(await target.stepDown())],
  ["POST /standby", async (target) => handOver(await target.setStandby(true))],
  ["POST /release", async (target) => handOver(await target.setStandby(false))],
]);

/** Rejects only when the target does. */
export async function answerTo(method: string, url: string, target: ControlTarget): Promise<Answer> {
  const [pathname = "", query] = url.split("?", 2);
  const route = ROUTES.get(`${method} ${pathname}`);
  if (route !== undefined) return await route(target, new URLSearchParams(query));
  const known = [...ROUTES.keys()].filter((key) => key.endsWith(` ${pathname}`));
  return known.length > 0
    ? failure(405, `${pathname} wants ${known.map((key) => key.split(" ")[0]).join(" or ")}`)
    : failure(404, `nothing at ${pathname}; there are ${[...ROUTES.keys()].join(", ")}`);
}

const eventQuery = z.strictObject({
  count: z.coerce.number().int().min(1).max(REMEMBERED_EVENTS).default(REMEMBERED_EVENTS),
  router: z.string().optional(),
  kind: z.string().optional(),
});

function events(target: ControlTarget, parameters: URLSearchParams): Answer {
  const query = eventQuery.safeParse(Object.fromEntries(parameters));
  if (!query.success) return failure(400, z.prettifyError(query.error));
  const { count, router, kind } = query.data;
  const wanted = target
    .events()
    .filter(({ event }) => kind === undefined || event.kind === kind)
    .filter(({ event }) => router === undefined || ("router" in event && isOf(event.router, router)));
  return { status: 200, body: { events: wanted.slice(-count).map(describe) } };
}

/** Named as in the cluster file, it is both elections of a router that has two. */
function isOf(election: string, wanted: string): boolean {
  return election === wanted || routerOf(election) === wanted;
}

function describe({ at, event }: RecordedEvent): EventsReport["events"][number] {
  return { at, ...eventLine(event), event: { ...event } };
}

const reloadQuery = z.strictObject({ "wire-breaking": z.literal("true").optional() });

async function reload(target: ControlTarget, parameters: URLSearchParams): Promise<Answer> {
  const query = reloadQuery.safeParse(Object.fromEntries(parameters));
  if (!query.success) return failure(400, z.prettifyError(query.error));
  const outcome = await target.reload({ wireBreaking: query.data["wire-breaking"] !== undefined });
  const statuses = { accepted: 200, "bad-file": 422, refused: 409 } as const;
  return { status: statuses[outcome.kind], body: outcome };
}

function overriding(verb: keyof typeof OVERRIDE_QUERIES): Route {
  return async (target, parameters) => {
    const query = OVERRIDE_QUERIES[verb].safeParse(Object.fromEntries(parameters));
    if (!query.success) return failure(400, z.prettifyError(query.error));
    const outcome = await target.override(query.data);
    return { status: outcome.kind === "done" ? 200 : 409, body: outcome };
  };
}

function handOver(outcome: HandOverOutcome): Answer {
  return { status: outcome.kind === "started" ? 200 : 409, body: outcome };
}

function failure(status: number, error: string): Answer {
  return { status, body: { error } };
}
