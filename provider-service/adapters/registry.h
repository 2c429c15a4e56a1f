#pragma once

#include <string>
#include <vector>

#include "provider-service/adapters/adapter.h"

namespace wayleave::provider {

// All kinds of providers there are.
const std::vector<AdapterType>& AdapterTypes();

// nullptr for a name that is none.
const AdapterType* FindAdapterType(const std::string& name);

}  // namespace wayleave::provider
