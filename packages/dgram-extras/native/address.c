/* Socket addresses of the families this binding opens. */
#include "dgram_extras.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

/* A leading @ means the abstract name space; such a name has no closing zero and its length counts. */
static int encode_path(const char *text, struct sockaddr_storage *out, socklen_t *length) {
  struct sockaddr_un *address = (struct sockaddr_un *)out;
  size_t size = strlen(text);
  if (size == 0) return -EDESTADDRREQ;
  if (size >= sizeof address->sun_path) return -ENAMETOOLONG;
  memcpy(address->sun_path, text, size);
  bool abstract = text[0] == '@';
  if (abstract) address->sun_path[0] = 0;
  *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + (abstract ? 0 : 1));
  return 0;
}

/* `text` is an IP address or a path; the index is the scope (IPv6) or the interface (packet). 0 or negative errno. */
int encode_address(int family, const char *text, int interface_index, int protocol, struct sockaddr_storage *out,
                   socklen_t *length) {
  memset(out, 0, sizeof *out);
  out->ss_family = (sa_family_t)family;
  switch (family) {
  case AF_INET:
    *length = sizeof(struct sockaddr_in);
    return inet_pton(AF_INET, text, &((struct sockaddr_in *)out)->sin_addr) == 1 ? 0 : -EINVAL;
  case AF_INET6:
    *length = sizeof(struct sockaddr_in6);
    ((struct sockaddr_in6 *)out)->sin6_scope_id = (uint32_t)interface_index;
    return inet_pton(AF_INET6, text, &((struct sockaddr_in6 *)out)->sin6_addr) == 1 ? 0 : -EINVAL;
  case AF_PACKET:
    *length = sizeof(struct sockaddr_ll);
    ((struct sockaddr_ll *)out)->sll_ifindex = interface_index;
    ((struct sockaddr_ll *)out)->sll_protocol = htons((uint16_t)protocol);
    return 0;
  case AF_NETLINK: /* port 0: the kernel */
    *length = sizeof(struct sockaddr_nl);
    return 0;
  case AF_UNIX:
    return encode_path(text, out, length);
  default:
    return -EAFNOSUPPORT;
  }
}
