/** Who else has a hand in this host: managers of its network, the cloud that it runs in, its clock and scheduler. */
import { scriptChecks } from "../../balance/settings.ts";
import type { DirectorSettings } from "../../config/settings.ts";
import { type Check, error, line, note, warning } from "../picture.ts";
import { interfacesOf } from "./interfaces.ts";

const hasRouters = ({ routers }: DirectorSettings) => routers.length > 0;

const FOREIGN =
  "ManageForeignRoutes=no and ManageForeignRoutingPolicyRules=no in [Network] of /etc/systemd/networkd.conf";

export const managers: Check = {
  name: "managers",
  concerns: hasRouters,
  judge(settings, host) {
    return interfacesOf(settings).flatMap((name) => {
      switch (host.managers.get(name)) {
        case "systemd-networkd": {
          const text = `systemd-networkd looks after ${name}, and takes away addresses, routes and rules that it does not know when it starts anew`;
          const folder = `/etc/systemd/network/*${name}*.network`;
          return [warning(text, line(`KeepConfiguration=static in [Network] of ${folder}`), line(FOREIGN))];
        }
        case "netplan": {
          const text = `netplan has systemd-networkd look after ${name}, which takes away addresses, routes and rules that it does not know when it starts anew`;
          const drop = `/etc/systemd/network/10-netplan-${name}.network.d/keelson.conf`;
          return [warning(text, line(`KeepConfiguration=static in [Network] of ${drop}`), line(FOREIGN))];
        }
        case "NetworkManager": {
          const text = `NetworkManager looks after ${name}, and may take floating addresses away when it applies a connection anew`;
          return [warning(text, line(`nmcli device set ${name} managed no`))];
        }
        default:
          return [];
      }
    });
  },
};

interface Cloud {
  readonly pattern: RegExp;
  readonly text: string;
  readonly advice: string;
}

const UNICAST = "`unicast = true` in the routers";
/** By what the firmware says of the machine. */
const CLOUDS: readonly Cloud[] = [
  {
    pattern: /amazon ec2/i,
    text: "Amazon EC2 carries no multicast, and moves an address only when its API is told",
    advice: `${UNICAST}, and a [notify.NAME] script that moves the address`,
  },
  {
    pattern: /google/i,
    text: "Google Compute Engine carries no multicast, and ignores gratuitous ARP",
    advice: `${UNICAST}, and a [notify.NAME] script that moves the address`,
  },
  {
    pattern: /microsoft corporation virtual machine/i,
    text: "Azure carries neither multicast nor gratuitous ARP; plain Hyper-V does, a virtual MAC address only with MAC address spoofing",
    advice: `in Azure ${UNICAST}, and a [notify.NAME] script that moves the address`,
  },
  {
    pattern: /openstack|alibaba cloud|digitalocean|hetzner|vultr|linode/i,
    text: "this cloud may drop multicast, gratuitous ARP, and whatever has an address that it did not give to the machine",
    advice: `allow the floating addresses for the port (OpenStack: allowed address pairs), and ${UNICAST}`,
  },
  {
    pattern: /vmware/i,
    text: "a virtual switch of VMware lets a virtual MAC address through only with forged transmits and MAC changes allowed",
    advice: 'mac = "interface", or allow them on the port group',
  },
];

export const cloud: Check = {
  name: "cloud",
  concerns: hasRouters,
  judge({ routers }, host) {
    const tell = routers.some(({ transport }) => transport.audience.kind === "group") ? warning : note;
    const found = CLOUDS.filter(({ pattern }) => pattern.test(host.machine));
    return found.map(({ text, advice }) => tell(`${host.machine}: ${text}`, line(advice)));
  },
};

/** Signed adverts carry the time. */
export const clock: Check = {
  name: "clock",
  concerns: ({ routers }) => routers.some(({ transport }) => transport.authentication !== undefined),
  judge(_, host) {
    if (host.clockKept !== false) return [];
    const text = "signed adverts need clocks that agree, and nothing keeps this host's right";
    return [warning(text, line("systemctl enable --now systemd-timesyncd"))];
  },
};

export const scheduling: Check = {
  name: "scheduling",
  concerns: hasRouters,
  judge: (_, { noRealtime }) => (noRealtime === undefined ? [] : [warning(noRealtime)]),
};

export const scripts: Check = {
  name: "scripts",
  concerns: ({ notifiers, watches, services }) =>
    notifiers.some(({ type }) => type === "script") ||
    watches.some(({ kind }) => kind === "script") ||
    services.some((service) => scriptChecks(service).length > 0),
  judge: (_, host) => host.scripts.map((problem) => error(problem)),
};
