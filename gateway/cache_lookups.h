#pragma once

#include "base/metrics/registry.h"

namespace wayleave::gateway {

// How often an answer that was kept could be used again. Any thread; the registry must outlive it.
class CacheLookups {
 public:
  CacheLookups(metrics::Registry& registry, const char* cache)
      : hits_(Of(registry, cache, "hit")), misses_(Of(registry, cache, "miss")) {}

  void Note(bool found) { (found ? hits_ : misses_).Increment(); }

 private:
  static prometheus::Counter& Of(metrics::Registry& registry, const char* cache, const char* result) {
    return registry.Counter("wayleave_gateway_cache_lookups_total",
                            "Questions to other services that an answer kept here could have spared.",
                            {{"cache", cache}, {"result", result}});
  }

  prometheus::Counter& hits_;
  prometheus::Counter& misses_;
};

}  // namespace wayleave::gateway
