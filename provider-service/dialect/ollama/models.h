#pragma once

#include <string_view>
#include <vector>

#include "provider-service/dialect/models.h"

namespace wayleave::provider {

// The answer of GET /api/tags. False if it is none.
bool ReadOllamaTags(std::string_view json, std::vector<ListedModel>& into);

// The answer of POST /api/show, which tells more: adds it to the model. False if it is none. A model whose own
// parameters say `num_ctx` is one that somebody has set up for that: this is its window then, always asked for whole.
bool ReadOllamaShow(std::string_view json, ListedModel& into);

}  // namespace wayleave::provider
