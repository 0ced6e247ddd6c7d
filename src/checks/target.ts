/** What a check talks to, and what makes it the same check after a reload. */
import { unreachable } from "../net/bug.ts";
import type { IpAddress } from "../net/ip.ts";
import type { CheckSettings } from "./settings.ts";

export interface CheckTarget {
  readonly address: IpAddress;
  readonly port: number;
}

/** Where a server is checked: at its own port unless the check names another. */
export function targetOf(server: CheckTarget, settings: CheckSettings): CheckTarget {
  return { address: server.address, port: settings.port ?? server.port };
}

/**
 * The identity of a check: its target and every setting, whatever their order. Servers of several services with the
 * same check share one, and a reload that leaves it alone keeps what is known.
 */
export function checkId(target: CheckTarget, settings: CheckSettings): string {
  return JSON.stringify([target.address, target.port, settings], (_key, value: unknown) =>
    isRecord(value) ? Object.fromEntries(Object.entries(value).sort(byKey)) : value,
  );
}

/** For people who know the server: `tcp :80`, `http :8080/healthz`, `http HEAD www.example.com:80/`, `script /usr/local/bin/ask -v`. */
export function checkLabel({ port }: CheckTarget, settings: CheckSettings): string {
  switch (settings.type) {
    case "tcp":
      return `tcp :${port}`;
    case "http": {
      const { method, host = "", path } = settings;
      return `http ${method === "GET" ? "" : `${method} `}${host}:${port}${path}`;
    }
    case "script":
      return `script ${settings.command.join(" ")}`;
    default:
      return unreachable(settings);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function byKey([left]: [string, unknown], [right]: [string, unknown]): number {
  return left < right ? -1 : 1;
}
