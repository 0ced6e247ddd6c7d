/** The balancer's part when an elector dies: what it was told to say and to let go, for each router. */
import { familyOf, type IpAddress } from "../net/ip.ts";
import type { Will } from "../vrrp/action.ts";
import { type AdvertPayload, readAdvert } from "./frame.ts";

export class LastWills {
  #stored = new Map<string, Will>();
  /** Of an elector that has died: their addresses wait for an heir. */
  #open: readonly Will[] = [];

  of(router: string): Will | undefined {
    return this.#stored.get(router);
  }

  store(router: string, will: Will | undefined): void {
    if (will === undefined) this.#stored.delete(router);
    else this.#stored.set(router, will);
  }

  /** The elector said goodbye itself, a new one has come, or the balancer is gone too. */
  forget(): void {
    this.#stored.clear();
    this.#open = [];
  }

  /** The elector is dead: these goodbyes are to be said at once. */
  execute(): readonly Will[] {
    this.#open = [...this.#stored.values()];
    this.#stored.clear();
    return this.#open;
  }

  /** The addresses that the sender of this advert takes over, each of them once. */
  inherited({ source, bytes }: AdvertPayload): readonly IpAddress[] {
    const header = readAdvert(bytes);
    const isHeir = ({ vrid, transport }: Will) => {
      return vrid === header?.vrid && transport.family === familyOf(source) && header.priority > 0;
    };
    const heirless = this.#open.filter((will) => !isHeir(will));
    const inherited = this.#open.filter(isHeir).flatMap((will) => will.addresses);
    this.#open = heirless;
    return inherited.map(({ address }) => address);
  }
}
