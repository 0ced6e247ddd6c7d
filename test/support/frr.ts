/**
 * FRR's vrrpd as a director of the lab. It puts no address anywhere by itself: each family needs a macvlan interface with the
 * virtual MAC that carries the addresses, whose link it lets up while it is master. zebra tells it of them.
 */
import { chownSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Family, familyOf, type IpAddress } from "../../src/net/ip.ts";
import { ownFolder } from "./folders.ts";
import { type Lab, labSkip } from "./lab.ts";
import { ipBatch } from "./namespaces.ts";
import type { OwnedProcess } from "./processes.ts";
import { type NodeName, VIP } from "./topology.ts";
import { until } from "./until.ts";

const PROGRAMS = "/usr/lib/frr";
const USER = "frr";

export interface FrrSettings {
  readonly vrid: number;
  readonly priority: number;
  readonly intervalMillis: number;
  /** All of one family. */
  readonly addresses: readonly IpAddress[];
}

export function frrSkip(): string | false {
  if (!existsSync(join(PROGRAMS, "vrrpd"))) return "needs the Debian package frr";
  return labSkip();
}

/** Starts it on a director and waits until its virtual router lives. */
export async function startFrr(lab: Lab, node: NodeName, settings: FrrSettings): Promise<Frr> {
  const folder = ownFolder(`frr-${node}`);
  const file = (name: string) => join(folder.path, name);
  writeFileSync(file("zebra.conf"), "");
  writeFileSync(file("vrrpd.conf"), configuration(settings));
  // Both give up the rights of root, and make their sockets then.
  const [uid, gid] = accountOf(USER);
  chownSync(folder.path, uid, gid);
  await ipBatch(virtualInterface(settings), lab.namespaceOf(node));
  const daemon = (name: string) => {
    const account = ["-u", USER, "-g", USER];
    const places = ["-f", file(`${name}.conf`), "-i", file(`${name}.pid`), "--vty_socket", folder.path];
    const speech = ["-z", file("zserv.api"), "-P", "0", "--log", "stdout", "--log-level", "debug"];
    return lab.start(node, [join(PROGRAMS, name), ...account, ...places, ...speech]);
  };
  const zebra = daemon("zebra");
  await until("zebra's socket", () => existsSync(file("zserv.api")), { explain: () => told(zebra) });
  const undo = async () => {
    await lab.exec(node, "ip", "link", "delete", nameOf(settings));
    folder.remove();
  };
  const frr = new Frr(zebra, daemon("vrrpd"), undo);
  await until(`vrrpd on ${node}`, () => frr.state !== undefined, { explain: () => frr.log });
  return frr;
}

export class Frr {
  readonly #zebra: OwnedProcess;
  readonly #vrrpd: OwnedProcess;
  readonly #undo: () => Promise<void>;

  constructor(zebra: OwnedProcess, vrrpd: OwnedProcess, undo: () => Promise<void>) {
    this.#zebra = zebra;
    this.#vrrpd = vrrpd;
    this.#undo = undo;
  }

  get log(): string {
    return told(this.#vrrpd);
  }

  /** Its own word: Initialize, Backup or Master. */
  get state(): string | undefined {
    return [...this.log.matchAll(/ (\w+) -> (\w+)$/gm)].at(-1)?.[2];
  }

  /** The orderly stop: a goodbye. */
  async stop(): Promise<void> {
    await this.#vrrpd.stop();
    await this.crash();
  }

  /** zebra would let the links of the virtual interfaces up: they go with it. */
  async crash(): Promise<void> {
    for (const daemon of [this.#vrrpd, this.#zebra]) daemon.signal("SIGKILL");
    await Promise.all([this.#vrrpd.ended, this.#zebra.ended]);
    await this.#undo();
  }
}

function nameOf({ vrid, addresses }: FrrSettings): string {
  return `vrrp${familyOf(addresses[0] ?? VIP)}-${vrid}`;
}

function virtualInterface(settings: FrrSettings): string[] {
  const { vrid, addresses } = settings;
  const family = familyOf(addresses[0] ?? VIP);
  const name = nameOf(settings);
  const mac = `00:00:5e:00:0${family === 4 ? 1 : 2}:${vrid.toString(16).padStart(2, "0")}`;
  return [
    `link add name ${name} link eth0 address ${mac} type macvlan mode bridge`,
    ...addresses.map((address) => `addr add ${address}/${PREFIX[family]} dev ${name} ${NO_DAD[family]}`),
    `link set ${name} up`,
  ];
}

const PREFIX = { [4]: 24, [6]: 64 } as const satisfies Record<Family, number>;
const NO_DAD = { [4]: "", [6]: "nodad" } as const satisfies Record<Family, string>;

function configuration({ vrid, priority, intervalMillis, addresses }: FrrSettings): string {
  const lines = [
    "version 3",
    `priority ${priority}`,
    `advertisement-interval ${intervalMillis}`,
    ...addresses.map((address) => `${familyOf(address) === 4 ? "ip" : "ipv6"} ${address}`),
  ];
  return ["interface eth0", ...lines.map((line) => ` vrrp ${vrid} ${line}`), ""].join("\n");
}

function accountOf(user: string): readonly [number, number] {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((one) => one.startsWith(`${user}:`));
  const [, , uid, gid] = line?.split(":") ?? [];
  if (uid === undefined || gid === undefined) throw new Error(`no user ${user}`);
  return [Number(uid), Number(gid)];
}

function told({ stdout, stderr }: OwnedProcess): string {
  return stdout + stderr;
}
