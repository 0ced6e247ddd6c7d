/* Receiving, with what the kernel says about each datagram: TTL, destination, interface, age. */
#include "dgram_extras.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>

struct arrival {
  uint8_t *bytes;
  size_t length;
  struct sockaddr_storage from;
  socklen_t from_length;
  uint8_t destination[16]; /* an IPv4 address fills the first four */
  int ttl;
  int interface_index;
  int64_t stamp_micros; /* CLOCK_REALTIME, 0 = none */
};

static void read_control(const struct cmsghdr *item, struct arrival *arrival) {
  const void *data = CMSG_DATA(item);
  if (item->cmsg_level == SOL_SOCKET && item->cmsg_type == SCM_TIMESTAMPNS) {
    struct timespec stamp;
    memcpy(&stamp, data, sizeof stamp);
    arrival->stamp_micros = (int64_t)stamp.tv_sec * 1000000 + stamp.tv_nsec / 1000;
  } else if (item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_PKTINFO) {
    struct in_pktinfo at;
    memcpy(&at, data, sizeof at);
    arrival->interface_index = at.ipi_ifindex;
    memcpy(arrival->destination, &at.ipi_addr, sizeof at.ipi_addr);
  } else if (item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == IPV6_PKTINFO) {
    struct in6_pktinfo at;
    memcpy(&at, data, sizeof at);
    arrival->interface_index = (int)at.ipi6_ifindex;
    memcpy(arrival->destination, &at.ipi6_addr, sizeof at.ipi6_addr);
  } else if (item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == IPV6_HOPLIMIT) {
    memcpy(&arrival->ttl, data, sizeof arrival->ttl);
  }
}

/* 1 = something arrived, 0 = nothing waits, negative errno. `buffer` holds LARGEST_DATAGRAM bytes. */
static int receive_one(int fd, uint8_t *buffer, struct arrival *arrival) {
  union {
    struct cmsghdr align;
    char bytes[256];
  } control;
  struct iovec part = {.iov_base = buffer, .iov_len = LARGEST_DATAGRAM};
  memset(arrival, 0, sizeof *arrival);
  arrival->ttl = -1;
  struct msghdr message = {.msg_name = &arrival->from, .msg_namelen = sizeof arrival->from, .msg_iov = &part,
                           .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control};
  ssize_t length;
  do length = recvmsg(fd, &message, MSG_DONTWAIT);
  while (length < 0 && errno == EINTR);
  if (length < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
  if ((message.msg_flags & MSG_TRUNC) != 0) return -EMSGSIZE;
  arrival->bytes = buffer;
  arrival->length = (size_t)length;
  arrival->from_length = message.msg_namelen;
  for (struct cmsghdr *item = CMSG_FIRSTHDR(&message); item != NULL; item = CMSG_NXTHDR(&message, item))
    read_control(item, arrival);
  return 1;
}

/* Bounded by the time since the queue was last empty, so that a step of the wall clock cannot make anything ancient. */
static double age_micros(const struct endpoint *endpoint, const struct arrival *arrival) {
  if (arrival->stamp_micros == 0) return 0;
  int64_t age = realtime_micros() - arrival->stamp_micros;
  int64_t most = monotonic_micros() - endpoint->empty_at_micros;
  return (double)(age < 0 ? 0 : age > most ? most : age);
}

/* IPv4 raw sockets deliver the IP header too; it is cut off here. False for what is no IPv4 packet. */
static bool strip_header(struct arrival *arrival) {
  if (arrival->length < 20) return false;
  size_t header = (size_t)(arrival->bytes[0] & 15) * 4;
  if (header < 20 || header > arrival->length) return false;
  arrival->ttl = arrival->bytes[8];
  memcpy(arrival->destination, arrival->bytes + 16, 4);
  arrival->bytes += header;
  arrival->length -= header;
  return true;
}

static void describe_frame(napi_env env, napi_value object, const struct endpoint *endpoint,
                           const struct arrival *arrival) {
  const struct sockaddr_ll *from = (const struct sockaddr_ll *)&arrival->from;
  napi_value outgoing;
  set_number(env, object, "interfaceIndex", from->sll_ifindex);
  set_number(env, object, "ageMicros", age_micros(endpoint, arrival));
  set_number(env, object, "stampMicros", (double)arrival->stamp_micros);
  napi_get_boolean(env, from->sll_pkttype == PACKET_OUTGOING, &outgoing);
  napi_set_named_property(env, object, "outgoing", outgoing);
}

/* The sender's path, @ for an abstract name; a sender without a name has no `source`. */
static void describe_sender(napi_env env, napi_value object, const struct arrival *arrival) {
  const struct sockaddr_un *from = (const struct sockaddr_un *)&arrival->from;
  size_t length = arrival->from_length;
  if (length <= offsetof(struct sockaddr_un, sun_path)) return;
  length -= offsetof(struct sockaddr_un, sun_path);
  char path[sizeof from->sun_path + 1] = "";
  memcpy(path, from->sun_path, length);
  if (path[0] == 0) path[0] = '@';
  set_text(env, object, "source", path);
}

/* NULL for what is to be ignored: a broken packet, a netlink datagram that is not from the kernel. */
static napi_value describe(napi_env env, const struct endpoint *endpoint, struct arrival *arrival) {
  if (endpoint->family == AF_INET && !strip_header(arrival)) return NULL;
  if (endpoint->family == AF_NETLINK && ((struct sockaddr_nl *)&arrival->from)->nl_pid != 0) return NULL;
  napi_value bytes = make_bytes(env, arrival->bytes, arrival->length);
  if (endpoint->family == AF_NETLINK || bytes == NULL) return bytes;
  napi_value object;
  if (napi_create_object(env, &object) != napi_ok) return NULL;
  napi_set_named_property(env, object, "bytes", bytes);
  if (endpoint->family == AF_PACKET) describe_frame(env, object, endpoint, arrival);
  else describe_sender(env, object, arrival);
  return object;
}

/* drain(handle, limit, array to append to): 0, or the negative errno that ended it */
napi_value endpoint_drain(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  int limit;
  if (!read_arguments(env, info, 3, arguments) || !read_int(env, arguments[1], &limit))
    return make_number(env, -EINVAL);
  struct endpoint *endpoint = read_endpoint(env, arguments[0]);
  if (endpoint == NULL) return make_number(env, -EBADF);
  uint8_t buffer[LARGEST_DATAGRAM];
  struct arrival arrival;
  uint32_t next = array_length(env, arguments[2]);
  int status = 1;
  for (int count = 0; count < limit; count++) {
    status = receive_one(endpoint->shared->fd, buffer, &arrival);
    if (status == 0) endpoint->empty_at_micros = monotonic_micros();
    if (status <= 0) break;
    napi_value datagram = describe(env, endpoint, &arrival);
    if (datagram != NULL) napi_set_element(env, arguments[2], next++, datagram);
  }
  return make_number(env, status > 0 ? 0 : status);
}

static void read_source(int family, const struct arrival *arrival, uint8_t source[16]) {
  memset(source, 0, 16);
  if (family == AF_INET) memcpy(source, &((const struct sockaddr_in *)&arrival->from)->sin_addr, 4);
  else memcpy(source, &((const struct sockaddr_in6 *)&arrival->from)->sin6_addr, 16);
}

struct ends {
  uint8_t source[16], destination[16];
};

static void append_address(napi_env env, napi_value array, uint32_t place, int family, const uint8_t *address) {
  napi_value value;
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(family, address, text, sizeof text);
  if (napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value) == napi_ok)
    napi_set_element(env, array, place, value);
}

