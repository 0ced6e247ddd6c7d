/*
 * A last will: a thread that waits for the hang-up of one descriptor, then sends prepared datagrams at once, and others
 * on the first datagram that each watched socket's kernel filter lets through, or a while after it.
 *
 * Everything is prepared on the JavaScript thread (addresses, buffers, filters), so that the thread itself allocates
 * nothing and calls only poll, recv and sendmsg: it runs while JavaScript spins, collects garbage or is stuck in a write.
 * A plan belongs to the JavaScript thread while `armed`, where the lock guards its replacement; from `executing` on it is
 * never replaced, and the thread reads it without the lock. Sockets are shared, so closing one in JavaScript is safe.
 */
#include "dgram_extras.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A full send queue drains within this, or the letter is given up. */
#define SEND_ATTEMPTS 5
#define SEND_WAIT_MS 2

enum state { ARMED, EXECUTING, DONE, REVOKED };

struct letters {
  struct letter *items;
  uint32_t count;
};

struct clause {
  struct letters on_hang_up, on_first_match;
  struct shared_fd *watched; /* NULL = none */
  int64_t delay_micros;      /* from the first match to its letters */
  int64_t due_micros;        /* 0 = not matched yet, or done */
};

struct plan {
  struct clause *clauses;
  uint32_t count;
  struct pollfd *polls; /* [0] wakes the thread, [i + 1] is clause i */
};

struct will {
  napi_env env;
  napi_ref self; /* strong while the thread lives */
  pthread_t thread;
  pthread_mutex_t lock;
  struct plan *plan;
  atomic_int state;
  atomic_bool stop;
  bool joined;
  int hang_up, wake;
};

static const napi_type_tag WILL = {0x6467726d65787472, 0x6c6173742077696c};

/* ---- plans, made and freed on the JavaScript thread ---- */

static void free_letters(struct letters *letters) {
  for (uint32_t i = 0; i < letters->count; i++) forget_letter(&letters->items[i]);
  free(letters->items);
}

static void free_plan(struct plan *plan) {
  if (plan == NULL) return;
  for (uint32_t i = 0; plan->clauses != NULL && i < plan->count; i++) {
    free_letters(&plan->clauses[i].on_hang_up);
    free_letters(&plan->clauses[i].on_first_match);
    release(plan->clauses[i].watched);
  }
  free(plan->clauses);
  free(plan->polls);
  free(plan);
}

static int keep_letters(napi_env env, napi_value source, struct letters *letters) {
  uint32_t wanted = array_length(env, source);
  letters->items = calloc(wanted + 1, sizeof *letters->items);
  if (letters->items == NULL) return -ENOMEM;
  for (; letters->count < wanted; letters->count++) {
    napi_value one;
    if (napi_get_element(env, source, letters->count, &one) != napi_ok) return -EINVAL;
    int status = keep_letter(env, one, &letters->items[letters->count]);
    if (status != 0) return status;
  }
  return 0;
}

/* clause: [letters on hang-up, letters on first match, watched handle | undefined, delay in µs] */
static int keep_clause(napi_env env, napi_value source, struct clause *clause) {
  napi_value parts[4];
  napi_valuetype type;
  for (uint32_t i = 0; i < 4; i++)
    if (napi_get_element(env, source, i, &parts[i]) != napi_ok) return -EINVAL;
  int status = keep_letters(env, parts[0], &clause->on_hang_up);
  if (status == 0) status = keep_letters(env, parts[1], &clause->on_first_match);
  if (status != 0 || napi_typeof(env, parts[2], &type) != napi_ok || type == napi_undefined) return status;
  struct endpoint *watched = read_endpoint(env, parts[2]);
  if (watched == NULL) return -EBADF;
  clause->watched = borrow(watched->shared);
  clause->delay_micros = (int64_t)read_double(env, parts[3]);
  return 0;
}

static int make_plan(napi_env env, napi_value source, struct plan **out) {
  struct plan *plan = calloc(1, sizeof *plan);
  if (plan == NULL) return -ENOMEM;
  plan->count = array_length(env, source);
  plan->clauses = calloc(plan->count + 1, sizeof *plan->clauses);
  plan->polls = calloc(plan->count + 1, sizeof *plan->polls);
  int status = plan->clauses == NULL || plan->polls == NULL ? -ENOMEM : 0;
  for (uint32_t i = 0; status == 0 && i < plan->count; i++) {
    napi_value one;
    if (napi_get_element(env, source, i, &one) != napi_ok) status = -EINVAL;
    else status = keep_clause(env, one, &plan->clauses[i]);
  }
  if (status == 0) *out = plan;
  else free_plan(plan);
  return status;
}

