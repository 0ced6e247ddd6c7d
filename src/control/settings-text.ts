/** What one director would do with a cluster file, in short. */
import type { ServerSettings, ServiceSettings } from "../balance/settings.ts";
import type { CheckSettings } from "../checks/settings.ts";
import type { DirectorSettings } from "../config/settings.ts";
import { staticText } from "../config/static.ts";
import { listenTexts } from "../ipvs/listen.ts";
import { formatDuration } from "../net/time.ts";
import { describeNotifier, type NotifierSettings } from "../notify/settings.ts";
import { statesOf } from "../notify/subject.ts";
import type { RouterSettings, Transport } from "../vrrp/settings.ts";

export function settingsText(settings: DirectorSettings): string {
  const { director, statics, routers, services, notifiers } = settings;
  const parts = [
    ...statics.map((item) => `static ${staticText(item)}`),
    ...routers.map(routerText),
    ...services.map(serviceText),
    ...notifiers.map(notifierText),
  ];
  return [`${director}:`, ...parts].join("\n  ");
}

function routerText(router: RouterSettings): string {
  const { name, vrid, interface: own, transport, priority, interval, addresses } = router;
  const list = addresses.map((one) => {
    const arm = one.interface === own ? "" : ` on ${one.interface}`;
    return `${one.address}/${one.prefixLength}${arm}`;
  });
  const way = `VRRPv${transport.version} over IPv${transport.family}${peersText(transport)}`;
  const pace = `every ${formatDuration(interval)}${router.mode === "observe" ? ", observing only" : ""}`;
  const election = `VRID ${vrid} on ${own}, ${way}, priority ${priority}, ${pace}`;
  return `router ${name}: ${election}: ${list.join(", ")}`;
}

function peersText({ audience }: Transport): string {
  return audience.kind === "peers" ? ` to ${audience.peers.join(", ")}` : "";
}

function serviceText({ name, protocol, listen, scheduler, servers }: ServiceSettings): string {
  const checks = [...new Set(servers.map(checkText))];
  const at = listenTexts(listen);
  return `service ${name}: ${protocol} ${at}, ${scheduler}, ${serverCount(servers)}, ${checks.join(" and ")}`;
}

function serverCount({ length }: readonly ServerSettings[]): string {
  return length === 1 ? "1 server" : `${length} servers`;
}

function checkText({ checks }: ServerSettings): string {
  if (checks.length === 0) return "not checked";
  const each = checks.map((check) => `${what(check)} every ${formatDuration(check.interval)}`);
  return `checked by ${each.join(" and ")}`;
}

function what(check: CheckSettings): string {
  return check.type === "http" ? `http ${check.method} ${check.path}` : check.type;
}

function notifierText(notifier: NotifierSettings): string {
  const { name, routers, services, states } = notifier;
  const ofRouters = states.filter((state) => statesOf("router").includes(state));
  const ofServices = states.filter((state) => !ofRouters.includes(state));
  const parts = [
    { some: ofRouters, of: routers?.join(", ") ?? "every router" },
    { some: ofServices, of: services?.join(", ") ?? "every service" },
  ].flatMap(({ some, of }) => (some.length === 0 ? [] : `${some.join(", ")} of ${of}`));
  return `notifier ${name}: ${parts.join(" and ")} to ${describeNotifier(notifier)}`;
}
