#pragma once

namespace wayleave::gateway {

// The files of gateway/admin/status, as CMake reads them.
extern const char* const kStatusHtml;
extern const char* const kStatusCss;
extern const char* const kStatusJs;

}  // namespace wayleave::gateway
