#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/text/byte_buffer.h"

namespace wayleave::trace {

// OTLP's messages, encoded. All functions are pure, but for ResourceOf, which makes up an id.

// Who the spans are from: service.name, .version and .instance.id.
std::string ResourceOf(const std::string& service);

// Adds an encoded span to those of a request.
void AppendSpan(text::ByteBuffer& spans, std::string_view span);
// An ExportTraceServiceRequest up to its spans, which take so many bytes.
std::string HeadOf(const std::string& resource, std::size_t spans);

// How many spans an ExportTraceServiceResponse says that the collector did not take; 0 if it says nothing of it.
std::int64_t RejectedIn(std::string_view response);

}  // namespace wayleave::trace
