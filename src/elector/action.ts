/** All that the elector asks of the world, as data. Performed in order, before the next input. */
import type { RouterAction } from "../vrrp/action.ts";
import type { ElectorEvent } from "./event.ts";

export type ElectorAction =
  | RouterAction
  | { readonly kind: "event"; readonly event: ElectorEvent }
  /** After `stop`: every router has left; the process may end. */
  | { readonly kind: "stopped" };
