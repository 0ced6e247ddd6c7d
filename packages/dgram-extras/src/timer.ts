import { type Handle, native } from "./native.ts";
import { checked, SystemError } from "./system-error.ts";

/** CLOCK_MONOTONIC in whole microseconds; exact in a number for 285 years. */
export function monotonicMicros(): number {
  return native.monotonicMicros();
}

/** One deadline on the monotonic clock (timerfd): never early, and never rounded to milliseconds. */
export class Timer {
  readonly #handle: Handle;
  readonly #listener: () => void;
  #watching = false;

  constructor(listener: () => void) {
    const opened = native.openTimer();
    if (typeof opened === "number") throw new SystemError(-opened, "timerfd_create", "CLOCK_MONOTONIC");
    this.#handle = opened;
    this.#listener = listener;
  }

  /** Replaces any earlier deadline. One that has passed fires in the next turn of the event loop. */
  armAt(monotonicMicros: number): void {
    const instant = Math.max(0, monotonicMicros);
    checked(native.setTimer(this.#handle, instant), "timerfd_settime", `${instant} µs`);
    if (!this.#watching)
      checked(
        native.watch(this.#handle, () => this.#fire()),
        "epoll_ctl",
        "timerfd",
      );
    this.#watching = true;
    native.keepAlive(this.#handle, true);
  }

  disarm(): void {
    checked(native.setTimer(this.#handle, -1), "timerfd_settime", "disarm");
    native.keepAlive(this.#handle, false);
  }

  close(): void {
    native.close(this.#handle);
  }

  /** As with setTimeout, only an armed timer keeps the event loop running. */
  #fire(): void {
    native.keepAlive(this.#handle, false);
    this.#listener();
  }
}