/* ---- the thread ---- */

static void send_all(const struct letters *letters) {
  for (uint32_t i = 0; i < letters->count; i++) {
    for (int attempt = 0; attempt < SEND_ATTEMPTS; attempt++) {
      int status = send_letter(&letters->items[i]);
      if (status != -EAGAIN && status != -ENOBUFS) break;
      struct pollfd room = {.fd = letters->items[i].to->fd, .events = POLLOUT};
      poll(&room, 1, SEND_WAIT_MS);
    }
  }
}

/* What is queued is older than the hang-up and answers nothing of ours: away with it before the first letter. */
static void announce_death(struct plan *plan) {
  for (uint32_t i = 0; i < plan->count; i++)
    if (plan->clauses[i].watched != NULL) discard_queue(plan->clauses[i].watched->fd);
  for (uint32_t i = 0; i < plan->count; i++) send_all(&plan->clauses[i].on_hang_up);
}

static bool matched(int fd) {
  char byte;
  if (recv(fd, &byte, 1, MSG_DONTWAIT | MSG_TRUNC) >= 0) return true;
  return false; /* an error that waited (a link that went down) is taken by recv; the socket goes on */
}

/* NULL when no letters are due any more. */
static struct clause *next_due(struct plan *plan) {
  struct clause *next = NULL;
  for (uint32_t i = 0; i < plan->count; i++) {
    struct clause *one = &plan->clauses[i];
    if (one->due_micros != 0 && (next == NULL || one->due_micros < next->due_micros)) next = one;
  }
  return next;
}

/* For poll: until the next letters are due, rounded up; -1 when none are. */
static int until_due_ms(struct plan *plan) {
  const struct clause *next = next_due(plan);
  if (next == NULL) return -1;
  int64_t left = next->due_micros - monotonic_micros();
  return left <= 0 ? 0 : (int)((left + 999) / 1000);
}

/* In order, also when this thread woke up so late that several are due. Answers with how many there were. */
static uint32_t send_due(struct plan *plan) {
  uint32_t sent = 0;
  for (struct clause *one = next_due(plan); one != NULL && one->due_micros <= monotonic_micros(); one = next_due(plan)) {
    send_all(&one->on_first_match);
    one->due_micros = 0;
    sent++;
  }
  return sent;
}

static void await_successors(struct will *will) {
  struct plan *plan = will->plan;
  uint32_t waiting = 0;
  plan->polls[0] = (struct pollfd){.fd = will->wake, .events = POLLIN};
  for (uint32_t i = 0; i < plan->count; i++) {
    bool watches = plan->clauses[i].watched != NULL;
    plan->polls[i + 1] = (struct pollfd){.fd = watches ? plan->clauses[i].watched->fd : -1, .events = POLLIN};
    if (watches) waiting++;
  }
  while (waiting > 0 && !atomic_load(&will->stop)) {
    if (poll(plan->polls, plan->count + 1, until_due_ms(plan)) < 0) continue;
    for (uint32_t i = 0; i < plan->count; i++) {
      struct clause *clause = &plan->clauses[i];
      struct pollfd *one = &plan->polls[i + 1];
      if (one->fd >= 0 && one->revents != 0 && matched(one->fd)) {
        one->fd = -1;
        clause->due_micros = monotonic_micros() + clause->delay_micros;
      }
    }
    waiting -= send_due(plan);
  }
  if (waiting == 0) atomic_store(&will->state, DONE);
}

/* True once the other end has hung up; false: revoked. POLLHUP and POLLERR come unasked. */
static bool await_hang_up(struct will *will) {
  struct pollfd polls[2] = {{.fd = will->wake, .events = POLLIN}, {.fd = will->hang_up, .events = POLLRDHUP}};
  for (;;) {
    int ready = poll(polls, 2, -1);
    if (atomic_load(&will->stop)) return false;
    if (ready > 0 && polls[1].revents != 0) return true;
  }
}

static void *live(void *argument) {
  struct will *will = argument;
  if (!await_hang_up(will)) return NULL;
  pthread_mutex_lock(&will->lock);
  bool go = !atomic_load(&will->stop);
  if (go) atomic_store(&will->state, EXECUTING);
  pthread_mutex_unlock(&will->lock);
  if (!go) return NULL;
  announce_death(will->plan);
  await_successors(will);
  return NULL;
}

