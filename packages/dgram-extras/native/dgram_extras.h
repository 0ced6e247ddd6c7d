/*
 * Shared declarations. House rules of this binding:
 * - every function called from JavaScript returns a value or a negative errno, and never throws; src/ makes the errors;
 * - there is no mutable global state, so each worker and each context has a life of its own;
 * - nothing here knows any protocol above the datagram.
 */
#ifndef DGRAM_EXTRAS_H
#define DGRAM_EXTRAS_H

#define _GNU_SOURCE
#define NAPI_VERSION 8
#include <node_api.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* Node exports all its own names; ours must not be mistaken for one of them. */
#pragma GCC visibility push(hidden)

/* The largest datagram of any family here; netlink dumps come in chunks of at most 32 KiB. */
#define LARGEST_DATAGRAM 65536
#define LONGEST_PATH 4096
#define LETTER_ARGUMENTS 8
#define TIMER_FAMILY (-1)
#define IP_FIELDS 6
#define TALLY_FIELDS 3

/* A descriptor that several owners (a JavaScript socket, a last will) share; closed by the last one. */
struct shared_fd {
  atomic_int users;
  int fd;
};

struct watch;
struct letter;

/* What a JavaScript handle points to. `shared` is NULL once closed, so that no call can reach a re-used descriptor. */
struct endpoint {
  struct shared_fd *shared;
  int family;
  int protocol;
  struct watch *watch;
  struct letter **kept; /* by place; NULL where nothing is kept */
  uint32_t kept_room;
  int64_t empty_at_micros; /* CLOCK_MONOTONIC when the queue was last seen empty: nothing in it is older */
  int64_t ahead_micros; /* CLOCK_REALTIME minus CLOCK_MONOTONIC, at the last tally or from the beginning */
};

/* One datagram ready to be sent; points into itself, so it must not be moved once prepared. */
struct letter {
  struct shared_fd *to;
  int flags;
  struct msghdr message;
  struct iovec part;
  struct sockaddr_storage address;
  union {
    struct cmsghdr align;
    char bytes[128];
  } control;
};

/* values.c: between JavaScript and C */
napi_value make_number(napi_env env, double value);
napi_value make_bytes(napi_env env, const uint8_t *bytes, size_t length);
void set_number(napi_env env, napi_value object, const char *name, double value);
void set_text(napi_env env, napi_value object, const char *name, const char *text);
bool read_int(napi_env env, napi_value value, int *out);
double read_double(napi_env env, napi_value value);
bool read_bytes(napi_env env, napi_value value, uint8_t **bytes, size_t *length);
bool read_doubles(napi_env env, napi_value value, double **numbers, size_t *length); /* at least one */
bool read_text(napi_env env, napi_value value, char *text, size_t size); /* false also for undefined */
bool read_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *out);
uint32_t array_length(napi_env env, napi_value array);

/* endpoint.c: opening, options, closing */
struct shared_fd *share(int fd);
struct shared_fd *borrow(struct shared_fd *shared);
void release(struct shared_fd *shared);
struct endpoint *read_endpoint(napi_env env, napi_value value); /* NULL when it is not one or closed */
napi_value make_endpoint(napi_env env, int fd, int family, int protocol);
int discard_queue(int fd); /* the count discarded */
napi_value endpoint_open(napi_env env, napi_callback_info info);
napi_value endpoint_close(napi_env env, napi_callback_info info);
napi_value endpoint_fd(napi_env env, napi_callback_info info);
napi_value endpoint_set_option(napi_env env, napi_callback_info info);
napi_value endpoint_attach_filter(napi_env env, napi_callback_info info);
napi_value endpoint_bind(napi_env env, napi_callback_info info);
napi_value endpoint_membership(napi_env env, napi_callback_info info);
napi_value endpoint_discard(napi_env env, napi_callback_info info);

/* namespace.c: a descriptor or a negative errno */
int open_in_namespace(const char *path, int domain, int type, int protocol);
napi_value file_open(napi_env env, napi_callback_info info);
napi_value namespace_cookie(napi_env env, napi_callback_info info);

/* address.c */
int encode_address(int family, const char *text, int interface_index, int protocol, struct sockaddr_storage *out,
                   socklen_t *length);

/* send.c */
int prepare_letter(napi_env env, const napi_value *arguments, struct letter *letter);
int keep_letter(napi_env env, napi_value list, struct letter *letter); /* until forget_letter; 0 or negative errno */
void forget_letter(struct letter *letter);
int send_letter(const struct letter *letter); /* 0 or negative errno */
void send_batch(napi_env env, int fd, struct mmsghdr *batch, uint32_t count, napi_value refusals);
napi_value endpoint_send(napi_env env, napi_callback_info info);
napi_value endpoint_send_all(napi_env env, napi_callback_info info);

/* kept.c: letters that are sent again and again */
void forget_kept(struct endpoint *endpoint);
napi_value endpoint_keep(napi_env env, napi_callback_info info);
napi_value endpoint_send_kept(napi_env env, napi_callback_info info);

/* receive.c */
napi_value endpoint_drain(napi_env env, napi_callback_info info);
napi_value endpoint_drain_ip(napi_env env, napi_callback_info info);
napi_value endpoint_receive(napi_env env, napi_callback_info info);

/* tally.c: datagrams of which only matters when they came */
napi_value endpoint_tally(napi_env env, napi_callback_info info);

/* watch.c: readiness through the event loop */
void stop_watch(struct endpoint *endpoint);
napi_value endpoint_watch(napi_env env, napi_callback_info info);
napi_value endpoint_keep_alive(napi_env env, napi_callback_info info);

/* clock.c */
int64_t monotonic_micros(void);
int64_t realtime_micros(void);
napi_value clock_monotonic(napi_env env, napi_callback_info info);
napi_value timer_open(napi_env env, napi_callback_info info);
napi_value timer_set(napi_env env, napi_callback_info info);

/* process.c */
int start_thread(void *(*body)(void *), void *argument, void *thread); /* with every signal blocked */
napi_value interface_index(napi_env env, napi_callback_info info);
napi_value interface_name(napi_env env, napi_callback_info info);
napi_value scheduler_set(napi_env env, napi_callback_info info);
napi_value scheduler_get(napi_env env, napi_callback_info info);
napi_value thread_id(napi_env env, napi_callback_info info);
napi_value nice_set(napi_env env, napi_callback_info info);
napi_value limit_set(napi_env env, napi_callback_info info);
napi_value limit_get(napi_env env, napi_callback_info info);
napi_value file_try_lock(napi_env env, napi_callback_info info);
napi_value debugger_signal_disable(napi_env env, napi_callback_info info);

/* last_will.c */
napi_value will_create(napi_env env, napi_callback_info info);
napi_value will_update(napi_env env, napi_callback_info info);
napi_value will_revoke(napi_env env, napi_callback_info info);
napi_value will_state(napi_env env, napi_callback_info info);

#pragma GCC visibility pop
#endif
