/**
 * Tells systemd how we are (sd_notify(3)): one datagram of `KEY=VALUE` lines to $NOTIFY_SOCKET.
 *
 * Nobody waits for it and nothing depends on it: without the variable, or when it fails, nothing happens.
 */
import { monotonicMicros, UnixDatagramSocket } from "dgram-extras";

type Announcement = "ready" | "reloading" | "stopping";

export class ServiceManager {
  readonly #path: string | undefined;
  readonly #socket: UnixDatagramSocket | undefined;

  /** Takes NOTIFY_SOCKET out of the environment: children must not speak for us. */
  constructor(environment: NodeJS.ProcessEnv) {
    this.#path = environment["NOTIFY_SOCKET"];
    delete environment["NOTIFY_SOCKET"];
    if (this.#path !== undefined) this.#socket = new UnixDatagramSocket({});
  }

  tell(what: Announcement, status: string): void {
    if (this.#socket === undefined || this.#path === undefined) return;
    const text = `${message(what)}\nSTATUS=${status}`;
    try {
      this.#socket.send(new TextEncoder().encode(text), this.#path);
    } catch {
      // Nobody listens any more; the service goes on.
    }
  }
}

function message(what: Announcement): string {
  switch (what) {
    case "ready":
      return "READY=1";
    case "reloading":
      return `RELOADING=1\nMONOTONIC_USEC=${monotonicMicros()}`;
    case "stopping":
      return "STOPPING=1";
  }
}
