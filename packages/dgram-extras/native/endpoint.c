/* Opening, configuring and closing; see the header for who owns a descriptor. */
#include "dgram_extras.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Marks the externals of this file, so that no other value is taken for one. */
static const napi_type_tag ENDPOINT = {0x6467726d65787472, 0x656e64706f696e74};

struct shared_fd *share(int fd) {
  struct shared_fd *shared = malloc(sizeof *shared);
  if (shared == NULL) return NULL;
  atomic_init(&shared->users, 1);
  shared->fd = fd;
  return shared;
}

struct shared_fd *borrow(struct shared_fd *shared) {
  atomic_fetch_add(&shared->users, 1);
  return shared;
}

void release(struct shared_fd *shared) {
  if (shared == NULL || atomic_fetch_sub(&shared->users, 1) != 1) return;
  close(shared->fd);
  free(shared);
}

static void close_endpoint(struct endpoint *endpoint) {
  stop_watch(endpoint);
  forget_kept(endpoint);
  release(endpoint->shared);
  endpoint->shared = NULL;
}

static void finalize(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  close_endpoint(data);
  free(data);
}

/* Takes over `fd`; a negative one is an errno and is handed through. */
napi_value make_endpoint(napi_env env, int fd, int family, int protocol) {
  if (fd < 0) return make_number(env, fd);
  struct endpoint *endpoint = calloc(1, sizeof *endpoint);
  struct shared_fd *shared = share(fd);
  napi_value handle;
  if (endpoint == NULL || shared == NULL) goto failed;
  *endpoint = (struct endpoint){.shared = shared, .family = family, .protocol = protocol};
  endpoint->empty_at_micros = monotonic_micros();
  endpoint->ahead_micros = realtime_micros() - endpoint->empty_at_micros;
  if (napi_create_object(env, &handle) != napi_ok) goto failed;
  if (napi_wrap(env, handle, endpoint, finalize, NULL, NULL) != napi_ok) goto failed;
  napi_type_tag_object(env, handle, &ENDPOINT);
  return handle;
failed:
  free(endpoint);
  free(shared);
  close(fd);
  return make_number(env, -ENOMEM);
}

struct endpoint *read_endpoint(napi_env env, napi_value value) {
  bool ours = false;
  void *data = NULL;
  if (napi_check_object_type_tag(env, value, &ENDPOINT, &ours) != napi_ok || !ours) return NULL;
  if (napi_unwrap(env, value, &data) != napi_ok) return NULL;
  struct endpoint *endpoint = data;
  return endpoint->shared == NULL ? NULL : endpoint;
}

/* open(domain, type, protocol, namespace path | undefined) */
napi_value endpoint_open(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  int domain, type, protocol;
  char path[LONGEST_PATH];
  if (!read_arguments(env, info, 4, arguments) || !read_int(env, arguments[0], &domain) ||
      !read_int(env, arguments[1], &type) || !read_int(env, arguments[2], &protocol))
    return make_number(env, -EINVAL);
  type |= SOCK_CLOEXEC | SOCK_NONBLOCK;
  int fd;
  if (read_text(env, arguments[3], path, sizeof path)) fd = open_in_namespace(path, domain, type, protocol);
  else if ((fd = socket(domain, type, protocol)) < 0) fd = -errno;
  return make_endpoint(env, fd, domain, protocol);
}

napi_value endpoint_close(napi_env env, napi_callback_info info) {
  napi_value argument;
  struct endpoint *endpoint = read_arguments(env, info, 1, &argument) ? read_endpoint(env, argument) : NULL;
  if (endpoint != NULL) close_endpoint(endpoint);
  return make_number(env, 0);
}

napi_value endpoint_fd(napi_env env, napi_callback_info info) {
  napi_value argument;
  struct endpoint *endpoint = read_arguments(env, info, 1, &argument) ? read_endpoint(env, argument) : NULL;
  return make_number(env, endpoint == NULL ? -EBADF : endpoint->shared->fd);
}

