/* The table of functions that src/native.ts declares. */
#include "dgram_extras.h"

static const struct {
  const char *name;
  napi_callback call;
} FUNCTIONS[] = {
    {"open", endpoint_open},
    {"close", endpoint_close},
    {"fd", endpoint_fd},
    {"setOption", endpoint_set_option},
    {"attachFilter", endpoint_attach_filter},
    {"bind", endpoint_bind},
    {"membership", endpoint_membership},
    {"discard", endpoint_discard},
    {"send", endpoint_send},
    {"sendAll", endpoint_send_all},
    {"keep", endpoint_keep},
    {"sendKept", endpoint_send_kept},
    {"drain", endpoint_drain},
    {"drainIp", endpoint_drain_ip},
    {"receive", endpoint_receive},
    {"tally", endpoint_tally},
    {"watch", endpoint_watch},
    {"keepAlive", endpoint_keep_alive},
    {"monotonicMicros", clock_monotonic},
    {"openTimer", timer_open},
    {"setTimer", timer_set},
    {"openFile", file_open},
    {"namespaceCookie", namespace_cookie},
    {"interfaceIndex", interface_index},
    {"interfaceName", interface_name},
    {"setScheduler", scheduler_set},
    {"getScheduler", scheduler_get},
    {"threadId", thread_id},
    {"setNice", nice_set},
    {"setLimit", limit_set},
    {"getLimit", limit_get},
    {"tryLock", file_try_lock},
    {"disableDebuggerSignal", debugger_signal_disable},
    {"createWill", will_create},
    {"updateWill", will_update},
    {"revokeWill", will_revoke},
    {"willState", will_state},
};

NAPI_MODULE_INIT() {
  for (size_t i = 0; i < sizeof FUNCTIONS / sizeof FUNCTIONS[0]; i++) {
    napi_value function;
    if (napi_create_function(env, FUNCTIONS[i].name, NAPI_AUTO_LENGTH, FUNCTIONS[i].call, NULL, &function) != napi_ok)
      return NULL;
    napi_set_named_property(env, exports, FUNCTIONS[i].name, function);
  }
  return exports;
}