/* ---- its life, on the JavaScript thread ---- */

static void stop(struct will *will) {
  if (will->joined) return;
  pthread_mutex_lock(&will->lock);
  atomic_store(&will->stop, true);
  pthread_mutex_unlock(&will->lock);
  uint64_t one = 1;
  while (write(will->wake, &one, sizeof one) < 0 && errno == EINTR) continue;
  pthread_join(will->thread, NULL);
  will->joined = true;
  if (atomic_load(&will->state) != DONE) atomic_store(&will->state, REVOKED);
  free_plan(will->plan);
  will->plan = NULL;
  close(will->hang_up);
  close(will->wake);
}

static void on_environment_end(void *data) {
  struct will *will = data;
  stop(will);
  napi_delete_reference(will->env, will->self);
}

static void finalize(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  struct will *will = data;
  stop(will);
  pthread_mutex_destroy(&will->lock);
  free(will);
}

/* Descriptors and thread; on failure nothing is left behind. */
static int start(struct will *will, int hang_up, struct plan *plan) {
  pthread_mutex_init(&will->lock, NULL);
  atomic_init(&will->state, ARMED);
  atomic_init(&will->stop, false);
  will->plan = plan;
  if ((will->hang_up = fcntl(hang_up, F_DUPFD_CLOEXEC, 0)) < 0) return -errno;
  int failure = 0;
  if ((will->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0) failure = errno;
  else if ((failure = start_thread(live, will, &will->thread)) != 0) close(will->wake);
  if (failure != 0) close(will->hang_up);
  return -failure;
}

/* createWill(hang-up fd, clauses): the handle, or a negative errno */
napi_value will_create(napi_env env, napi_callback_info info) {
  napi_value arguments[2], handle;
  int hang_up;
  if (!read_arguments(env, info, 2, arguments) || !read_int(env, arguments[0], &hang_up) ||
      napi_create_object(env, &handle) != napi_ok)
    return make_number(env, -EINVAL);
  struct plan *plan = NULL;
  struct will *will = calloc(1, sizeof *will);
  int status = will == NULL ? -ENOMEM : make_plan(env, arguments[1], &plan);
  if (status == 0) status = start(will, hang_up, plan);
  if (status != 0) {
    free_plan(plan);
    free(will);
    return make_number(env, status);
  }
  will->env = env;
  napi_wrap(env, handle, will, finalize, NULL, NULL);
  napi_type_tag_object(env, handle, &WILL);
  napi_create_reference(env, handle, 1, &will->self);
  napi_add_env_cleanup_hook(env, on_environment_end, will);
  return handle;
}

static struct will *read_will(napi_env env, napi_value value) {
  bool ours = false;
  void *data = NULL;
  if (napi_check_object_type_tag(env, value, &WILL, &ours) != napi_ok || !ours) return NULL;
  return napi_unwrap(env, value, &data) == napi_ok ? data : NULL;
}

/* updateWill(handle, clauses): 0; EALREADY once it is being executed, or over */
napi_value will_update(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  struct will *will = read_arguments(env, info, 2, arguments) ? read_will(env, arguments[0]) : NULL;
  if (will == NULL) return make_number(env, -EINVAL);
  struct plan *plan = NULL;
  int status = make_plan(env, arguments[1], &plan);
  if (status != 0) return make_number(env, status);
  pthread_mutex_lock(&will->lock);
  if (atomic_load(&will->state) == ARMED) {
    struct plan *old = will->plan;
    will->plan = plan;
    plan = old;
  } else status = -EALREADY;
  pthread_mutex_unlock(&will->lock);
  free_plan(plan);
  return make_number(env, status);
}

napi_value will_revoke(napi_env env, napi_callback_info info) {
  napi_value argument;
  struct will *will = read_arguments(env, info, 1, &argument) ? read_will(env, argument) : NULL;
  if (will == NULL) return make_number(env, -EINVAL);
  if (!will->joined) {
    stop(will);
    napi_remove_env_cleanup_hook(env, on_environment_end, will);
    napi_delete_reference(env, will->self);
  }
  return make_number(env, 0);
}

/* willState(handle): 0 armed, 1 executing, 2 done, 3 revoked */
napi_value will_state(napi_env env, napi_callback_info info) {
  napi_value argument;
  struct will *will = read_arguments(env, info, 1, &argument) ? read_will(env, argument) : NULL;
  return make_number(env, will == NULL ? -EINVAL : atomic_load(&will->state));
}