/*
 * drainIp(handle, limit, buffer, fields, texts): how many datagrams came. There are many of them, and objects are dear:
 * their bytes go into the buffer, IP_FIELDS numbers of each into `fields`, and two texts only where they are not those
 * of the datagram before. Behind all fields stands the status: 0 = nothing more waits, 1 = something may, or an errno.
 */
napi_value endpoint_drain_ip(napi_env env, napi_callback_info info) {
  napi_value arguments[5];
  int limit;
  uint8_t *buffer;
  size_t size, used = 0, room;
  double *fields;
  if (!read_arguments(env, info, 5, arguments) || !read_int(env, arguments[1], &limit) ||
      !read_bytes(env, arguments[2], &buffer, &size) || !read_doubles(env, arguments[3], &fields, &room))
    return make_number(env, -EINVAL);
  struct endpoint *endpoint = read_endpoint(env, arguments[0]);
  if (endpoint == NULL) return make_number(env, -EBADF);
  struct arrival arrival;
  struct ends ends, last;
  uint32_t texts = 0;
  int count = 0, status = 1;
  while (count < limit && ((size_t)count + 1) * IP_FIELDS < room && size - used >= LARGEST_DATAGRAM) {
    status = receive_one(endpoint->shared->fd, buffer + used, &arrival);
    if (status == 0) endpoint->empty_at_micros = monotonic_micros();
    if (status <= 0) break;
    if (endpoint->family == AF_INET && !strip_header(&arrival)) continue;
    read_source(endpoint->family, &arrival, ends.source);
    memcpy(ends.destination, arrival.destination, sizeof ends.destination);
    if (texts == 0 || memcmp(&ends, &last, sizeof ends) != 0) {
      append_address(env, arguments[4], texts++, endpoint->family, ends.source);
      append_address(env, arguments[4], texts++, endpoint->family, ends.destination);
      last = ends;
    }
    double *own = fields + count++ * IP_FIELDS;
    size_t start = (size_t)(arrival.bytes - buffer);
    own[0] = (double)start;
    own[1] = (double)(start + arrival.length);
    own[2] = arrival.ttl;
    own[3] = arrival.interface_index;
    own[4] = age_micros(endpoint, &arrival);
    own[5] = texts - 2;
    used = start + arrival.length;
  }
  fields[room - 1] = status;
  return make_number(env, count);
}

/* receive(handle, deadline on the monotonic clock in µs): the bytes of one datagram, or a negative errno (ETIMEDOUT) */
napi_value endpoint_receive(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  if (!read_arguments(env, info, 2, arguments)) return make_number(env, -EINVAL);
  int64_t deadline = (int64_t)read_double(env, arguments[1]);
  struct endpoint *endpoint = read_endpoint(env, arguments[0]);
  if (endpoint == NULL) return make_number(env, -EBADF);
  uint8_t buffer[LARGEST_DATAGRAM];
  struct arrival arrival;
  for (;;) {
    int status = receive_one(endpoint->shared->fd, buffer, &arrival);
    if (status < 0) return make_number(env, status);
    napi_value datagram = status == 0 ? NULL : describe(env, endpoint, &arrival);
    if (datagram != NULL) return datagram;
    int64_t left = deadline - monotonic_micros();
    if (left <= 0) return make_number(env, -ETIMEDOUT);
    struct pollfd waiting = {.fd = endpoint->shared->fd, .events = POLLIN};
    struct timespec timeout = {.tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000};
    if (status == 0 && ppoll(&waiting, 1, &timeout, NULL) < 0 && errno != EINTR) return make_number(env, -errno);
  }
}