static napi_value set_option(napi_env env, struct endpoint *endpoint, int level, int name, const void *value,
                             size_t length) {
  if (endpoint == NULL) return make_number(env, -EBADF);
  int status = setsockopt(endpoint->shared->fd, level, name, value, (socklen_t)length);
  return make_number(env, status == 0 ? 0 : -errno);
}

/* setOption(handle, level, name, bytes) */
napi_value endpoint_set_option(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  int level, name;
  uint8_t *value;
  size_t length;
  if (!read_arguments(env, info, 4, arguments) || !read_int(env, arguments[1], &level) ||
      !read_int(env, arguments[2], &name) || !read_bytes(env, arguments[3], &value, &length))
    return make_number(env, -EINVAL);
  return set_option(env, read_endpoint(env, arguments[0]), level, name, value, length);
}

/* attachFilter(handle, sock_filter[] as bytes): replaces any other at once */
napi_value endpoint_attach_filter(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  uint8_t *code;
  size_t length;
  if (!read_arguments(env, info, 2, arguments) || !read_bytes(env, arguments[1], &code, &length) ||
      length % sizeof(struct sock_filter) != 0 || length / sizeof(struct sock_filter) > BPF_MAXINSNS)
    return make_number(env, -EINVAL);
  struct sock_fprog program = {.len = (unsigned short)(length / sizeof(struct sock_filter)), .filter = (void *)code};
  return set_option(env, read_endpoint(env, arguments[0]), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

/* bind(handle, address or path | undefined, interface index, protocol) */
napi_value endpoint_bind(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  char text[LONGEST_PATH] = "";
  int index, protocol;
  if (!read_arguments(env, info, 4, arguments) || !read_int(env, arguments[2], &index) ||
      !read_int(env, arguments[3], &protocol))
    return make_number(env, -EINVAL);
  struct endpoint *endpoint = read_endpoint(env, arguments[0]);
  if (endpoint == NULL) return make_number(env, -EBADF);
  read_text(env, arguments[1], text, sizeof text);
  struct sockaddr_storage address;
  socklen_t length;
  int status = encode_address(endpoint->family, text, index, protocol, &address, &length);
  if (status == 0 && bind(endpoint->shared->fd, (struct sockaddr *)&address, length) != 0) status = -errno;
  return make_number(env, status);
}

/* membership(handle, join, group, interface index) */
napi_value endpoint_membership(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  bool join;
  char group[INET6_ADDRSTRLEN];
  int index;
  if (!read_arguments(env, info, 4, arguments) || napi_get_value_bool(env, arguments[1], &join) != napi_ok ||
      !read_text(env, arguments[2], group, sizeof group) || !read_int(env, arguments[3], &index))
    return make_number(env, -EINVAL);
  struct endpoint *endpoint = read_endpoint(env, arguments[0]);
  if (endpoint != NULL && endpoint->family == AF_INET) {
    struct ip_mreqn request = {.imr_ifindex = index};
    if (inet_pton(AF_INET, group, &request.imr_multiaddr) != 1) return make_number(env, -EINVAL);
    int option = join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP;
    return set_option(env, endpoint, IPPROTO_IP, option, &request, sizeof request);
  }
  struct ipv6_mreq request = {.ipv6mr_interface = (unsigned)index};
  if (inet_pton(AF_INET6, group, &request.ipv6mr_multiaddr) != 1) return make_number(env, -EINVAL);
  int option = join ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP;
  return set_option(env, endpoint, IPPROTO_IPV6, option, &request, sizeof request);
}

/* Bounded: a sender faster than this loop must not hold it for ever. */
int discard_queue(int fd) {
  enum { MOST_DISCARDED = 100000 };
  int count = 0;
  char byte;
  while (count < MOST_DISCARDED && recv(fd, &byte, 1, MSG_DONTWAIT | MSG_TRUNC) >= 0) count++;
  return count;
}

napi_value endpoint_discard(napi_env env, napi_callback_info info) {
  napi_value argument;
  struct endpoint *endpoint = read_arguments(env, info, 1, &argument) ? read_endpoint(env, argument) : NULL;
  return make_number(env, endpoint == NULL ? -EBADF : discard_queue(endpoint->shared->fd));
}
