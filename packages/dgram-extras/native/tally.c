/*
 * Datagrams of which nothing matters but when they came: a neighbour says the same again and again. They wait in a
 * socket that nobody watches, whose filter takes nothing else, and are counted by one byte of theirs, many in a call.
 */
#include "dgram_extras.h"
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 64, BEGINNING = 128, KEYS = 256, MOST_TALLIED = 16384, MOST_ERRORS = 4 };

struct tallied {
  double at_micros; /* CLOCK_MONOTONIC, of the last one */
  uint32_t count;
};

/* Room for the beginnings of a batch. */
struct tray {
  struct mmsghdr messages[BATCH];
  struct iovec parts[BATCH];
  uint8_t bytes[BATCH][BEGINNING];
  union {
    struct cmsghdr align;
    char bytes[BEGINNING];
  } controls[BATCH];
};

static int receive_batch(int fd, struct tray *tray) {
  memset(tray->messages, 0, sizeof tray->messages);
  for (int i = 0; i < BATCH; i++) {
    tray->parts[i] = (struct iovec){.iov_base = tray->bytes[i], .iov_len = sizeof tray->bytes[i]};
    tray->messages[i].msg_hdr.msg_iov = &tray->parts[i];
    tray->messages[i].msg_hdr.msg_iovlen = 1;
    tray->messages[i].msg_hdr.msg_control = tray->controls[i].bytes;
    tray->messages[i].msg_hdr.msg_controllen = sizeof tray->controls[i].bytes;
  }
  int count;
  do count = recvmmsg(fd, tray->messages, BATCH, MSG_DONTWAIT, NULL);
  while (count < 0 && errno == EINTR);
  if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
  return count;
}

/* CLOCK_REALTIME, 0 = none. */
static int64_t stamp_of(struct msghdr *message) {
  for (struct cmsghdr *item = CMSG_FIRSTHDR(message); item != NULL; item = CMSG_NXTHDR(message, item)) {
    if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_TIMESTAMPNS) continue;
    struct timespec at;
    memcpy(&at, CMSG_DATA(item), sizeof at);
    return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
  }
  return 0;
}

/* The byte at `offset` of the payload, or -1. */
static int key_of(int family, const uint8_t *bytes, size_t length, size_t offset) {
  size_t begin = family == AF_INET && length > 0 ? (size_t)(bytes[0] & 15) * 4 : 0;
  return begin + offset < length && begin + offset < BEGINNING ? bytes[begin + offset] : -1;
}

/* tally(handle, offset, fields): how many keys; of each the key, the instant of the last one, and how many came */
napi_value endpoint_tally(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  int offset;
  double *fields;
  size_t room;
  if (!read_arguments(env, info, 3, arguments) || !read_int(env, arguments[1], &offset) || offset < 0 ||
      !read_doubles(env, arguments[2], &fields, &room) || room < KEYS * TALLY_FIELDS)
    return make_number(env, -EINVAL);
  struct endpoint *endpoint = read_endpoint(env, arguments[0]);
  if (endpoint == NULL) return make_number(env, -EBADF);
  struct tray tray;
  struct tallied all[KEYS] = {0};
  int64_t now = monotonic_micros(), ahead = realtime_micros() - now;
  int status = BATCH, failure = 0;
  for (int total = 0, errors = 0; status == BATCH && total < MOST_TALLIED && errors < MOST_ERRORS;) {
    status = receive_batch(endpoint->shared->fd, &tray);
    if (status < 0) { /* of the link, mostly; more may wait behind it */
      failure = status;
      status = BATCH;
      errors++;
      continue;
    }
    total += status;
    for (int i = 0; i < status; i++) {
      int key = key_of(endpoint->family, tray.bytes[i], tray.messages[i].msg_len, (size_t)offset);
      if (key < 0) continue;
      int64_t stamp = stamp_of(&tray.messages[i].msg_hdr), at = stamp == 0 ? now : stamp - ahead;
      /* The wall clock was set since: these came before that, or as good as now. */
      if (at < endpoint->empty_at_micros || at > now) at = stamp - endpoint->ahead_micros;
      if (at < endpoint->empty_at_micros) at = endpoint->empty_at_micros;
      all[key].at_micros = (double)(at > now ? now : at);
      all[key].count++;
    }
  }
  if (status < BATCH) endpoint->empty_at_micros = now;
  endpoint->ahead_micros = ahead;
  int count = 0;
  for (int key = 0; key < KEYS; key++) {
    if (all[key].count == 0) continue;
    double *own = fields + count++ * TALLY_FIELDS;
    own[0] = key;
    own[1] = all[key].at_micros;
    own[2] = all[key].count;
  }
  return make_number(env, count > 0 ? count : failure);
}
