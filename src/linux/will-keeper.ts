/**
 * Keeps the elector's last will ready in the balancer's process (see `LastWill` in dgram-extras).
 *
 * For each router that is master or leaving: a goodbye, and the removal of its addresses soon after the first advert of
 * a successor. Everything is prepared when the elector says so; nothing is left to do when it dies but to send.
 */
import { type Clause, type Filter, LastWill, type Letter, NetlinkSocket, RawSocket } from "dgram-extras";
import type { Will } from "../vrrp/action.ts";
import { ADVERT_TTL, MULTICAST_GROUP, PROTOCOL_VRRP } from "../vrrp/advert.ts";
import { OVERLAP_LIMIT } from "../vrrp/handover.ts";
import { TYPE_OF_SERVICE } from "./advert-socket.ts";
import type { Interfaces } from "./interfaces.ts";
import { removalLetter } from "./will-removal.ts";

const NETLINK_ROUTE = 0;

interface Prepared {
  readonly will: Will;
  readonly clause: Clause;
  readonly sockets: readonly RawSocket[];
}

export class WillKeeper {
  readonly #interfaces: () => Interfaces;
  readonly #netlink = new NetlinkSocket({ protocol: NETLINK_ROUTE });
  readonly #prepared = new Map<string, Prepared>();
  readonly #will: LastWill;

  /** @param interfaces looks at them now: a will names them by index */
  constructor(hangUp: number, interfaces: () => Interfaces) {
    this.#interfaces = interfaces;
    this.#will = new LastWill({ hangUp, clauses: [] });
  }

  get state(): LastWill["state"] {
    return this.#will.state;
  }

  update(router: string, will: Will | undefined): void {
    const before = this.#prepared.get(router);
    if (will === undefined) this.#prepared.delete(router);
    else this.#prepare(router, will);
    this.#will.update(Array.from(this.#prepared.values(), ({ clause }) => clause));
    for (const socket of before?.sockets ?? []) socket.close();
  }

  /** The elector said goodbye itself. */
  revoke(): void {
    this.#will.revoke();
  }

  #prepare(router: string, will: Will): void {
    const { goodbye } = will;
    // Once: a look for each of 255 addresses would take long.
    const interfaces = this.#interfaces();
    const index = interfaces.link(goodbye.interface)?.index;
    if (index === undefined) {
      this.#prepared.delete(router);
      return;
    }
    const common = { family: 4, protocol: PROTOCOL_VRRP, device: goodbye.interface } as const;
    const voice = new RawSocket({ ...common, receive: false });
    const ear = new RawSocket({ ...common, bind: MULTICAST_GROUP });
    ear.join(MULTICAST_GROUP, index);
    const options = {
      source: goodbye.source,
      interfaceIndex: index,
      ttl: ADVERT_TTL,
      tos: TYPE_OF_SERVICE,
      dontRoute: true,
    };
    const farewell = { socket: voice, bytes: goodbye.bytes, destination: goodbye.destination, options };
    const removals = will.addresses.flatMap((address): Letter[] => {
      const bytes = removalLetter(address, interfaces);
      return bytes === undefined ? [] : [{ socket: this.#netlink, bytes }];
    });
    const clause = {
      onHangUp: [farewell],
      // Clients find the successor by its announcement, a moment after its advert.
      watch: { socket: ear, filter: successorFilter(will.vrid), delayMicros: OVERLAP_LIMIT },
      onFirstMatch: removals,
    };
    this.#prepared.set(router, { will, clause, sockets: [voice, ear] });
  }
}

const BPF_LOAD_BYTE = 0x30;
const BPF_LOAD_HEADER_LENGTH = 0xb1;
const BPF_LOAD_BYTE_AFTER_HEADER = 0x50;
const BPF_JUMP_EQUAL = 0x15;
const BPF_RETURN = 0x06;
const WHOLE_PACKET = 0xffff;
const IP_TTL_OFFSET = 8;
const VERSION_3_ADVERTISEMENT = 0x31;

/** Classic BPF over the IP packet: a VRRPv3 advert with TTL 255, this VRID and a priority above 0. */
function successorFilter(vrid: number): Filter {
  return [
    { code: BPF_LOAD_BYTE, jt: 0, jf: 0, k: IP_TTL_OFFSET },
    { code: BPF_JUMP_EQUAL, jt: 0, jf: 8, k: ADVERT_TTL },
    { code: BPF_LOAD_HEADER_LENGTH, jt: 0, jf: 0, k: 0 },
    { code: BPF_LOAD_BYTE_AFTER_HEADER, jt: 0, jf: 0, k: 0 },
    { code: BPF_JUMP_EQUAL, jt: 0, jf: 5, k: VERSION_3_ADVERTISEMENT },
    { code: BPF_LOAD_BYTE_AFTER_HEADER, jt: 0, jf: 0, k: 1 },
    { code: BPF_JUMP_EQUAL, jt: 0, jf: 3, k: vrid },
    { code: BPF_LOAD_BYTE_AFTER_HEADER, jt: 0, jf: 0, k: 2 },
    { code: BPF_JUMP_EQUAL, jt: 1, jf: 0, k: 0 },
    { code: BPF_RETURN, jt: 0, jf: 0, k: WHOLE_PACKET },
    { code: BPF_RETURN, jt: 0, jf: 0, k: 0 },
  ];
}
