#pragma once

#include <string_view>
#include <vector>

#include "provider-service/dialect/models.h"

namespace wayleave::provider {

// The answer of Anthropic's GET …/v1/models, with what it tells of contexts and capabilities; models that are retired
// are left out. False if it is none.
bool ReadMessagesModels(std::string_view json, std::vector<ListedModel>& into);

}  // namespace wayleave::provider
