/** Posts a notice as JSON. Any 2xx is success; no redirect is followed. Each call has a connection of its own. */
import { Client } from "undici";
import { formatDuration, toMillis } from "../net/time.ts";
import type { Notice } from "../notify/notice.ts";
import { type DeliveryOutcome, undelivered } from "../notify/outcome.ts";
import type { WebhookNotifier } from "../notify/settings.ts";
import { jsonOf } from "./message.ts";

/** Bytes of status line and headers together. */
const HEADER_LIMIT = 16_384;
/** Bytes of what a server says about a failure. */
const ANSWER_LIMIT = 2_048;

/** Never rejects; over at the latest a moment after the timeout. */
export async function postWebhook(
  settings: WebhookNotifier,
  notice: Notice,
  signal: AbortSignal,
): Promise<DeliveryOutcome> {
  const limit = new AbortController();
  const abort = () => limit.abort();
  const timer = setTimeout(abort, Math.ceil(toMillis(settings.timeout)));
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  const { origin } = new URL(settings.url);
  const client = new Client(origin, {
    pipelining: 1,
    maxHeaderSize: HEADER_LIMIT,
    connect: { timeout: 0 },
    // Our own deadline rules; these would only be less exact.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  try {
    return await Promise.race([post(client, settings, notice, limit.signal), rejectionOf(limit.signal)]);
  } catch (error) {
    if (signal.aborted) return undelivered("timeout", "Keelson ends");
    if (limit.signal.aborted) {
      return undelivered("timeout", `longer than ${formatDuration(settings.timeout)}`);
    }
    return undelivered("not-sent", describe(error));
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    void client.destroy().catch(() => {});
  }
}

async function post(
  client: Client,
  { url, password }: WebhookNotifier,
  notice: Notice,
  signal: AbortSignal,
): Promise<DeliveryOutcome> {
  const { pathname, search } = new URL(url);
  const response = await client.request({
    method: "POST",
    path: `${pathname}${search}`,
    headers: {
      "content-type": "application/json",
      "user-agent": "keelson",
      ...(password === undefined ? {} : { authorization: basic(password) }),
    },
    body: jsonOf(notice),
    reset: true, // Connection: close
    signal,
  });
  const { statusCode: status } = response;
  // The answer may go on for as long as it likes: the status has said it.
  if (status >= 200 && status < 300) {
    response.body.on("error", () => {}).destroy();
    return { kind: "delivered" };
  }
  return undelivered("bad-status", `status ${status}`, await beginningOf(response.body));
}

async function beginningOf(body: AsyncIterable<unknown>): Promise<string> {
  let text = Buffer.alloc(0);
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) continue;
    text = Buffer.concat([text, chunk]);
    if (text.length >= ANSWER_LIMIT) break;
  }
  return text.subarray(0, ANSWER_LIMIT).toString("utf8").trim();
}

/** RFC 7617: in UTF-8, as a URL's percent signs mean it. */
function basic(password: string): string {
  return `Basic ${Buffer.from(decodeURIComponent(password)).toString("base64")}`;
}

/** Rejects when the signal aborts: the deadline holds whatever is waited for. */
function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** Several addresses of one name may each fail in their own way. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(describe).join("; ");
  return error instanceof Error ? error.message : String(error);
}
