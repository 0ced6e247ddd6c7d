/** The director's table in its kernel, looked at where it is filled last: to look at all of a large one takes seconds. */
import { setTimeout as pause } from "node:timers/promises";
import { IPVS_FAMILY } from "../../src/ipvs/command.ts";
import { decodeDestination, getDestinations } from "../../src/ipvs/destination.ts";
import { identityOf } from "../../src/ipvs/kernel-table.ts";
import { IpvsClient } from "../../src/linux/netlink/ipvs-client.ts";
import { NetlinkChannel } from "../../src/linux/netlink/netlink-channel.ts";
import { ip } from "../../src/net/ip.ts";
import { decodeFamily, getFamily } from "../../src/netlink/generic.ts";
import type { Site } from "./files.ts";

const NETLINK_GENERIC = 16;
const LOOK_MS = 20;
const PATIENCE_MS = 600_000;

export class TableWatch {
  readonly #namespace: string;
  readonly #channel: NetlinkChannel;
  readonly #family: number;

  /** @param namespace path of the director's */
  constructor(namespace: string) {
    this.#namespace = namespace;
    this.#channel = new NetlinkChannel({ protocol: NETLINK_GENERIC, namespace });
    const [family] = this.#channel.list(getFamily(IPVS_FAMILY), decodeFamily);
    if (family === undefined) throw new Error("this kernel has no IPVS");
    this.#family = family;
  }

  /** Until the last service is as the site has it. @param alive says what is wrong, when somebody must still be there */
  async reached(site: Site, alive: () => string | undefined): Promise<void> {
    const last = site.at(-1);
    if (last === undefined) throw new Error("a site without services");
    const key = { protocol: "tcp", address: ip(last.address), port: last.port } as const;
    const wanted = last.servers.map(({ address, weight }) => `${address} ${weight}`).join();
    for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await pause(LOOK_MS)) {
      const wrong = alive();
      if (wrong !== undefined) throw new Error(wrong);
      if (this.#serversOf(key) === wanted) return;
    }
    throw new Error(`the table is not there after ${PATIENCE_MS} ms`);
  }

  /** Throws unless all of it is there. */
  verify(site: Site): void {
    const client = new IpvsClient(this.#namespace);
    const { services } = client.table();
    client.close();
    const found = services.reduce((sum, { destinations }) => sum + destinations.length, 0);
    const wanted = site.reduce((sum, { servers }) => sum + servers.length, 0);
    if (services.length === site.length && found === wanted) return;
    throw new Error(`the kernel has ${services.length} services with ${found} servers`);
  }

  close(): void {
    this.#channel.close();
  }

  #serversOf(key: Parameters<typeof identityOf>[0]): string {
    const identity = identityOf(key);
    const listed = this.#channel.list(getDestinations(this.#family, identity), (message) =>
      decodeDestination(message, identity),
    );
    const servers = listed.map(({ record }) => `${record.address} ${record.weight}`);
    return servers.sort().join();
  }
}
