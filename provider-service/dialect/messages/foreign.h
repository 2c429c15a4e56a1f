#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wayleave::provider {

// A Messages request on its way to the API itself, without the reasoning of other providers that we signed (see
// SignForeign): the API would refuse it. Nothing if there is none, and the request may pass as it is.
std::optional<std::string> WithoutForeignThoughts(std::string_view body, std::string_view model);

}  // namespace wayleave::provider
