/** Static addresses and routes: what they wait for, and what is there already. Whatever is in their way may be gone later. */
import { staticText } from "../../config/static.ts";
import { armKey } from "../../vrrp/node.ts";
import { type Check, type HostPicture, warning } from "../picture.ts";

export const statics: Check = {
  name: "statics",
  concerns: (settings) => settings.statics.length > 0,
  judge(settings, host) {
    return settings.statics.flatMap((item) => {
      const name =
        item.kind === "address" ? item.address.interface : item.kind === "route" && item.route.interface;
      if (name && !host.links.some((link) => link.name === name))
        return [
          warning(`static ${staticText(item)}: waits for an interface ${name}, there is none on this host`),
        ];
      if (item.kind !== "address" || !isPresent(armKey(item.address), host) || host.owns(item.address))
        return [];
      return [
        warning(
          `static ${staticText(item)}: is there already, and not put there by Keelson: it is left alone`,
        ),
      ];
    });
  },
};

function isPresent(key: string, { addresses }: HostPicture): boolean {
  return addresses.some((one) => armKey(one) === key);
}
