#pragma once

#include <string>
#include <string_view>

namespace wayleave::http {

// Whether an If-None-Match header names `etag`: lists and "*", compared weakly (RFC 9110, section 13.1.2). An empty
// header names none. Pure.
bool NamesEntityTag(std::string_view if_none_match, std::string_view etag);

}  // namespace wayleave::http
