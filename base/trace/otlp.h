#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wayleave::trace {

// OTLP's messages, encoded. All functions are pure, but for ResourceOf, which makes up an id.

// Who the spans are from: service.name, .version and .instance.id.
std::string ResourceOf(const std::string& service);

// An ExportTraceServiceRequest with these spans.
std::string RequestOf(const std::string& resource, const std::vector<std::string>& spans);

// How many spans an ExportTraceServiceResponse says that the collector did not take; 0 if it says nothing of it.
std::int64_t RejectedIn(std::string_view response);

}  // namespace wayleave::trace
