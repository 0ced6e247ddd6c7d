/* Sending: one prepared form for an ordinary send and for the letters of a last will. */
#include "dgram_extras.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST_ADDRESS 256

/* `control` has room for all three items; msg_controllen grows with each. */
static void add_control(struct letter *letter, int level, int type, const void *data, size_t length) {
  struct msghdr *message = &letter->message;
  struct cmsghdr *item = (struct cmsghdr *)(letter->control.bytes + message->msg_controllen);
  item->cmsg_level = level;
  item->cmsg_type = type;
  item->cmsg_len = CMSG_LEN(length);
  memcpy(CMSG_DATA(item), data, length);
  message->msg_control = letter->control.bytes;
  message->msg_controllen += CMSG_SPACE(length);
}

/* The source address and interface of this one datagram. */
static int add_source(struct letter *letter, int family, const char *source, int index) {
  if (source[0] == 0 && index == 0) return 0;
  if (family == AF_INET) {
    struct in_pktinfo from = {.ipi_ifindex = index};
    if (source[0] != 0 && inet_pton(AF_INET, source, &from.ipi_spec_dst) != 1) return -EINVAL;
    add_control(letter, IPPROTO_IP, IP_PKTINFO, &from, sizeof from);
  } else {
    struct in6_pktinfo from = {.ipi6_ifindex = (unsigned)index};
    if (source[0] != 0 && inet_pton(AF_INET6, source, &from.ipi6_addr) != 1) return -EINVAL;
    add_control(letter, IPPROTO_IPV6, IPV6_PKTINFO, &from, sizeof from);
  }
  return 0;
}

static int add_header_fields(struct letter *letter, int family, const char *source, int index, int ttl, int tos) {
  int level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
  int status = add_source(letter, family, source, index);
  if (ttl >= 0) add_control(letter, level, family == AF_INET ? IP_TTL : IPV6_HOPLIMIT, &ttl, sizeof ttl);
  if (tos >= 0) add_control(letter, level, family == AF_INET ? IP_TOS : IPV6_TCLASS, &tos, sizeof tos);
  return status;
}

/*
 * arguments: handle, bytes, destination | undefined, source | undefined, interface index or 0, ttl or -1, tos or -1, flags.
 * The bytes are borrowed from the caller. 0 or a negative errno.
 */
int prepare_letter(napi_env env, const napi_value *arguments, struct letter *letter) {
  struct endpoint *endpoint = read_endpoint(env, arguments[0]);
  if (endpoint == NULL) return -EBADF;
  char destination[LONGEST_ADDRESS] = "", source[INET6_ADDRSTRLEN] = "";
  uint8_t *bytes;
  size_t length;
  int index, ttl, tos;
  memset(letter, 0, sizeof *letter);
  if (!read_bytes(env, arguments[1], &bytes, &length) || !read_int(env, arguments[4], &index) ||
      !read_int(env, arguments[5], &ttl) || !read_int(env, arguments[6], &tos) ||
      !read_int(env, arguments[7], &letter->flags))
    return -EINVAL;
  read_text(env, arguments[2], destination, sizeof destination);
  read_text(env, arguments[3], source, sizeof source);
  letter->to = endpoint->shared;
  letter->part = (struct iovec){.iov_base = bytes, .iov_len = length};
  letter->message.msg_iov = &letter->part;
  letter->message.msg_iovlen = 1;
  letter->message.msg_name = &letter->address;
  int status = encode_address(endpoint->family, destination, index, endpoint->protocol, &letter->address,
                              &letter->message.msg_namelen);
  if (status != 0 || (endpoint->family != AF_INET && endpoint->family != AF_INET6)) return status;
  return add_header_fields(letter, endpoint->family, source, index, ttl, tos);
}

int send_letter(const struct letter *letter) {
  ssize_t sent;
  do sent = sendmsg(letter->to->fd, &letter->message, letter->flags | MSG_DONTWAIT | MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : 0;
}

/* send(...LETTER_ARGUMENTS) */
napi_value endpoint_send(napi_env env, napi_callback_info info) {
  napi_value arguments[LETTER_ARGUMENTS];
  struct letter letter;
  if (!read_arguments(env, info, LETTER_ARGUMENTS, arguments)) return make_number(env, -EINVAL);
  int status = prepare_letter(env, arguments, &letter);
  return make_number(env, status != 0 ? status : send_letter(&letter));
}

/* The same from an array; the bytes are still the caller's. */
static int prepare_listed(napi_env env, napi_value list, struct letter *letter) {
  napi_value arguments[LETTER_ARGUMENTS];
  for (uint32_t i = 0; i < LETTER_ARGUMENTS; i++)
    if (napi_get_element(env, list, i, &arguments[i]) != napi_ok) return -EINVAL;
  return prepare_letter(env, arguments, letter);
}

/* For good: with bytes of its own and a share in its socket. */
int keep_letter(napi_env env, napi_value list, struct letter *letter) {
  int status = prepare_listed(env, list, letter);
  if (status != 0) return status;
  void *bytes = malloc(letter->part.iov_len + 1);
  if (bytes == NULL) return -ENOMEM;
  if (letter->part.iov_len > 0) memcpy(bytes, letter->part.iov_base, letter->part.iov_len);
  letter->part.iov_base = bytes;
  borrow(letter->to);
  return 0;
}

void forget_letter(struct letter *letter) {
  free(letter->part.iov_base);
  release(letter->to);
}

/* A refused datagram does not stop those behind it. `refusals` becomes [index, -errno, index, -errno, …]. */
void send_batch(napi_env env, int fd, struct mmsghdr *batch, uint32_t count, napi_value refusals) {
  uint32_t next = 0, refused = 0;
  while (next < count) {
    int sent = sendmmsg(fd, batch + next, count - next, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) next += (uint32_t)sent;
    else if (errno != EINTR) {
      napi_set_element(env, refusals, refused++, make_number(env, next++));
      napi_set_element(env, refusals, refused++, make_number(env, -errno));
    }
  }
}

static int prepare_all(napi_env env, napi_value array, uint32_t count, struct letter *letters, struct mmsghdr *batch) {
  for (uint32_t i = 0; i < count; i++) {
    napi_value one;
    napi_get_element(env, array, i, &one);
    int status = prepare_listed(env, one, &letters[i]);
    if (status != 0) return status;
    if (letters[i].to != letters[0].to) return -EINVAL;
    batch[i].msg_hdr = letters[i].message;
  }
  return 0;
}

/* sendAll(letters of one handle, refusals array): 0 or a negative errno when nothing was tried */
napi_value endpoint_send_all(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  if (!read_arguments(env, info, 2, arguments)) return make_number(env, -EINVAL);
  uint32_t count = array_length(env, arguments[0]);
  if (count == 0) return make_number(env, 0);
  struct letter *letters = calloc(count, sizeof *letters);
  struct mmsghdr *batch = calloc(count, sizeof *batch);
  int status = letters == NULL || batch == NULL ? -ENOMEM : prepare_all(env, arguments[0], count, letters, batch);
  if (status == 0) send_batch(env, letters[0].to->fd, batch, count, arguments[1]);
  free(letters);
  free(batch);
  return make_number(env, status);
}
